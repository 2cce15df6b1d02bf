/* Whole histories and what goes with them: counts, pauses, accounting, tables for a forecast, getters. */
#include "check.h"

#include <math.h>

#define HOUR INT64_C(3600000000000)
#define TEN INT64_C(1781517600000000000) /* 2026-06-15T10:00:00Z */

/* Whether a JSON answer holds a text; frees it. */
static int holds(itom_bytes *bytes, const char *text) {
    int found = bytes != NULL && strstr((const char *)itom_bytes_data(bytes), text) != NULL;
    if (!found) {
        fprintf(stderr, "%s is not in %s\n", text,
                bytes == NULL ? "nothing" : (const char *)itom_bytes_data(bytes));
    }
    itom_bytes_free(bytes);
    return found;
}

static const char *rules =
    "{\"agreements\": [{\"name\": \"Gold\", \"metrics\": [{\"name\": \"resolution\","
    " \"stop\": \"state = 'Closed'\", \"cancel\": \"viod = true\","
    " \"pause\": [{\"reason\": \"user\", \"when\": \"state = 'Awaiting'\"}],"
    " \"targets\": [{\"target\": \"4h\"}]}]}]}";

static const char *updates =
    "[{\"record\": \"A\", \"at\": \"2026-06-15T10:00:00Z\", \"fields\": {\"state\": \"New\", \"team\": \"desk\"}},"
    " {\"record\": \"A\", \"at\": \"2026-06-15T11:00:00Z\", \"fields\": {\"state\": \"Awaiting\"}},"
    " {\"record\": \"A\", \"at\": \"2026-06-15T12:00:00Z\", \"fields\": {\"state\": \"New\", \"team\": \"net\"}},"
    " {\"record\": \"A\", \"at\": \"2026-06-15T13:00:00Z\", \"fields\": {\"state\": \"Closed\"}},"
    " {\"record\": \"B\", \"at\": \"2026-06-15T10:00:00Z\", \"fields\": {\"state\": \"Closed\"}},"
    " {\"record\": \"C\", \"at\": \"2026-06-15T12:00:00Z\", \"fields\": {\"state\": \"New\", \"team\": \"desk\"}}]";

