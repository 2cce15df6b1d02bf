/* The measures of scores, alarms, changepoints, forecasts and intervals. */
#include <math.h>
#include <string.h>

#include "check.h"

static int says(itom_bytes *json, const char *text) {
    int found = strstr((const char *)itom_bytes_data(json), text) != NULL;
    if (!found) fprintf(stderr, "%.*s\n", (int)itom_bytes_len(json), (const char *)itom_bytes_data(json));
    itom_bytes_free(json);
    return found;
}

static void scores_of_points(void) {
    uint8_t labels[40] = {0};
    double scores[40] = {0}, wave[40], volume = 0.0;
    size_t period = 9, rows[] = {30, 10};
    itom_bytes *json = NULL;
    for (int i = 10; i < 15; i++) labels[i] = 1, scores[i] = 1.0;
    CHECK_OK(itom_vus_pr(labels, scores, 40, 0, 250, &volume, &error));
    CHECK(fabs(volume - 1.0) < 1e-12);
    CHECK_OK(itom_vus_roc(labels, scores, 40, 0, 250, &volume, &error));
    CHECK(fabs(volume - 1.0) < 1e-12);
    for (int i = 0; i < 40; i++) wave[i] = i % 8;
    CHECK_OK(itom_dominant_period(wave, 40, &period, &error));
    CHECK(period == 8);
    CHECK_OK(itom_dominant_period(wave, 1, &period, &error));
    CHECK(period == 0);
    CHECK_OK(itom_delay_f1(labels, scores, rows, 2, 7, NAN, &json, &error));
    CHECK(says(json, "\"f1\":1.0"));
    CHECK_OK(itom_range_precision_recall(labels, labels, 40, NULL, 0, &json, &error));
    CHECK(says(json, "\"ranges_hit\":1"));
    CHECK_OK(itom_range_precision_recall(labels, labels, 40, "{\"bias\": \"front\"}", ITOM_TEXT, &json, &error));
    CHECK(says(json, "\"precision\":1.0"));
    CHECK_FAILS(itom_range_precision_recall(labels, labels, 40, "{\"bais\": 1}", ITOM_TEXT, &json, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "bais");
    CHECK_FAILS(itom_vus_pr(labels, scores, 5, 0, 250, &volume, &error), ITOM_STATUS_INVALID_ARGUMENT, "labels");
    CHECK_FAILS(itom_vus_pr(labels, NULL, 40, 0, 250, &volume, &error), ITOM_STATUS_NULL_POINTER, "scores");
    CHECK_FAILS(itom_vus_pr(labels, scores, 40, 0, 250, NULL, &error), ITOM_STATUS_NULL_POINTER, "out");
    rows[0] = (size_t)-1;
    CHECK_FAILS(itom_delay_f1(labels, scores, rows, 2, 7, NAN, &json, &error), ITOM_STATUS_INVALID_ARGUMENT, "rows");
}

static void changes_and_forecasts(void) {
    size_t marked[] = {25, 60}, counts[] = {1, 1, 0}, predicted[] = {27}, rows[] = {4}, ahead[] = {2};
    double history[] = {1, 2, 3, 5}, actual[] = {6, 8}, forecast[] = {5, 10}, upper[] = {7, 7};
    itom_bytes *json = NULL;
    CHECK_OK(itom_changepoint_score(marked, counts, 3, predicted, 1, 100, 5, &json, &error));
    CHECK(says(json, "\"precision\":1.0"));
    CHECK_FAILS(itom_changepoint_score(marked, counts, 3, predicted, 1, 50, 5, &json, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "annotations");
    CHECK_OK(itom_forecast_score(history, rows, actual, forecast, ahead, 1, 1, &json, &error));
    CHECK(says(json, "\"mase\":1.125"));
    CHECK_FAILS(itom_forecast_score(history, rows, actual, forecast, ahead, 1, 0, &json, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "season");
    CHECK_OK(itom_interval_score(actual, history, upper, 2, 0.8, &json, &error));
    CHECK(says(json, "\"coverage\":0.5"));
    CHECK_FAILS(itom_interval_score(actual, history, upper, 2, 1.5, &json, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "level");
}

int main(void) {
    scores_of_points();
    changes_and_forecasts();
    return check_report("anomaly_evaluate");
}
