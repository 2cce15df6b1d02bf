/* Breach forecasts: fit from JSON columns, ask, explain, save; scores of probabilities. */
#include "check.h"

#include <math.h>

#define CASES 400

static const char *definition = "{\"groups\": [\"team\"]}";

/* Team a breaches in one of four cases, team b in three. */
static itom_table *history(void) {
    static char json[CASES * 128];
    const char *columns[] = {"case", "opened", "target_s", "used_s", "ended", "team"};
    size_t at = 0;
    itom_table *table = NULL;
    for (int column = 0; column < 6; column++) {
        at += (size_t)sprintf(json + at, "%s\"%s\": [", column == 0 ? "{" : "], ", columns[column]);
        for (int i = 0; i < CASES; i++) {
            const char *comma = i == 0 ? "" : ", ";
            int slow = (i / 2 % 4 == 0) == (i % 2 == 0);
            switch (column) {
            case 0: at += (size_t)sprintf(json + at, "%s\"c%d\"", comma, i); break;
            case 1:
                at += (size_t)sprintf(json + at, "%s\"2026-01-%02dT%02d:00:00Z\"", comma,
                                      1 + i / 24, i % 24);
                break;
            case 2: at += (size_t)sprintf(json + at, "%s7200.0", comma); break;
            case 3: at += (size_t)sprintf(json + at, "%s%d.0", comma, slow ? 9000 : 3000); break;
            case 4: at += (size_t)sprintf(json + at, "%strue", comma); break;
            default: at += (size_t)sprintf(json + at, "%s\"%s\"", comma, i % 2 == 0 ? "a" : "b");
            }
        }
    }
    sprintf(json + at, "]}");
    {
        itom_error *error = NULL;
        itom_table *raw = NULL;
        if (itom_table_from_json(json, ITOM_TEXT, &raw, &error) != ITOM_STATUS_OK) {
            fprintf(stderr, "%s\n", itom_error_message(error));
            itom_error_free(error);
        }
        table = raw;
    }
    return table;
}

static void test_forecast(void) {
    int64_t at = 1769990400000000000; /* 2026-02-02 */
    const char *asked = "{\"target_s\": [7200.0, 7200.0, 7200.0], \"used_s\": [0.0, 0.0, 8000.0], "
                        "\"team\": [\"a\", \"b\", \"a\"]}";
    itom_table *table = history(), *clocks = NULL;
    itom_forecast *forecast = NULL, *restored = NULL;
    itom_bytes *bytes = NULL;
    double p[3] = {-1, -1, -1}, again[3] = {0, 0, 0};
    CHECK_OK(itom_table_from_json(asked, ITOM_TEXT, &clocks, &error));
    CHECK_OK(itom_forecast_fit(definition, ITOM_TEXT, table, at, &forecast, &error));
    CHECK_OK(itom_forecast_probabilities(forecast, clocks, p, 3, &error));
    CHECK(fabs(p[0] - 0.25) < 0.06);
    CHECK(fabs(p[1] - 0.75) < 0.06);
    CHECK(p[2] == 1.0);

    CHECK_OK(itom_forecast_explain(forecast, clocks, &bytes, &error));
    CHECK(strstr(itom_bytes_data(bytes),
                 "\"contributions\":[{\"field\":\"team\",\"value\":\"a\"") != NULL);
    itom_bytes_free(bytes);
    CHECK_OK(itom_forecast_attainment(forecast, clocks, 0.9, &bytes, &error));
    CHECK(strstr(itom_bytes_data(bytes), "\"cases\":3,\"decided\":1,\"met\":0") != NULL);
    itom_bytes_free(bytes);

    CHECK_OK(itom_forecast_to_bytes(forecast, &bytes, &error));
    CHECK_OK(itom_forecast_from_bytes((const uint8_t *)itom_bytes_data(bytes),
                                      itom_bytes_len(bytes), &restored, &error));
    CHECK_OK(itom_forecast_probabilities(restored, clocks, again, 3, &error));
    CHECK(memcmp(p, again, sizeof p) == 0);
    CHECK_FAILS(itom_forecast_from_bytes((const uint8_t *)itom_bytes_data(bytes),
                                         itom_bytes_len(bytes) - 1, &restored, &error),
                ITOM_STATUS_CORRUPT, "sla.forecast");
    itom_bytes_free(bytes);

    CHECK_FAILS(itom_forecast_probabilities(forecast, clocks, p, 2, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "len");
    CHECK_FAILS(itom_forecast_attainment(forecast, clocks, 1.0, &bytes, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "confidence");
    CHECK_FAILS(itom_forecast_fit("{\"groups\": [\"tema\"]}", ITOM_TEXT, table, at, &restored,
                                  &error),
                ITOM_STATUS_INVALID_ARGUMENT, "tema");
    CHECK_FAILS(itom_forecast_fit(definition, ITOM_TEXT, NULL, at, &restored, &error),
                ITOM_STATUS_NULL_POINTER, "history");
    itom_forecast_free(restored);
    itom_forecast_free(forecast);
    itom_forecast_free(NULL);
    itom_table_free(clocks);
    itom_table_free(table);
}

static void test_scores(void) {
    double p[4] = {0.9, 0.4, 0.4, 0.1}, out = 0.0;
    uint8_t hits[4] = {1, 1, 0, 0}, wrong[1] = {2};
    itom_bytes *bytes = NULL;
    CHECK_OK(itom_auc(p, hits, 4, &out, &error));
    CHECK(out == 0.875);
    CHECK_OK(itom_auc(p, hits, 2, &out, &error));
    CHECK(isnan(out));
    CHECK_OK(itom_brier(p, hits, 4, &out, &error));
    CHECK(fabs(out - (0.01 + 0.36 + 0.16 + 0.01) / 4) < 1e-12);
    CHECK_OK(itom_reliability_curve(p, hits, 4, 2, &bytes, &error));
    CHECK(strstr(itom_bytes_data(bytes), "\"calibration_error\":") != NULL);
    itom_bytes_free(bytes);
    CHECK_FAILS(itom_brier(p, wrong, 1, &out, &error), ITOM_STATUS_INVALID_ARGUMENT, "outcomes");
    CHECK_FAILS(itom_brier(p, hits, 0, &out, &error), ITOM_STATUS_INVALID_ARGUMENT,
                "probabilities");
    CHECK_FAILS(itom_reliability_curve(p, hits, 4, 0, &bytes, &error), ITOM_STATUS_INVALID_ARGUMENT,
                "bins");
}

int main(void) {
    test_forecast();
    test_scores();
    return check_report("sla_forecast");
}
