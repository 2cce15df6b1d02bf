/* Changepoints. */
#include <math.h>

#include "check.h"

int main(void) {
    static double values[300];
    size_t found[4] = {9, 9, 9, 9}, count = 0;
    for (int i = 0; i < 300; i++) values[i] = i * i * i % 1009 / 80.0 + (i < 120 ? 0.0 : 40.0);
    CHECK_OK(itom_changepoints(values, 300, NULL, 0, found, 4, &count, &error));
    CHECK(count == 1 && found[0] == 120 && found[1] == 0);
    CHECK_OK(itom_changepoints(values, 300, "{\"kind\": \"mean\", \"penalty\": 1e9}", ITOM_TEXT, found, 0, &count,
                               &error));
    CHECK(count == 0);
    CHECK_OK(itom_changepoints(NULL, 0, NULL, 0, NULL, 0, &count, &error));
    CHECK_FAILS(itom_changepoints(values, 300, "{\"penalty\": -1}", ITOM_TEXT, found, 4, &count, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "penalty");
    CHECK_FAILS(itom_changepoints(values, 300, "{\"kind\": \"odd\"}", ITOM_TEXT, found, 4, &count, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "kind");
    CHECK_FAILS(itom_changepoints(values, 300, NULL, 0, found, 4, NULL, &error), ITOM_STATUS_NULL_POINTER, "count");
    return check_report("anomaly_changepoint");
}