static void test_history(void) {
    itom_agreements *agreements = NULL;
    itom_bytes *out = NULL;
    itom_table *history = NULL, *clocks = NULL;
    itom_forecast *forecast = NULL;
    double p = -1;
    CHECK_OK(itom_agreements_new(rules, ITOM_TEXT, &agreements, &error));
    CHECK_OK(itom_agreements_update(agreements, updates, ITOM_TEXT, NULL, &error));
    CHECK_OK(itom_agreements_counts(agreements, TEN + 4 * HOUR, &out, &error));
    CHECK(holds(out, "\"met\":1,\"breached\":0,\"cancelled\":0,\"running\":1,\"running_breached\":0,"
                     "\"already_stopped\":1"));
    CHECK_OK(itom_agreements_pauses(agreements, TEN + 4 * HOUR, &out, &error));
    CHECK(holds(out, "\"reason\":\"user\",\"count\":1,\"paused\":\"PT1H\""));
    CHECK_OK(itom_agreements_accounting_all(agreements, "team", ITOM_TEXT, TEN + 4 * HOUR, &out, &error));
    CHECK(holds(out, "\"value\":\"desk\",\"business\":\"PT3H\""));
    CHECK_FAILS(itom_agreements_accounting_all(agreements, "taem", ITOM_TEXT, TEN, &out, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "field must be a field of the records: state, team");
    CHECK_FAILS(itom_agreements_attainment(agreements, TEN, "{\"group\": \"taem\"}", ITOM_TEXT, &out,
                                           &error),
                ITOM_STATUS_INVALID_ARGUMENT, "group must be a field");
    CHECK_OK(itom_agreements_unknown_fields(agreements, TEN, &out, &error));
    CHECK(holds(out, "[\"viod\"]"));
    CHECK_OK(itom_agreements_definition(agreements, &out, &error));
    CHECK(holds(out, "\"name\":\"Gold\""));

    CHECK_OK(itom_agreements_forecast_history(agreements, TEN + 4 * HOUR, "[\"team\"]", ITOM_TEXT, NULL,
                                              0, &history, &error));
    CHECK(itom_table_rows(history) == 3);
    CHECK_OK(itom_agreements_forecast_clocks(agreements, TEN + 4 * HOUR, "[\"team\"]", ITOM_TEXT,
                                             "resolution", ITOM_TEXT, &clocks, &error));
    CHECK(itom_table_rows(clocks) == 1);
    CHECK_OK(itom_forecast_fit("{\"groups\": [\"team\"]}", ITOM_TEXT, history, TEN + 4 * HOUR, &forecast,
                               &error));
    CHECK_OK(itom_forecast_probabilities(forecast, clocks, &p, 1, &error));
    CHECK(p > 0 && p < 1);
    CHECK_OK(itom_forecast_definition(forecast, &out, &error));
    CHECK(holds(out, "\"groups\":[\"team\"]"));
    CHECK_FAILS(itom_agreements_forecast_clocks(agreements, TEN, "[]", ITOM_TEXT, "response", ITOM_TEXT,
                                                &clocks, &error),
                ITOM_STATUS_NOT_FOUND, "response");
    itom_table_free(history);
    itom_table_free(clocks);
    itom_forecast_free(forecast);
    itom_agreements_free(agreements);
}

static void test_ledger(void) {
    const char *options = "{\"target\": \"1h\", \"calendar\": {\"tz\": \"UTC\", \"always\": true},"
                          " \"start\": \"2026-06-15T10:00:00Z\"}";
    const char *pause = "{\"at\": \"2026-06-15T10:30:00Z\", \"do\": \"pause\", \"reason\": \"user\","
                        " \"recorded_at\": \"2026-06-15T14:00:00Z\"}";
    itom_ledger *ledger = NULL;
    itom_bytes *out = NULL;
    uint32_t clock = 9;
    int64_t target[2] = {0, 0};
    bool breached[2] = {true, false};
    CHECK_OK(itom_ledger_new(&ledger, &error));
    CHECK_OK(itom_ledger_open(ledger, "INC1", ITOM_TEXT, options, ITOM_TEXT, &clock, &error));
    CHECK_OK(itom_ledger_open(ledger, "INC2", ITOM_TEXT, options, ITOM_TEXT, &clock, &error));
    CHECK_OK(itom_ledger_apply(ledger, 0, pause, ITOM_TEXT, &error));
    CHECK_OK(itom_ledger_key(ledger, 1, &out, &error));
    CHECK(holds(out, "INC2"));
    CHECK_FAILS(itom_ledger_key(ledger, 2, &out, &error), ITOM_STATUS_NOT_FOUND, "clock");
    CHECK_OK(itom_ledger_verdicts_all(ledger, TEN + 2 * HOUR, 2, target, breached, &error));
    CHECK(target[0] == HOUR && target[1] == HOUR);
    CHECK(!breached[0] && breached[1]);
    CHECK_OK(itom_ledger_verdicts_all(ledger, TEN + 2 * HOUR, 2, NULL, breached, &error));
    CHECK_FAILS(itom_ledger_verdicts_all(ledger, TEN, 1, target, NULL, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "len");
    CHECK_OK(itom_ledger_status_known(ledger, 0, TEN + 2 * HOUR, TEN + 2 * HOUR, &out, &error));
    CHECK(holds(out, "\"breached\":true"));
    CHECK_OK(itom_ledger_status_known(ledger, 0, TEN + 2 * HOUR, TEN + 5 * HOUR, &out, &error));
    CHECK(holds(out, "\"state\":\"paused\""));
    itom_ledger_free(ledger);
}

static void test_calendar_zone_objective(void) {
    itom_calendar *calendar = NULL;
    itom_zone_database *zones = NULL;
    itom_zone *zone = NULL;
    itom_objective *objective = NULL;
    itom_bytes *out = NULL;
    int64_t opens = 0, closes = 0;
    bool covers = true;
    CHECK_OK(itom_calendar_new("{\"tz\": \"UTC\", \"weekly\": {\"mon\": [[\"09:00\", \"17:00\"]]}}",
                               ITOM_TEXT, &calendar, &error));
    CHECK_OK(itom_calendar_window_at(calendar, TEN, &opens, &closes, &error));
    CHECK(opens == TEN - HOUR && closes == TEN + 7 * HOUR);
    CHECK_OK(itom_calendar_window_at(calendar, TEN + 7 * HOUR, &opens, &closes, &error));
    CHECK(opens == ITOM_NEVER && closes == ITOM_NEVER);
    CHECK_OK(itom_calendar_definition(calendar, &out, &error));
    CHECK(holds(out, "\"mon\":[[\"09:00\",\"17:00\"]]"));
    CHECK_OK(itom_zone_database_bundled(&zones, &error));
    CHECK_OK(itom_zone_new(zones, "Asia/Tokyo", ITOM_TEXT, &zone, &error));
    CHECK_OK(itom_zone_local(zone, TEN, &out, &error));
    CHECK(holds(out, "2026-06-15T19:00:00"));
    CHECK_OK(itom_objective_new("{\"target\": 99, \"window\": \"1d\"}", ITOM_TEXT, &objective, &error));
    CHECK_OK(itom_objective_record(objective, TEN, 1, 1, &error));
    CHECK_OK(itom_objective_covers_window(objective, TEN + HOUR, &covers, &error));
    CHECK(!covers);
    CHECK_OK(itom_objective_covers_window(objective, TEN + 25 * HOUR, &covers, &error));
    CHECK(covers);
    CHECK_OK(itom_objective_definition(objective, &out, &error));
    CHECK(holds(out, "\"target\":\"99\""));
    itom_objective_free(objective);
    itom_zone_free(zone);
    itom_zone_database_free(zones);
    itom_calendar_free(calendar);
}

static void test_conditions_and_distributions(void) {
    const int64_t lengths[] = {HOUR, 2 * HOUR, 4 * HOUR}, edges[] = {2 * HOUR, 3 * HOUR};
    uint64_t bins[3] = {9, 9, 9};
    double shares[2] = {-1, -1};
    itom_bytes *out = NULL;
    CHECK_OK(itom_condition("priority in (1, 2)", ITOM_TEXT, &out, &error));
    CHECK(holds(out, "{\"field\":\"priority\",\"in\":[1,2]}"));
    CHECK_OK(itom_condition("{\"field\": \"a\", \"equals\": 1}", ITOM_TEXT, &out, &error));
    CHECK(holds(out, "\"equals\":1"));
    CHECK_FAILS(itom_condition("priority in", ITOM_TEXT, &out, &error), ITOM_STATUS_INVALID_ARGUMENT,
                "condition");
    CHECK_OK(itom_histogram(lengths, 3, edges, 2, bins, &error));
    CHECK(bins[0] == 1 && bins[1] == 1 && bins[2] == 1);
    CHECK_OK(itom_histogram(NULL, 0, NULL, 0, bins, &error));
    CHECK(bins[0] == 0);
    CHECK_FAILS(itom_histogram(lengths, 3, lengths + 1, 1, NULL, &error), ITOM_STATUS_NULL_POINTER, "out");
    CHECK_OK(itom_ecdf(lengths, 3, edges, 2, shares, &error));
    CHECK(fabs(shares[0] - 2.0 / 3) < 1e-12 && fabs(shares[1] - 2.0 / 3) < 1e-12);
    CHECK_OK(itom_ecdf(NULL, 0, edges, 1, shares, &error));
    CHECK(isnan(shares[0]));
}

int main(void) {
    test_history();
    test_ledger();
    test_calendar_zone_objective();
    test_conditions_and_distributions();
    return check_report("sla_replay");
}
