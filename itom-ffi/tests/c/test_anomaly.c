/* The detector: a spike is found, every way of calling gives the same bits, what is wrong is told. */
#include <math.h>

#include "check.h"

enum { POINTS = 600, SPIKE = 500 };

static int64_t times[POINTS];
static double values[POINTS];

static void make_series(void) {
    for (int i = 0; i < POINTS; i++) {
        times[i] = INT64_C(1781481600000000000) + i * INT64_C(300000000000);
        values[i] = 40.0 + (i * 37) % 11;
    }
    values[SPIKE] = 95.0;
    values[100] = NAN;
}

static int same_bits(const double *a, const double *b, size_t len) {
    return memcmp(a, b, len * sizeof *a) == 0;
}

static void a_spike_is_found_and_explained(void) {
    itom_detector *detector = NULL;
    itom_bytes *text = NULL;
    static itom_verdict verdicts[POINTS];
    CHECK_OK(itom_detector_new(&detector, &error));
    CHECK_OK(itom_detector_verdicts(detector, times, values, POINTS, verdicts, &error));
    for (int i = 0; i < SPIKE; i++) {
        CHECK(!verdicts[i].anomalous && verdicts[i].time == times[i]);
    }
    const itom_verdict *spike = &verdicts[SPIKE];
    CHECK(spike->anomalous == 1 && spike->alert >= 0.5 && spike->p_value < 0.01);
    CHECK(spike->direction == ITOM_DIRECTION_ABOVE && spike->times_usual > 5);
    CHECK(spike->lower < spike->expected && spike->upper < 95.0);
    CHECK(isnan(verdicts[0].expected) && isnan(verdicts[100].value));
    CHECK(verdicts[100].evidence == ITOM_EVIDENCE_MISSING && verdicts[100].score == 0);
    CHECK_OK(itom_verdict_reason(spike, &text, &error));
    CHECK(strstr(itom_bytes_data(text), "times the usual") != NULL);
    itom_bytes_free(text);
    itom_detector_free(detector);
}

static void a_budget_is_kept(void) {
    enum { WEEKS = 6, A_WEEK = 2016, ROWS = WEEKS * A_WEEK };
    static int64_t at[ROWS];
    static double noise[ROWS], alerts[ROWS];
    itom_detector *detector = NULL;
    uint32_t x = 1;
    int alarms = 0;
    for (int i = 0; i < ROWS; i++) {
        x = x * 1664525u + 1013904223u;
        at[i] = times[0] + i * INT64_C(300000000000);
        noise[i] = (double)(x >> 8);
    }
    CHECK_OK(itom_detector_with_budget(1.0, &detector, &error));
    CHECK_OK(itom_detector_alerts(detector, at, noise, ROWS, alerts, &error));
    for (int i = 0; i < ROWS; i++) {
        alarms += alerts[i] >= 0.5;
    }
    CHECK(alarms <= 2 * WEEKS);
    itom_detector_free(detector);
    detector = NULL;
    CHECK_FAILS(itom_detector_with_budget(0.0, &detector, &error), ITOM_STATUS_INVALID_ARGUMENT,
                "alarms_per_week");
    CHECK_FAILS(itom_detector_with_budget(NAN, &detector, &error), ITOM_STATUS_INVALID_ARGUMENT,
                "alarms_per_week");
    CHECK(detector == NULL);
}

static void every_way_gives_the_same_bits(void) {
    itom_detector *whole = NULL, *alarms = NULL, *single = NULL, *restored = NULL;
    itom_bytes *bytes = NULL, *again = NULL;
    static double scores[POINTS], alerts[POINTS], rest[POINTS];
    CHECK_OK(itom_detector_new(&whole, &error));
    CHECK_OK(itom_detector_new(&alarms, &error));
    CHECK_OK(itom_detector_new(&single, &error));
    CHECK_OK(itom_detector_score(whole, times, values, POINTS, scores, &error));
    CHECK_OK(itom_detector_alerts(alarms, times, values, POINTS, alerts, &error));
    for (int i = 0; i < 510; i++) {
        itom_verdict verdict;
        CHECK_OK(itom_detector_update(single, times[i], values[i], &verdict, &error));
        CHECK(same_bits(&verdict.score, &scores[i], 1) && same_bits(&verdict.alert, &alerts[i], 1));
    }
    CHECK_OK(itom_detector_to_bytes(single, &bytes, &error));
    CHECK_OK(itom_detector_from_bytes((const uint8_t *)itom_bytes_data(bytes), itom_bytes_len(bytes),
                                      &restored, &error));
    CHECK_OK(itom_detector_to_bytes(restored, &again, &error));
    CHECK(itom_bytes_len(bytes) == itom_bytes_len(again));
    CHECK(memcmp(itom_bytes_data(bytes), itom_bytes_data(again), itom_bytes_len(bytes)) == 0);
    CHECK_OK(itom_detector_score(restored, times + 510, values + 510, POINTS - 510, rest, &error));
    CHECK(same_bits(rest, scores + 510, POINTS - 510));
    CHECK_OK(itom_detector_score(restored, NULL, NULL, 0, NULL, &error));
    itom_bytes_free(bytes);
    itom_bytes_free(again);
    itom_detector_free(whole);
    itom_detector_free(alarms);
    itom_detector_free(single);
    itom_detector_free(restored);
}

