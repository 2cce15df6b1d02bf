/* Forecasts. */
#include <math.h>
#include <stdlib.h>

#include "check.h"

#define HOUR INT64_C(3600000000000)

int main(void) {
    static int64_t times[240], ahead[24], within[2] = {HOUR, 240 * HOUR};
    static double values[240], expected[24], lower[48], upper[48];
    double levels[2] = {0.5, 0.9}, reached[2] = {9.0, 9.0};
    itom_threshold_forecast full;
    for (int i = 0; i < 240; i++) times[i] = i * HOUR, values[i] = i % 24 + i * 7919 % 13 / 13.0;
    CHECK_OK(itom_series_forecast(times, values, 240, 24, levels, 2, ahead, expected, lower, upper, &error));
    CHECK(ahead[0] == 240 * HOUR && ahead[23] == 263 * HOUR);
    for (int i = 0; i < 24; i++) {
        CHECK(fabs(expected[i] - (i + 0.5)) < 3.0);
        CHECK(lower[24 + i] <= lower[i] && lower[i] <= expected[i] && expected[i] <= upper[i]);
        CHECK(upper[i] <= upper[24 + i]);
    }
    levels[0] = 1.0;
    CHECK_FAILS(itom_series_forecast(times, values, 240, 24, levels, 2, ahead, expected, lower, upper, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "levels");
    CHECK_FAILS(itom_series_forecast(times, values, 240, 24, NULL, 0, ahead, NULL, NULL, NULL, &error),
                ITOM_STATUS_NULL_POINTER, "expected");
    for (int i = 0; i < 240; i++) values[i] = 0.1 * i;
    CHECK_OK(itom_time_to_threshold(times, values, 240, 40.0, within, 2, reached, &full, &error));
    CHECK(full.now == 239 * HOUR && llabs(full.eta - 400 * HOUR) < 5 * HOUR);
    CHECK(full.earliest <= full.eta && full.eta <= full.latest && isnan(full.saturates_at));
    CHECK(reached[0] < 0.01 && reached[1] > 0.99);
    CHECK_FAILS(itom_time_to_threshold(times, values, 240, NAN, within, 2, reached, &full, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "threshold");
    CHECK_FAILS(itom_time_to_threshold(times, values, 240, 1.0, within, 2, reached, NULL, &error),
                ITOM_STATUS_NULL_POINTER, "out");
    return check_report("anomaly_forecast");
}
