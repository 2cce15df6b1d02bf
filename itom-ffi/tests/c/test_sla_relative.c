/* itom.h, sla: business days, relative targets, nominal durations, calendar windows. */
#include "check.h"

#define SECOND INT64_C(1000000000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)
/* 2026-06-19T10:00:00Z, a Friday. */
#define FRIDAY (INT64_C(1781863200) * SECOND)

static const char *const OFFICE =
    "{\"tz\": \"UTC\", \"weekly\": {\"mon\": [[\"09:00\", \"17:00\"]], \"fri\": [[\"09:00\", \"17:00\"]]}}";

static void business_days(void) {
    itom_calendar *calendar = NULL;
    int64_t opens = 0, closes = 0, count = 0, starts[2] = {FRIDAY, FRIDAY + 7 * DAY};
    int64_t ends[2] = {FRIDAY + 7 * DAY, FRIDAY}, counts[2] = {0, 0};
    CHECK_OK(itom_calendar_new(OFFICE, ITOM_TEXT, &calendar, &error));
    CHECK_OK(itom_calendar_business_day(calendar, FRIDAY, 1, &opens, &closes, &error));
    CHECK(opens == FRIDAY + 3 * DAY - HOUR && closes == FRIDAY + 3 * DAY + 7 * HOUR);
    CHECK_OK(itom_calendar_business_day(calendar, FRIDAY + DAY, 0, &opens, &closes, &error));
    CHECK(opens == ITOM_NEVER && closes == ITOM_NEVER);
    CHECK_OK(itom_calendar_business_day_count(calendar, FRIDAY, FRIDAY + 7 * DAY, &count, &error));
    CHECK(count == 2);
    CHECK_OK(itom_calendar_business_day_count_all(calendar, starts, ends, 2, counts, &error));
    CHECK(counts[0] == 2 && counts[1] == -2);
    itom_calendar_free(calendar);
}

static void relative_targets(void) {
    static const char by_four[] = "{\"rule\": \"business_day_at\", \"days\": 1, \"time\": \"16:00\"}";
    itom_calendar *calendar = NULL, *never = NULL;
    int64_t from[2] = {FRIDAY, FRIDAY + DAY}, due[2] = {0, 0}, target = 0;
    CHECK_OK(itom_calendar_new(OFFICE, ITOM_TEXT, &calendar, &error));
    CHECK_OK(itom_calendar_new("{\"tz\": \"UTC\"}", ITOM_TEXT, &never, &error));
    CHECK_OK(itom_relative_resolve_all(by_four, ITOM_TEXT, calendar, from, 2, due, &error));
    CHECK(due[0] == FRIDAY + 3 * DAY + 6 * HOUR && due[1] == due[0]);
    CHECK_OK(itom_relative_business_target(by_four, ITOM_TEXT, calendar, FRIDAY, &target, &error));
    CHECK(target == 14 * HOUR);
    CHECK_OK(itom_relative_resolve_all(by_four, ITOM_TEXT, never, from, 2, due, &error));
    CHECK(due[0] == ITOM_NEVER && due[1] == ITOM_NEVER);
    CHECK_FAILS(itom_relative_business_target(by_four, ITOM_TEXT, never, FRIDAY, &target, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "never");
    CHECK_FAILS(itom_relative_resolve_all("{\"rule\": \"someday\"}", ITOM_TEXT, calendar, from, 2,
                                          due, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "someday");
    itom_calendar_free(never);
    itom_calendar_free(calendar);
}

static void durations(void) {
    itom_zone_database *zones = NULL;
    itom_zone *zone = NULL;
    uint32_t months = 9, days = 9;
    int64_t exact = 9, after = 0;
    /* 2026-03-07T14:00:00Z: nine in the morning, the day before the clock is set forward. */
    int64_t before = INT64_C(1772892000) * SECOND;
    CHECK_OK(itom_nominal_duration_parse("P1DT2H", ITOM_TEXT, &months, &days, &exact, &error));
    CHECK(months == 0 && days == 1 && exact == 2 * HOUR);
    CHECK_FAILS(itom_nominal_duration_parse("P-1D", ITOM_TEXT, &months, &days, &exact, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "P-1D");
    CHECK_OK(itom_zone_database_bundled(&zones, &error));
    CHECK_OK(itom_zone_new(zones, "America/New_York", ITOM_TEXT, &zone, &error));
    CHECK_OK(itom_nominal_duration_after("P1D", ITOM_TEXT, zone, before, &after, &error));
    CHECK(after - before == 23 * HOUR);
    CHECK_OK(itom_nominal_duration_after("PT24H", ITOM_TEXT, zone, before, &after, &error));
    CHECK(after - before == 24 * HOUR);
    itom_zone_free(zone);
    itom_zone_database_free(zones);
}

static void windows(void) {
    itom_calendar_window *months = NULL, *anchored = NULL;
    itom_bytes *text = NULL;
    int64_t start = 0, end = 0;
    CHECK_OK(itom_calendar_window_new("{\"duration\": \"P1M\", \"tz\": \"America/New_York\"}",
                                      ITOM_TEXT, &months, &error));
    CHECK_OK(itom_calendar_window_containing(months, INT64_C(1773532800) * SECOND, &start, &end, &error));
    CHECK(end - start == INT64_C(2674800) * SECOND);
    CHECK_OK(itom_calendar_window_between(months, FRIDAY, FRIDAY + DAY, &text, &error));
    CHECK(strstr(itom_bytes_data(text), "\"start\":\"2026-06-01T04:00:00Z\"") != NULL);
    itom_bytes_free(text);
    CHECK_OK(itom_calendar_window_new("{\"duration\": \"1M\", \"tz\": \"UTC\", \"start\": "
                                      "\"2026-01-31T12:30:00\"}", ITOM_TEXT, &anchored, &error));
    CHECK_OK(itom_calendar_window_nth(anchored, 1, &start, &end, &error));
    CHECK(start == INT64_C(1772281800) * SECOND && end == INT64_C(1774960200) * SECOND);
    CHECK_OK(itom_calendar_window_nth(anchored, INT64_C(9223372036854775807), &start, &end, &error));
    CHECK(start == ITOM_NEVER && end == ITOM_NEVER);
    itom_calendar_window_free(anchored);
    itom_calendar_window_free(months);
}

int main(void) {
    business_days();
    relative_targets();
    durations();
    windows();
    return check_report("sla relative");
}
