/* itom.h, sla: a ledger of clocks. Run from the root of the repository. */
#include "check.h"

#include <inttypes.h>

#define HOUR INT64_C(3600000000000)
/* 2026-06-15T10:00:00Z, a Monday. */
#define START INT64_C(1781517600000000000)

static const char *const NINE_TO_FIVE =
    "{\"tz\": \"UTC\", \"weekly\": {\"mon\": [[\"09:00\", \"17:00\"]], \"tue\": [[\"09:00\", \"17:00\"]]}}";

/* Other calendars and targets, other zone rules, and a batch of which some events are refused. */
static void test_changes(const itom_calendar *calendar) {
    const char *const later = "{\"tz\": \"UTC\", \"weekly\": {\"mon\": [[\"12:00\", \"17:00\"]]}}";
    const char *const keys[2] = {"INC1", "INC2"};
    const int64_t targets[2] = {4 * HOUR, 8 * HOUR}, starts[2] = {START, START};
    const uint32_t clocks[4] = {0, 9, 1, 1}, zero = 0, one = 1, five = 5;
    const int64_t instants[4] = {START + HOUR, START, START, START + 2 * HOUR};
    const uint8_t actions[4] = {ITOM_EVENT_PAUSE, ITOM_EVENT_STOP, 99, ITOM_EVENT_STOP};
    const int64_t four = 4 * HOUR, two = 2 * HOUR, half = HOUR / 2, none = 0;
    itom_ledger *ledger = NULL;
    itom_calendar *other = NULL;
    itom_zone_database *zones = NULL;
    itom_bytes *json = NULL;
    const itom_calendar *others[1];
    uint32_t first = 0, next[2];
    int64_t at[2];
    size_t count = 7;

    CHECK_OK(itom_ledger_new(&ledger, &error));
    CHECK_OK(itom_calendar_new(later, ITOM_TEXT, &other, &error));
    others[0] = other;
    CHECK_OK(itom_ledger_open_all(ledger, keys, targets, calendar, starts, 2, &first, &error));

    CHECK_OK(itom_ledger_breaches_before(ledger, START + 25 * HOUR, 0, NULL, NULL, &count, &error));
    CHECK(count == 2);
    CHECK_OK(itom_ledger_breaches_before(ledger, START + 5 * HOUR, 2, next, at, &count, &error));
    CHECK(count == 1 && next[0] == 0 && at[0] == START + 4 * HOUR);
    CHECK_FAILS(itom_ledger_breaches_before(ledger, START + 5 * HOUR, 1, NULL, at, &count, &error),
                ITOM_STATUS_NULL_POINTER, "clocks");
    CHECK_FAILS(itom_ledger_breaches_before(ledger, START, 2, (uint32_t *)(void *)at, at, &count, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "memory of its own");

    CHECK_OK(itom_ledger_what_if(ledger, START + 3 * HOUR, NULL, NULL, 0, &four, &two, 1, &one, &half, 1,
                                 &json, &error));
    CHECK(strstr(itom_bytes_data(json), "\"breached_before\":0,\"breached_after\":2") != NULL);
    itom_bytes_free(json);
    CHECK_OK(itom_ledger_what_if(ledger, START + 3 * HOUR, &zero, others, 1, NULL, NULL, 0, NULL, NULL, 0,
                                 &json, &error));
    CHECK(strstr(itom_bytes_data(json), "\"clocks\":2,\"breached_before\":0,\"breached_after\":0") != NULL);
    CHECK(strstr(itom_bytes_data(json), "\"breach_at\":\"2026-06-15T16:00:00Z\"") != NULL);
    itom_bytes_free(json);
    CHECK_FAILS(itom_ledger_what_if(ledger, START, NULL, NULL, 0, &four, &none, 1, NULL, NULL, 0, &json,
                                    &error),
                ITOM_STATUS_INVALID_ARGUMENT, "target");
    CHECK_FAILS(itom_ledger_what_if(ledger, START, NULL, others, 1, NULL, NULL, 0, NULL, NULL, 0, &json,
                                    &error),
                ITOM_STATUS_NULL_POINTER, "numbers");

    CHECK_FAILS(itom_ledger_replace_calendars(ledger, &five, others, 1, &error), ITOM_STATUS_NOT_FOUND,
                "calendar 5");
    CHECK_OK(itom_ledger_replace_calendars(ledger, NULL, NULL, 0, &error));
    CHECK_OK(itom_ledger_replace_calendars(ledger, &zero, others, 1, &error));
    CHECK_OK(itom_ledger_next_breaches(ledger, 1, next, at, &count, &error));
    CHECK(count == 1 && next[0] == 0 && at[0] == START + 6 * HOUR);

    CHECK_OK(itom_zone_database_bundled(&zones, &error));
    CHECK_OK(itom_ledger_moved_breaches(ledger, zones, START, &json, &error));
    CHECK(strcmp(itom_bytes_data(json), "[]") == 0);
    itom_bytes_free(json);
    CHECK_OK(itom_ledger_recompile(ledger, zones, &count, &error));
    CHECK(count == 0);

    CHECK_OK(itom_ledger_apply_columns_lenient(ledger, clocks, instants, actions, NULL, 4, &json, &error));
    CHECK(strstr(itom_bytes_data(json), "[{\"row\":1,\"argument\":\"clock\",\"reason\":") != NULL);
    CHECK(strstr(itom_bytes_data(json), "{\"row\":2,\"argument\":\"actions\",\"reason\":") != NULL);
    CHECK(strstr(itom_bytes_data(json), "\"row\":0") == NULL);
    itom_bytes_free(json);
    CHECK_OK(itom_ledger_status(ledger, 0, START + 5 * HOUR, &json, &error));
    CHECK(strstr(itom_bytes_data(json), "\"state\":\"paused\"") != NULL);
    itom_bytes_free(json);
    CHECK_OK(itom_ledger_status(ledger, 1, START + 5 * HOUR, &json, &error));
    CHECK(strstr(itom_bytes_data(json), "\"state\":\"stopped\"") != NULL);
    itom_bytes_free(json);
    itom_zone_database_free(zones);
    itom_calendar_free(other);
    itom_ledger_free(ledger);
}

int main(void) {
    itom_calendar *calendar = NULL;
    itom_ledger *ledger = NULL, *restored = NULL;
    itom_bytes *json = NULL, *bytes = NULL, *one = NULL;
    const char *const keys[3] = {"INC1", "INC2", "INC3"};
    const int64_t targets[3] = {4 * HOUR, 8 * HOUR, 4 * HOUR}, starts[3] = {START, START, START};
    const uint32_t clocks[2] = {2, 2};
    const int64_t instants[2] = {START + HOUR, START + 3 * HOUR};
    const uint8_t actions[2] = {ITOM_EVENT_PAUSE, ITOM_EVENT_RESUME};
    uint32_t first = 7, found = 0, next[4], arguments[2] = {0, 0};
    int64_t at[4], business[3], breach_at[3];
    double ratio[3];
    uint8_t state[3];
    size_t count = 0;

    CHECK_OK(itom_calendar_new(NINE_TO_FIVE, ITOM_TEXT, &calendar, &error));
    CHECK_OK(itom_ledger_new(&ledger, &error));
    CHECK_OK(itom_ledger_open_all(ledger, keys, targets, calendar, starts, 3, &first, &error));
    CHECK(first == 0);
    CHECK_FAILS(itom_ledger_open_all(ledger, keys, targets, calendar, starts, 1, &first, &error),
                ITOM_STATUS_CONFLICT, "INC1");
    CHECK_OK(itom_ledger_clock(ledger, "INC3", ITOM_TEXT, &found, &error));
    CHECK(found == 2);
    CHECK_FAILS(itom_ledger_clock(ledger, "INC4", ITOM_TEXT, &found, &error),
                ITOM_STATUS_NOT_FOUND, "INC4");
    CHECK_OK(itom_ledger_reason(ledger, "user", ITOM_TEXT, &arguments[0], &error));
    arguments[1] = arguments[0];
    CHECK_OK(itom_ledger_apply_columns(ledger, clocks, instants, actions, arguments, 2, &error));
    CHECK_FAILS(itom_ledger_apply_columns(ledger, clocks, instants, actions, &(uint32_t){99}, 1, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "arguments");
    CHECK_OK(itom_ledger_apply(ledger, 1, "{\"at\": \"2026-06-15T14:00:00Z\", \"do\": \"stop\"}",
                               ITOM_TEXT, &error));

    CHECK_OK(itom_ledger_advance(ledger, START + 2 * HOUR, &json, &error));
    CHECK(strstr(itom_bytes_data(json), "\"share\":0.5") != NULL);
    CHECK(strstr(itom_bytes_data(json), "breach\"") == NULL);
    itom_bytes_free(json);
    CHECK_OK(itom_ledger_next_breaches(ledger, 4, next, at, &count, &error));
    CHECK(count == 2 && next[0] == 0 && at[0] == START + 4 * HOUR);
    CHECK(next[1] == 2 && at[1] == START + 6 * HOUR);

    CHECK_OK(itom_ledger_status_all(ledger, START + 5 * HOUR, 3, business, NULL, NULL, NULL, ratio,
                                    breach_at, state, &error));
    CHECK(business[0] == 5 * HOUR && business[1] == 4 * HOUR && business[2] == 3 * HOUR);
    CHECK(ratio[0] == 1.25 && breach_at[0] == START + 4 * HOUR && breach_at[1] == ITOM_NEVER);
    CHECK(state[0] == 1 && state[1] == 3 && state[2] == 1);
    CHECK_FAILS(itom_ledger_status_all(ledger, START, 2, business, NULL, NULL, NULL, NULL, NULL, NULL,
                                       &error),
                ITOM_STATUS_INVALID_ARGUMENT, "len must be 3");
    CHECK_OK(itom_ledger_explain(ledger, 2, START + 2 * HOUR, &json, &error));
    CHECK(strstr(itom_bytes_data(json), "paused: user") != NULL);
    itom_bytes_free(json);

    CHECK_OK(itom_ledger_to_bytes(ledger, &bytes, &error));
    CHECK_OK(itom_ledger_from_bytes((const uint8_t *)itom_bytes_data(bytes), itom_bytes_len(bytes),
                                    &restored, &error));
    CHECK_OK(itom_ledger_len(restored, &count, &error));
    CHECK(count == 3);
    CHECK_OK(itom_ledger_status(restored, 0, START + 5 * HOUR, &one, &error));
    CHECK(strstr(itom_bytes_data(one), "\"breached\":true") != NULL);
    CHECK_FAILS(itom_ledger_status(restored, 3, START, &json, &error), ITOM_STATUS_NOT_FOUND, "clock 3");
    CHECK_OK(itom_ledger_replace_calendar(restored, 0, calendar, &error));
    CHECK_FAILS(itom_ledger_replace_calendar(restored, 5, calendar, &error), ITOM_STATUS_NOT_FOUND,
                "calendar 5");
    CHECK_FAILS(itom_ledger_advance(restored, START, &json, &error), ITOM_STATUS_CONFLICT, "now");
    itom_bytes_free(bytes);
    itom_bytes_free(one);
    itom_ledger_free(ledger);
    itom_ledger_free(restored);
    itom_ledger_free(NULL);
    test_changes(calendar);
    itom_calendar_free(calendar);
    return check_report("sla_ledger");
}
