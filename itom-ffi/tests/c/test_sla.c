/* itom.h, sla: arrays, errors, snapshots. The shared cases are in test_sla_cases.c. */
#include "check.h"

#define HOUR INT64_C(3600000000000)
/* 2026-06-15T10:00:00Z, a Monday. */
#define START INT64_C(1781517600000000000)

static const char *const NINE_TO_FIVE =
    "{\"tz\": \"UTC\", \"weekly\": {\"mon\": [[\"09:00\", \"17:00\"]], \"tue\": [[\"09:00\", \"17:00\"]]}}";

static void calendars(void) {
    itom_calendar *calendar = NULL, *unset = NULL;
    itom_bytes *windows = NULL;
    const int64_t instants[] = {START, START + 8 * HOUR}, never[] = {START, ITOM_NEVER};
    bool open = false, both[2] = {false, true};
    int64_t out[2] = {7, 7};
    CHECK_OK(itom_calendar_new(NINE_TO_FIVE, ITOM_TEXT, &calendar, &error));
    CHECK_OK(itom_calendar_is_open(calendar, START, &open, &error));
    CHECK(open);
    CHECK_OK(itom_calendar_is_open_all(calendar, instants, 2, both, &error));
    CHECK(both[0] && !both[1]);
    CHECK_OK(itom_calendar_elapsed_all(calendar, NULL, NULL, 0, NULL, &error));
    CHECK_OK(itom_calendar_windows(calendar, START, START + 24 * HOUR, &windows, &error));
    CHECK(strstr(itom_bytes_data(windows), "\"closes\":\"2026-06-15T17:00:00Z\"") != NULL);
    itom_bytes_free(windows);

    CHECK_OK(itom_calendar_elapsed_all(calendar, instants, never, 2, out, &error));
    CHECK(out[0] == 0 && out[1] == ITOM_NEVER);
    CHECK_OK(itom_calendar_deadline_all(calendar, never, never, 2, out, &error));
    CHECK(out[1] == ITOM_NEVER);
    CHECK_FAILS(itom_calendar_is_open_all(calendar, never, 2, both, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "ITOM_NEVER at index 1");
    CHECK(both[0] && !both[1]);
    CHECK_FAILS(itom_calendar_elapsed(NULL, START, START, out, &error), ITOM_STATUS_NULL_POINTER,
                "calendar");
    CHECK_FAILS(itom_calendar_elapsed(calendar, START, START, NULL, &error),
                ITOM_STATUS_NULL_POINTER, "out");
    CHECK_FAILS(itom_calendar_deadline(calendar, START, -1, out, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "duration");
    CHECK_FAILS(itom_calendar_deadline(calendar, ITOM_NEVER, 1, out, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "start");
    CHECK_FAILS(itom_calendar_new("{\"tz\": \"Mars/Olympus_Mons\"}", ITOM_TEXT, &unset, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "Mars/Olympus_Mons");
    CHECK_FAILS(itom_calendar_new("{", 1, &unset, &error), ITOM_STATUS_INVALID_ARGUMENT, "json");
    CHECK(unset == NULL);
    itom_calendar_free(calendar);
    itom_calendar_free(NULL);
}

static void clocks(void) {
    itom_calendar *calendar = NULL;
    itom_clock *clock = NULL, *unset = NULL;
    itom_bytes *segments = NULL;
    int64_t remaining = 0, breach_at = 0;
    CHECK_OK(itom_calendar_new(NINE_TO_FIVE, ITOM_TEXT, &calendar, &error));
    CHECK_FAILS(itom_clock_new(-1, calendar, START, &unset, &error), ITOM_STATUS_INVALID_ARGUMENT,
                "target");
    CHECK_OK(itom_clock_new(4 * HOUR, calendar, START, &clock, &error));
    itom_calendar_free(calendar);
    CHECK_OK(itom_clock_remaining(clock, START + HOUR, &remaining, &breach_at, &error));
    CHECK(remaining == 3 * HOUR && breach_at == START + 4 * HOUR);
    CHECK_OK(itom_clock_apply(clock, "{\"at\": \"2026-06-15T11:00:00Z\", \"do\": \"pause\"}",
                              ITOM_TEXT, &error));
    CHECK_FAILS(itom_clock_apply(clock, "{\"at\": \"2026-06-15T11:00:00Z\", \"do\": \"explode\"}",
                                 ITOM_TEXT, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "explode");
    CHECK_OK(itom_clock_remaining(clock, START + 3 * HOUR, &remaining, &breach_at, &error));
    CHECK(remaining == 3 * HOUR && breach_at == ITOM_NEVER);
    CHECK_OK(itom_clock_explain(clock, START + 3 * HOUR, &segments, &error));
    CHECK(strstr(itom_bytes_data(segments), "\"reason\":\"paused\"") != NULL);
    itom_bytes_free(segments);
    CHECK_FAILS(itom_clock_from_bytes((const uint8_t *)"no clock", 8, &unset, &error),
                ITOM_STATUS_CORRUPT, "sla.clock");
    itom_clock_free(clock);
}

static void objectives(void) {
    itom_objective *objective = NULL, *restored = NULL;
    itom_bytes *status = NULL, *bytes = NULL;
    const int64_t at[] = {START, START + HOUR};
    const uint64_t good[] = {9856, 5}, total[] = {10000, 4};
    double rate = 0;
    int64_t left = 0;
    CHECK_OK(itom_objective_new("{\"target\": \"99.9\", \"window\": \"720h\"}", ITOM_TEXT, &objective,
                                &error));
    CHECK_OK(itom_objective_burn_rate(objective, START, HOUR, &rate, &error));
    CHECK(rate != rate);
    CHECK_FAILS(itom_objective_record_all(objective, at, good, total, 2, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "good");
    CHECK_OK(itom_objective_record_all(objective, at, good, total, 1, &error));
    CHECK_OK(itom_objective_burn_rate(objective, START, HOUR, &rate, &error));
    CHECK(rate == 14.4);
    CHECK_OK(itom_objective_status(objective, START, &status, &error));
    CHECK(strstr(itom_bytes_data(status), "\"budget\":\"10\",\"consumed\":\"144\"") != NULL);
    CHECK(strstr(itom_bytes_data(status), "\"firing\":true,\"long\":\"PT1H\"") == NULL);
    CHECK_OK(itom_objective_time_to_exhaustion(objective, START, HOUR, &left, &error));
    CHECK(left == 0);
    CHECK_OK(itom_objective_record(objective, START, 0, 1, &error));
    CHECK_OK(itom_objective_to_bytes(objective, &bytes, &error));
    CHECK_OK(itom_objective_from_bytes((const uint8_t *)itom_bytes_data(bytes),
                                       itom_bytes_len(bytes), &restored, &error));
    CHECK_OK(itom_objective_burn_rate(restored, START, HOUR, &rate, &error));
    CHECK(rate > 14.4);
    itom_bytes_free(status);
    itom_bytes_free(bytes);
    itom_objective_free(objective);
    itom_objective_free(restored);
}

static void availability(void) {
    const int64_t outages[] = {START, START + HOUR, START + HOUR / 2, ITOM_NEVER};
    itom_bytes *report = NULL;
    CHECK_OK(itom_availability(START, START + 10 * HOUR, START + 4 * HOUR, outages, 2, NULL, 0,
                               &report, &error));
    CHECK(strstr(itom_bytes_data(report), "\"downtime\":\"PT4H\"") != NULL);
    itom_bytes_free(report);
    CHECK_FAILS(itom_availability(START, START - HOUR, ITOM_NEVER, NULL, 0, NULL, 0, &report, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "period");
}

int main(void) {
    calendars();
    clocks();
    objectives();
    availability();
    return check_report("sla");
}