static void what_is_wrong_is_told(void) {
    itom_detector *detector = NULL, *none = NULL;
    itom_bytes *before = NULL, *after = NULL, *text = NULL;
    itom_verdict verdict = {0};
    double out[2];
    int64_t holes[2] = {1, ITOM_NEVER};
    CHECK_OK(itom_detector_new(&detector, &error));
    CHECK_OK(itom_detector_to_bytes(detector, &before, &error));
    CHECK_FAILS(itom_detector_new(NULL, &error), ITOM_STATUS_NULL_POINTER, "out");
    CHECK_FAILS(itom_detector_update(NULL, 0, 1.0, &verdict, &error), ITOM_STATUS_NULL_POINTER,
                "detector");
    CHECK_FAILS(itom_detector_update(detector, ITOM_NEVER, 1.0, &verdict, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "time");
    CHECK_FAILS(itom_detector_score(detector, holes, values, 2, out, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "time");
    CHECK_FAILS(itom_detector_verdicts(detector, holes, values, 2, &verdict, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "time");
    CHECK_FAILS(itom_detector_score(detector, times, values, 2, NULL, &error),
                ITOM_STATUS_NULL_POINTER, "out");
    CHECK_FAILS(itom_detector_from_bytes((const uint8_t *)"no", 2, &none, &error),
                ITOM_STATUS_CORRUPT, "detector");
    CHECK(none == NULL);
    verdict.evidence = 77;
    CHECK_FAILS(itom_verdict_reason(&verdict, &text, &error), ITOM_STATUS_INVALID_ARGUMENT,
                "evidence");
    CHECK_OK(itom_detector_to_bytes(detector, &after, &error));
    CHECK(itom_bytes_len(before) == itom_bytes_len(after));
    CHECK(memcmp(itom_bytes_data(before), itom_bytes_data(after), itom_bytes_len(after)) == 0);
    itom_bytes_free(before);
    itom_bytes_free(after);
    itom_detector_free(detector);
    itom_detector_free(NULL);
}

static void the_benchmark_scores(void) {
    static double scores[150];
    size_t rows[] = {100, 50}, windows[] = {1, 0}, firsts[] = {60}, lasts[] = {69};
    itom_nab_result result;
    scores[30] = 0.7;
    scores[60] = 0.9;
    CHECK_OK(itom_nab_score(scores, rows, 2, firsts, lasts, windows, ITOM_NAB_STANDARD, NAN, &result,
                            &error));
    CHECK(result.score == 100.0 && result.threshold == 0.9 && result.windows == 1);
    CHECK_OK(itom_nab_score(scores, rows, 2, firsts, lasts, windows, ITOM_NAB_STANDARD, 0.5, &result,
                            &error));
    CHECK(result.windows_hit == 1 && result.false_positive_points == 1);
    lasts[0] = 59;
    CHECK_FAILS(itom_nab_score(scores, rows, 2, firsts, lasts, windows, 0, NAN, &result, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "windows");
    CHECK_FAILS(itom_nab_score(scores, rows, 2, firsts, lasts, windows, 3, NAN, &result, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "profile");
}

int main(void) {
    make_series();
    a_spike_is_found_and_explained();
    a_budget_is_kept();
    every_way_gives_the_same_bits();
    what_is_wrong_is_told();
    the_benchmark_scores();
    return check_report("anomaly");
}
