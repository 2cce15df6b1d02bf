/* Objectives in C: counts, corrections, windows, verdicts. */

#include <math.h>
#include <string.h>

#include "check.h"
#include "itom.h"

#define SECOND INT64_C(1000000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
/* 2027-01-15T08:00:00Z */
#define START (INT64_C(1800000000) * SECOND)

static void counts(void) {
    itom_objective *objective = NULL;
    itom_bytes *bytes = NULL;
    int32_t state = -1;
    uint64_t firing = 0;

    CHECK_OK(itom_objective_new("{\"target\": \"99.9\", \"window\": \"30d\"}", ITOM_TEXT, &objective,
                                &error));
    CHECK_OK(itom_objective_evaluate(objective, START, &state, &firing, &error));
    CHECK(state == 0 && firing == 0);
    /* Exactly 14.4 times the budget does not fire, one more does. */
    CHECK_OK(itom_objective_record_bad(objective, START, 144, 10000, &error));
    CHECK_OK(itom_objective_evaluate(objective, START, &state, &firing, &error));
    CHECK(state == 3 && (firing & 1) == 0 && (firing & 2) != 0);
    CHECK_OK(itom_objective_adjust(objective, START, -1, 0, &error));
    CHECK_OK(itom_objective_evaluate(objective, START, &state, &firing, &error));
    CHECK((firing & 1) != 0);
    CHECK_FAILS(itom_objective_adjust(objective, START, -10000, 0, &error), ITOM_STATUS_INVALID_ARGUMENT,
                "good");
    CHECK_FAILS(itom_objective_record_bad(objective, START, 2, 1, &error), ITOM_STATUS_INVALID_ARGUMENT,
                "bad");
    CHECK_OK(itom_objective_exclude(objective, START, START + MINUTE, &error));
    CHECK_OK(itom_objective_evaluate(objective, START, &state, &firing, &error));
    CHECK(state == 0 && firing == 0);
    CHECK_OK(itom_objective_include(objective, START, START + MINUTE, &error));
    CHECK_FAILS(itom_objective_exclude(objective, START, START, &error), ITOM_STATUS_INVALID_ARGUMENT,
                "until");

    int64_t at[3] = {START, START + MINUTE, START + DAY};
    int32_t states[3] = {9, 9, 9};
    uint64_t bits[3] = {9, 9, 9};
    CHECK_OK(itom_objective_evaluate_all(objective, at, 3, states, bits, &error));
    CHECK(states[0] == 3 && states[1] == 3 && states[2] == 3);
    CHECK((bits[0] & 1) != 0 && (bits[2] & 1) == 0);
    CHECK_FAILS(itom_objective_evaluate_all(objective, at, 3, NULL, bits, &error),
                ITOM_STATUS_NULL_POINTER, "state");

    CHECK_OK(itom_objective_budget(objective, 10000, &bytes, &error));
    CHECK(strstr(itom_bytes_data(bytes), "\"share\":\"1/1000\",\"seconds\":\"2592\"") != NULL);
    CHECK(strstr(itom_bytes_data(bytes), "\"events\":\"10\"") != NULL);
    itom_bytes_free(bytes);
    bytes = NULL;
    CHECK_OK(itom_objective_alert_times(
        objective, "{\"name\":\"page\",\"factor\":\"14.4\",\"long\":\"1h\",\"short\":\"5m\"}",
        ITOM_TEXT, "1", ITOM_TEXT, &bytes, &error));
    /* 51.84 seconds */
    CHECK(strstr(itom_bytes_data(bytes), "\"detection_seconds\":\"1296/25\"") != NULL);
    itom_bytes_free(bytes);
    CHECK_FAILS(itom_objective_alert_times(
                    objective, "{\"name\":\"x\",\"factor\":2,\"long\":\"1h\",\"short\":\"5m\"}",
                    ITOM_TEXT, "much", ITOM_TEXT, &bytes, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "error_ratio");
    itom_objective_free(objective);
}

static void values_and_windows(void) {
    itom_objective *objective = NULL;
    itom_bytes *bytes = NULL;
    const char *definition =
        "{\"target\": \"99\", \"window\": \"1d\", \"calendar\": {\"tz\": \"Asia/Tokyo\"},"
        " \"indicator\": {\"threshold\": {\"op\": \"lte\", \"value\": 0.3}}, \"alerts\": []}";
    /* Midnight in Tokyo is 15:00 in Greenwich. */
    int64_t at[3] = {START + 7 * HOUR - MINUTE, START + 7 * HOUR, START + 7 * HOUR};
    double values[3] = {0.3, 0.4, NAN};

    CHECK_OK(itom_objective_new(definition, ITOM_TEXT, &objective, &error));
    CHECK_OK(itom_objective_record_values(objective, at, values, 3, &error));
    CHECK_OK(itom_objective_windows(objective, START, START + 8 * HOUR, &bytes, &error));
    const char *met = strstr(itom_bytes_data(bytes), "\"met\":true");
    CHECK(met != NULL && strstr(met, "\"met\":false") != NULL);
    itom_bytes_free(bytes);
    itom_objective_free(objective);
}

/* What exact numbers about a whole window say; what is no number is refused and named. */
static void exact_numbers(void) {
    itom_objective *objective = NULL;
    itom_bytes *bytes = NULL;
    CHECK_OK(itom_objective_new("{\"target\": \"95\", \"window\": \"336h\"}", ITOM_TEXT, &objective,
                                &error));
    CHECK_OK(itom_objective_exhaustion_seconds(objective, "14.4", ITOM_TEXT, &bytes, &error));
    CHECK(strcmp(itom_bytes_data(bytes), "\"84000\"") == 0);
    itom_bytes_free(bytes);
    CHECK_OK(itom_objective_exhaustion_seconds(objective, "0", ITOM_TEXT, &bytes, &error));
    CHECK(strcmp(itom_bytes_data(bytes), "null") == 0);
    itom_bytes_free(bytes);
    CHECK_OK(itom_objective_outage_slices(objective, "99/100", ITOM_TEXT, "0.01", 4, &bytes, &error));
    CHECK(strcmp(itom_bytes_data(bytes), "\"5760/7\"") == 0);
    itom_bytes_free(bytes);
    CHECK_OK(itom_objective_outage_slices(objective, "1/4", ITOM_TEXT, "0.25", 4, &bytes, &error));
    CHECK(strcmp(itom_bytes_data(bytes), "null") == 0);
    itom_bytes_free(bytes);
    bytes = NULL;
    CHECK_FAILS(itom_objective_exhaustion_seconds(objective, "fast", ITOM_TEXT, &bytes, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "burn_rate");
    CHECK_FAILS(itom_objective_exhaustion_seconds(objective, NULL, ITOM_TEXT, &bytes, &error),
                ITOM_STATUS_NULL_POINTER, "burn_rate");
    CHECK_FAILS(itom_objective_outage_slices(objective, "1", ITOM_TEXT, "1/0", ITOM_TEXT, &bytes, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "usual");
    CHECK_FAILS(itom_objective_outage_slices(NULL, "1", ITOM_TEXT, "0", ITOM_TEXT, &bytes, &error),
                ITOM_STATUS_NULL_POINTER, "objective");
    CHECK(bytes == NULL);
    itom_objective_free(objective);
}

static void presets(void) {
    itom_bytes *bytes = NULL;
    CHECK_OK(itom_burn_alerts("pyrra", ITOM_TEXT, 14 * DAY, &bytes, &error));
    CHECK(strstr(itom_bytes_data(bytes), "\"factor\":\"14\",\"long\":\"PT30M\"") != NULL);
    itom_bytes_free(bytes);
    CHECK_FAILS(itom_burn_alerts("nagios", ITOM_TEXT, DAY, &bytes, &error), ITOM_STATUS_INVALID_ARGUMENT,
                "preset");
}

int main(void) {
    counts();
    values_and_windows();
    exact_numbers();
    presets();
    return check_report("sla_objective");
}
