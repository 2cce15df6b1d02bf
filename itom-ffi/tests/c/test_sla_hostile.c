/* itom.h, sla: what a careless or hostile caller passes is refused with its name and its value, and a
 * call that failed has changed nothing: no object, no output. */
#include "check.h"

#include <math.h>

#define SECOND INT64_C(1000000000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)
/* 2026-06-15T10:00:00Z, a Monday. */
#define START (INT64_C(1781517600) * SECOND)
#define MONDAY (START - 10 * HOUR)
#define HOLIDAYS 1000000

static const char *const OFFICE =
    "{\"tz\": \"UTC\", \"weekly\": {\"mon\": [[\"09:00\", \"17:00\"]], \"tue\": [[\"09:00\", \"17:00\"]]}}";
static const char NO_UTF_8[] = "caf\xe9";

static itom_calendar *calendar_of(const char *json) {
    itom_calendar *calendar = NULL;
    CHECK_OK(itom_calendar_new(json, ITOM_TEXT, &calendar, &error));
    return calendar;
}

/* Text: NULL, absurd lengths, bytes that are no UTF-8, a NUL inside, an end that is no end. */
static void text(void) {
    itom_calendar *calendar = calendar_of(OFFICE), *unset = NULL;
    itom_ledger *ledger = NULL;
    itom_bytes *bytes = NULL;
    itom_table *table = NULL;
    itom_agreements *agreements = NULL;
    uint32_t number = 7;
    CHECK_FAILS(itom_calendar_new(NULL, 5, &unset, &error), ITOM_STATUS_NULL_POINTER, "json");
    CHECK_FAILS(itom_calendar_new(NULL, ITOM_TEXT, &unset, &error), ITOM_STATUS_NULL_POINTER, "json");
    CHECK_FAILS(itom_calendar_new(NULL, 0, &unset, &error), ITOM_STATUS_INVALID_ARGUMENT, "json");
    CHECK_FAILS(itom_calendar_new(OFFICE, SIZE_MAX - 1, &unset, &error), ITOM_STATUS_INVALID_ARGUMENT,
                "json must be at most");
    CHECK_FAILS(itom_calendar_new(NO_UTF_8, ITOM_TEXT, &unset, &error), ITOM_STATUS_INVALID_ARGUMENT,
                "json must be UTF-8");
    CHECK_FAILS(itom_calendar_new(OFFICE, strlen(OFFICE) - 1, &unset, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "json");
    CHECK_FAILS(itom_calendar_new(OFFICE, strlen(OFFICE) + 1, &unset, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "json");
    CHECK_FAILS(itom_calendar_in_zone(calendar, NO_UTF_8, ITOM_TEXT, &unset, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "tz must be UTF-8");
    CHECK_FAILS(itom_calendar_in_zone(calendar, "UTC\0Berlin", 10, &unset, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "tz");
    CHECK_FAILS(itom_rbd(NO_UTF_8, 4, &bytes, &error), ITOM_STATUS_INVALID_ARGUMENT, "expression");
    CHECK_FAILS(itom_attainment("{}", ITOM_TEXT, NO_UTF_8, ITOM_TEXT, &bytes, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "rule must be UTF-8");
    CHECK_FAILS(itom_attainment("{}", ITOM_TEXT, "\x01\x7f\"", ITOM_TEXT, &bytes, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "rule");
    CHECK_OK(itom_ledger_new(&ledger, &error));
    CHECK_FAILS(itom_ledger_reason(ledger, NO_UTF_8, ITOM_TEXT, &number, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "reason must be UTF-8");
    CHECK_OK(itom_agreements_new("{\"agreements\": []}", ITOM_TEXT, &agreements, &error));
    CHECK_OK(itom_table_from_json("{\"r\": [\"A\"]}", ITOM_TEXT, &table, &error));
    CHECK_FAILS(itom_agreements_load(agreements, table, "r", NULL, NULL, &error),
                ITOM_STATUS_NULL_POINTER, "at");
    CHECK_FAILS(itom_agreements_load(agreements, table, "r", NO_UTF_8, NULL, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "at must be UTF-8");
    CHECK(unset == NULL && bytes == NULL && number == 7);
    itom_agreements_free(agreements);
    itom_table_free(table);
    itom_ledger_free(ledger);
    itom_calendar_free(calendar);
}

/* Arrays: NULL, absurd lengths, no alignment, instants that are none; results over what was read. */
static void arrays(void) {
    itom_calendar *calendar = calendar_of(OFFICE);
    const itom_calendar *operands[2] = {calendar, NULL};
    itom_calendar *unset = NULL;
    itom_bytes *bytes = NULL;
    int64_t starts[3] = {START, START + HOUR, START + 2 * HOUR};
    int64_t ends[3] = {START + DAY, START, ITOM_NEVER}, out[3] = {7, 7, 7};
    const int64_t *crooked = (const int64_t *)(const void *)((const char *)starts + 1);
    CHECK_FAILS(itom_calendar_business_day_count_all(calendar, starts, ends, 3, out, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "ends must be instants in nanoseconds, got ITOM_NEVER");
    CHECK_FAILS(itom_calendar_elapsed_all(calendar, NULL, ends, 2, out, &error),
                ITOM_STATUS_NULL_POINTER, "starts");
    CHECK_FAILS(itom_calendar_elapsed_all(calendar, starts, ends, SIZE_MAX, out, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "starts must be at most");
    CHECK_FAILS(itom_calendar_elapsed_all(calendar, crooked, ends, 2, out, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "starts must be an aligned pointer");
    CHECK_FAILS(itom_calendar_elapsed_all(calendar, starts, ends, 2, NULL, &error),
                ITOM_STATUS_NULL_POINTER, "out");
    CHECK_FAILS(itom_distribution(ends, 3, &bytes, &error), ITOM_STATUS_INVALID_ARGUMENT, "lengths");
    CHECK_FAILS(itom_availability(START, START + DAY, ITOM_NEVER, starts, SIZE_MAX / 2, NULL, 0, &bytes,
                                  &error),
                ITOM_STATUS_INVALID_ARGUMENT, "outages must be at most");
    CHECK_FAILS(itom_calendar_union(operands, 2, &unset, &error), ITOM_STATUS_NULL_POINTER, "calendars");
    CHECK_FAILS(itom_calendar_union(operands, 0, &unset, &error), ITOM_STATUS_INVALID_ARGUMENT,
                "calendars");
    CHECK(out[0] == 7 && out[1] == 7 && out[2] == 7 && bytes == NULL && unset == NULL);
    /* Reversed is negative; the results may lie where the starts were. */
    CHECK_OK(itom_calendar_elapsed_all(calendar, starts, ends, 2, starts, &error));
    CHECK(starts[0] == 8 * HOUR && starts[1] == -HOUR);
    itom_calendar_free(calendar);
}

static char *bytes_of(const itom_ledger *ledger, size_t *length) {
    itom_bytes *bytes = NULL;
    char *copy;
    CHECK_OK(itom_ledger_to_bytes(ledger, &bytes, &error));
    *length = itom_bytes_len(bytes);
    copy = malloc(*length);
    if (copy == NULL) {
        abort();
    }
    memcpy(copy, itom_bytes_data(bytes), *length);
    itom_bytes_free(bytes);
    return copy;
}

/* A ledger that refuses something is bit for bit what it was, and so is the memory for results. */
static void ledgers(void) {
    static const char *const keys[3] = {"INC1", "INC2", "INC1"};
    static const int64_t targets[3] = {HOUR, HOUR, HOUR}, starts[3] = {START, START, START + DAY};
    itom_calendar *calendar = calendar_of(OFFICE), *other = calendar_of("{\"tz\": \"Asia/Tokyo\"}");
    itom_ledger *ledger = NULL;
    uint32_t first = 9, clocks[2] = {0, 9};
    int64_t business[3] = {7, 7, 7}, both[4] = {7, 7, 7, 7}, instants[2] = {START, START};
    uint8_t actions[2] = {ITOM_EVENT_PAUSE, ITOM_EVENT_PAUSE}, unknown[2] = {ITOM_EVENT_PAUSE, 99};
    size_t before = 0, now = 0, count = 9;
    char *whole, *again;
    CHECK_OK(itom_ledger_new(&ledger, &error));
    CHECK_OK(itom_ledger_open_all(ledger, keys, targets, calendar, starts, 2, &first, &error));
    whole = bytes_of(ledger, &before);
    /* A key that is there, one that is there twice, an event of no clock, an action that is none. */
    first = 9;
    CHECK_FAILS(itom_ledger_open_all(ledger, keys + 2, targets, other, starts, 1, &first, &error),
                ITOM_STATUS_CONFLICT, "INC1");
    CHECK_FAILS(itom_ledger_open(ledger, "INC2", ITOM_TEXT,
                                 "{\"target\": \"3h\", \"calendar\": {\"tz\": \"Asia/Tokyo\"},"
                                 " \"start\": \"2026-06-15T10:00:00Z\"}",
                                 ITOM_TEXT, &first, &error),
                ITOM_STATUS_CONFLICT, "INC2");
    clocks[0] = 0;
    CHECK_FAILS(itom_ledger_apply_columns(ledger, clocks, instants, actions, NULL, 2, &error),
                ITOM_STATUS_NOT_FOUND, "9");
    clocks[1] = 0;
    CHECK_FAILS(itom_ledger_apply_columns(ledger, clocks, instants, unknown, NULL, 2, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "99");
    again = bytes_of(ledger, &now);
    CHECK(now == before && memcmp(whole, again, now) == 0 && first == 9);
    /* Results: too few cells for them, over each other, nowhere. */
    CHECK_FAILS(itom_ledger_status_all(ledger, START, 3, business, NULL, NULL, NULL, NULL, NULL, NULL,
                                       &error),
                ITOM_STATUS_INVALID_ARGUMENT, "len must be 2, the number of clocks, got 3");
    CHECK_FAILS(itom_ledger_status_all(ledger, START, 2, both, both + 1, NULL, NULL, NULL, NULL, NULL,
                                       &error),
                ITOM_STATUS_INVALID_ARGUMENT, "actual must be memory of its own, got memory of business");
    CHECK_FAILS(itom_ledger_next_breaches(ledger, 2, (uint32_t *)(void *)both, both, &count, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "at must be memory of its own");
    CHECK_FAILS(itom_ledger_next_breaches(ledger, SIZE_MAX, clocks, both, &count, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "clocks must be at most");
    CHECK_FAILS(itom_ledger_next_breaches(ledger, 2, clocks, both, NULL, &error),
                ITOM_STATUS_NULL_POINTER, "out");
    CHECK(business[0] == 7 && both[0] == 7 && both[1] == 7 && both[2] == 7 && count == 9);
    CHECK_OK(itom_ledger_status_all(ledger, START, 2, both, both + 2, NULL, NULL, NULL, NULL, NULL,
                                    &error));
    CHECK(both[0] == 0 && both[3] == 0);
    free(whole);
    free(again);
    itom_ledger_free(ledger);
    itom_calendar_free(other);
    itom_calendar_free(calendar);
}

static void objectives(void) {
    itom_objective *objective = NULL;
    int64_t at[2] = {START, START};
    uint64_t good[2] = {1, 3}, total[2] = {2, 2}, firing[4] = {7, 7, 7, 7};
    int32_t state = 7;
    CHECK_OK(itom_objective_new("{\"target\": \"99\", \"window\": \"1d\", \"alerts\": []}", ITOM_TEXT,
                                &objective, &error));
    CHECK_FAILS(itom_objective_record_all(objective, at, good, total, 2, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "good");
    CHECK_OK(itom_objective_evaluate(objective, START, &state, firing, &error));
    CHECK(state == 0 && firing[0] == 0);
    CHECK_FAILS(itom_objective_evaluate_all(objective, at, 2, (int32_t *)(void *)firing, firing, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "firing must be memory of its own, got memory of state");
    CHECK_FAILS(itom_objective_evaluate_all(objective, at, 2, &state, NULL, &error),
                ITOM_STATUS_NULL_POINTER, "firing");
    CHECK_FAILS(itom_objective_new("{\"target\": \"99\", \"window\": \"30d\", \"resolution\": \"1s\"}",
                                   ITOM_TEXT, &objective, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "100000");
    CHECK(state == 0 && firing[1] == 7);
    itom_objective_free(objective);
}

/* Counts that would take for ever, and numbers that are none. */
static void amounts(void) {
    itom_dependency_graph *graph = NULL;
    itom_bytes *bytes = NULL;
    double p = 0.5, lower = 7, upper = 7;
    uint8_t outcome = 1, neither = 2;
    CHECK_OK(itom_dependency_graph_new("{\"nodes\": {\"a\": \"0.9\"}, \"service\": \"a\"}", ITOM_TEXT,
                                       &graph, &error));
    CHECK_FAILS(itom_dependency_graph_simulate(graph, UINT64_MAX, 1, 0.95, &bytes, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "samples");
    CHECK_FAILS(itom_dependency_graph_simulate(graph, 10, 1, NAN, &bytes, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "confidence");
    CHECK_FAILS(itom_dependency_graph_availability(graph, NAN, 0, &bytes, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "tolerance");
    CHECK_OK(itom_dependency_graph_replicas(graph, SIZE_MAX, 1e-9, 0, &bytes, &error));
    itom_bytes_free(bytes);
    bytes = NULL;
    CHECK_FAILS(itom_reliability_curve(&p, &outcome, 1, SIZE_MAX, &bytes, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "bins");
    CHECK_FAILS(itom_brier(&p, &neither, 1, &lower, &error), ITOM_STATUS_INVALID_ARGUMENT, "outcomes");
    CHECK_FAILS(itom_wilson(2, 1, 0.95, 0, &lower, &upper, &error), ITOM_STATUS_INVALID_ARGUMENT, "good");
    CHECK_FAILS(itom_wilson(1, 2, 0.95, 2, &lower, &upper, &error), ITOM_STATUS_INVALID_ARGUMENT, "sided");
    CHECK_FAILS(itom_wilson(1, 2, INFINITY, 0, &lower, &upper, &error), ITOM_STATUS_INVALID_ARGUMENT,
                "confidence");
    CHECK(lower == 7 && upper == 7 && bytes == NULL);
    itom_dependency_graph_free(graph);
}

/* The ends of time: answers, or errors, but no overflow. */
static void extremes(void) {
    static const int64_t instants[] = {ITOM_NEVER + 1, -1, 0, INT64_MAX};
    itom_calendar *calendar = calendar_of(OFFICE);
    for (size_t one = 0; one < 4; one++) {
        int64_t out = 0, opens = 0, closes = 0;
        CHECK_OK(itom_calendar_next_opening(calendar, instants[one], &out, &error));
        CHECK_OK(itom_calendar_previous_closing(calendar, instants[one], &out, &error));
        CHECK_OK(itom_calendar_deadline(calendar, instants[one], INT64_MAX, &out, &error));
        CHECK(out == ITOM_NEVER);
        CHECK_OK(itom_calendar_deadline_back(calendar, instants[one], INT64_MAX, &out, &error));
        CHECK(out == ITOM_NEVER);
        CHECK_OK(itom_calendar_business_day(calendar, instants[one], INT64_MAX, &opens, &closes, &error));
        CHECK(opens == ITOM_NEVER && closes == ITOM_NEVER);
        CHECK_OK(itom_calendar_business_day(calendar, instants[one], INT64_MIN, &opens, &closes, &error));
        CHECK(opens == ITOM_NEVER && closes == ITOM_NEVER);
        for (size_t two = 0; two < 4; two++) {
            int64_t there = 0, back = 0;
            CHECK_OK(itom_calendar_elapsed(calendar, instants[one], instants[two], &there, &error));
            CHECK_OK(itom_calendar_elapsed(calendar, instants[two], instants[one], &back, &error));
            CHECK(there == -back);
        }
    }
    itom_calendar_free(calendar);
}

/* A calendar with a million holidays: the first 28 days of each month of a century, many times. */
static void many_holidays(void) {
    static char json[64 + HOLIDAYS * 13];
    itom_calendar *calendar = NULL;
    size_t length = (size_t)sprintf(json, "{\"tz\": \"UTC\", \"weekly\": {\"mon\": "
                                          "[[\"00:00\", \"168:00\"]]}, \"holidays\": [");
    int64_t closed = 7, open = 7;
    for (int holiday = 0; holiday < HOLIDAYS; holiday++) {
        length += (size_t)sprintf(json + length, "%s\"%04d-%02d-%02d\"", holiday == 0 ? "" : ",",
                                  2000 + holiday / 336 % 100, 1 + holiday / 28 % 12, 1 + holiday % 28);
    }
    length += (size_t)sprintf(json + length, "]}");
    CHECK_OK(itom_calendar_new(json, length, &calendar, &error));
    /* The week that begins on the 15th, and that of the 29th, of which there is no holiday. */
    CHECK_OK(itom_calendar_elapsed(calendar, MONDAY, MONDAY + 7 * DAY, &closed, &error));
    CHECK_OK(itom_calendar_elapsed(calendar, MONDAY + 14 * DAY, MONDAY + 21 * DAY, &open, &error));
    CHECK(closed == 0 && open == 7 * DAY);
    itom_calendar_free(calendar);
}

int main(void) {
    text();
    arrays();
    ledgers();
    objectives();
    amounts();
    extremes();
    many_holidays();
    return check_report("sla hostile");
}
