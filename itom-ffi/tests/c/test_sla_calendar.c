/* itom.h, sla: what is around an instant, calendars put together, definitions with all they can say. */
#include "check.h"

#define HOUR INT64_C(3600000000000)
/* 2026-06-15T12:00:00Z, a Monday. */
#define NOON INT64_C(1781524800000000000)

static const char *const MONDAYS = "{\"tz\": \"UTC\", \"weekly\": {\"mon\": [[\"09:00\", \"17:00\"]]}}";
static const char *const TOKYO =
    "{\"tz\": \"Asia/Tokyo\", \"weekly\": {\"mon\": [[\"09:00\", \"17:00\"]]}}";

static itom_calendar *calendar_of(const char *json) {
    itom_calendar *calendar = NULL;
    CHECK_OK(itom_calendar_new(json, ITOM_TEXT, &calendar, &error));
    return calendar;
}

static void around_an_instant(void) {
    itom_calendar *calendar = calendar_of(MONDAYS);
    itom_calendar *never = calendar_of("{\"tz\": \"UTC\"}");
    int64_t at[2] = {NOON, NOON + 5 * HOUR}, found[2] = {0, 0}, one = 0;
    CHECK_OK(itom_calendar_next_opening(calendar, NOON, &one, &error));
    CHECK(one == NOON + (7 * 24 - 3) * HOUR);
    CHECK_OK(itom_calendar_next_closing(calendar, NOON, &one, &error));
    CHECK(one == NOON + 5 * HOUR);
    CHECK_OK(itom_calendar_previous_opening(calendar, NOON, &one, &error));
    CHECK(one == NOON - 3 * HOUR);
    CHECK_OK(itom_calendar_previous_closing(calendar, NOON, &one, &error));
    CHECK(one == NOON - (7 * 24 - 5) * HOUR);
    CHECK_OK(itom_calendar_next_opening_all(calendar, at, 2, found, &error));
    CHECK(found[0] == found[1] && found[0] == NOON + (7 * 24 - 3) * HOUR);
    CHECK_OK(itom_calendar_next_closing_all(calendar, at, 2, found, &error));
    CHECK(found[0] == NOON + 5 * HOUR && found[1] == NOON + (7 * 24 + 5) * HOUR);
    CHECK_OK(itom_calendar_previous_opening_all(calendar, at, 2, found, &error));
    CHECK(found[0] == NOON - 3 * HOUR && found[1] == found[0]);
    CHECK_OK(itom_calendar_previous_closing_all(calendar, at, 2, found, &error));
    CHECK(found[1] == at[1] && found[0] == NOON - (7 * 24 - 5) * HOUR);
    CHECK_OK(itom_calendar_next_opening(never, NOON, &one, &error));
    CHECK(one == ITOM_NEVER);
    CHECK_OK(itom_calendar_previous_closing_all(never, at, 2, found, &error));
    CHECK(found[0] == ITOM_NEVER && found[1] == ITOM_NEVER);
    CHECK_FAILS(itom_calendar_next_opening(calendar, ITOM_NEVER, &one, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "at must be");
    CHECK_FAILS(itom_calendar_next_closing_all(calendar, NULL, 2, found, &error),
                ITOM_STATUS_NULL_POINTER, "at");
    CHECK_FAILS(itom_calendar_next_closing(NULL, NOON, &one, &error), ITOM_STATUS_NULL_POINTER,
                "calendar");
    itom_calendar_free(calendar);
    itom_calendar_free(never);
}

static void put_together(void) {
    itom_calendar *first = calendar_of(MONDAYS), *second = calendar_of(TOKYO);
    const itom_calendar *both[2];
    itom_calendar *any = NULL, *all = NULL, *rest = NULL, *moved = NULL;
    itom_bytes *definition = NULL;
    int64_t from = NOON - 36 * HOUR, until = NOON + 36 * HOUR, elapsed = 0;
    both[0] = first;
    both[1] = second;
    CHECK_OK(itom_calendar_union(both, 2, &any, &error));
    CHECK_OK(itom_calendar_intersection(both, 2, &all, &error));
    CHECK_OK(itom_calendar_difference(both, 2, &rest, &error));
    CHECK_OK(itom_calendar_in_zone(second, "UTC", ITOM_TEXT, &moved, &error));
    itom_calendar_free(second);
    CHECK_OK(itom_calendar_elapsed(any, from, until, &elapsed, &error));
    CHECK(elapsed == 16 * HOUR);
    CHECK_OK(itom_calendar_elapsed(all, from, until, &elapsed, &error));
    CHECK(elapsed == 0);
    CHECK_OK(itom_calendar_elapsed(rest, from, until, &elapsed, &error));
    CHECK(elapsed == 8 * HOUR);
    CHECK_OK(itom_calendar_elapsed(moved, NOON, until, &elapsed, &error));
    CHECK(elapsed == 5 * HOUR);
    CHECK_OK(itom_calendar_definition(any, &definition, &error));
    CHECK(strstr(itom_bytes_data(definition), "\"union\":[{\"tz\":\"UTC\"") != NULL);
    itom_calendar_free(all);
    all = calendar_of(itom_bytes_data(definition));
    CHECK_OK(itom_calendar_elapsed(all, from, until, &elapsed, &error));
    CHECK(elapsed == 16 * HOUR);
    itom_calendar_free(any);
    any = NULL;
    CHECK_FAILS(itom_calendar_union(both, 0, &any, &error), ITOM_STATUS_INVALID_ARGUMENT,
                "at least one calendar");
    both[1] = NULL;
    CHECK_FAILS(itom_calendar_union(both, 2, &any, &error), ITOM_STATUS_NULL_POINTER, "calendars");
    CHECK_FAILS(itom_calendar_in_zone(first, "Mars", ITOM_TEXT, &any, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "Mars");
    CHECK(any == NULL);
    itom_bytes_free(definition);
    itom_calendar_free(first);
    itom_calendar_free(all);
    itom_calendar_free(rest);
    itom_calendar_free(moved);
}

/* Each line: a definition, then the open hours from Monday to Monday of the week of NOON. */
static void definitions(void) {
    static const struct {
        const char *json;
        int64_t hours;
    } cases[] = {
        {"{\"tz\": \"UTC\", \"always\": true}", 168},
        {"{\"tz\": \"UTC\", \"always\": true, \"holidays\": [\"--06-17 a day\"]}", 144},
        {"{\"tz\": \"UTC\", \"always\": true, \"holidays\": [\"2026-06-16/2026-06-18\"]}", 96},
        {"{\"tz\": \"UTC\", \"always\": true, \"breaks\": {\"mon\": [[\"12:00\", \"13:00\"]]}}", 167},
        {"{\"tz\": \"UTC\", \"always\": true, \"periods\": [{\"from\": \"--06-15\", \"until\": \"--06-18\"}]}",
         96},
        {"{\"tz\": \"UTC\", \"weekly\": {\"mon\": [[\"22:00\", \"30:00\"]]}, \"holidays\": [\"2026-06-16\"],"
         " \"conventions\": {\"holidays\": \"clip_at_midnight\"}}",
         2},
        {"{\"difference\": [{\"tz\": \"UTC\", \"always\": true}, {\"tz\": \"UTC\", \"weekly\":"
         " {\"tue\": [[\"00:00\", \"24:00\"]]}}]}",
         144},
    };
    for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        itom_calendar *calendar = calendar_of(cases[index].json);
        int64_t elapsed = 0;
        CHECK_OK(itom_calendar_elapsed(calendar, NOON - 12 * HOUR, NOON + 156 * HOUR, &elapsed, &error));
        CHECK(elapsed == cases[index].hours * HOUR);
        itom_calendar_free(calendar);
    }
    itom_calendar *calendar = NULL;
    CHECK_FAILS(itom_calendar_new("{\"tz\": \"UTC\", \"holidays\": [\"2026-02-02/2026-02-01\"]}", ITOM_TEXT,
                                  &calendar, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "2026-02-02/2026-02-01");
    CHECK_FAILS(itom_calendar_new("{\"tz\": \"UTC\", \"union\": [{\"tz\": \"UTC\"}]}", ITOM_TEXT, &calendar,
                                  &error),
                ITOM_STATUS_INVALID_ARGUMENT, "union of calendars and nothing else");
    CHECK_FAILS(itom_calendar_new("{}", ITOM_TEXT, &calendar, &error), ITOM_STATUS_INVALID_ARGUMENT,
                "tz must be");
}

int main(void) {
    around_an_instant();
    put_together();
    definitions();
    return check_report("sla calendar");
}
