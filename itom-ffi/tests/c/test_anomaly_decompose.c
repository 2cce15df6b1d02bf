/* Periods and decomposition. */
#include <math.h>

#include "check.h"

int main(void) {
    static double values[168], trend[168], seasons[2 * 168], remainder[168];
    size_t periods[3], count = 0, wanted[2] = {7, 100};
    for (int i = 0; i < 168; i++) values[i] = 0.1 * i + (i % 7 == 3 ? 5.0 : 0.0);
    CHECK_OK(itom_seasonal_periods(values, 168, periods, 3, &count, &error));
    CHECK(count == 1 && periods[0] == 7);
    CHECK_OK(itom_decompose(values, 168, wanted, 2, 0, trend, seasons, remainder, &error));
    for (int i = 0; i < 168; i++) {
        CHECK(fabs(trend[i] + seasons[i] + seasons[168 + i] + remainder[i] - values[i]) < 1e-9);
        CHECK(seasons[168 + i] == 0.0);
    }
    wanted[0] = 1;
    CHECK_FAILS(itom_decompose(values, 168, wanted, 2, 0, trend, seasons, remainder, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "periods");
    CHECK_FAILS(itom_decompose(values, 168, wanted, 2, 0, NULL, seasons, remainder, &error),
                ITOM_STATUS_NULL_POINTER, "trend");
    CHECK_FAILS(itom_seasonal_periods(values, 168, periods, 3, NULL, &error), ITOM_STATUS_NULL_POINTER, "count");
    return check_report("anomaly_decompose");
}
