/* OpenSLO in C: a document becomes an objective; a fault has its place. */

#include <string.h>

#include "check.h"
#include "itom.h"

static const char TEXT[] =
    "apiVersion: openslo/v1\n"
    "kind: SLO\n"
    "metadata: {name: checkout}\n"
    "spec:\n"
    "  service: shop\n"
    "  indicator:\n"
    "    metadata: {name: success}\n"
    "    spec:\n"
    "      ratioMetric:\n"
    "        good: {metricSource: {spec: {query: good}}}\n"
    "        total: {metricSource: {spec: {query: all}}}\n"
    "  timeWindow: [{duration: 28d, isRolling: true}]\n"
    "  budgetingMethod: Occurrences\n"
    "  objectives: [{target: 0.999}]\n";

int main(void) {
    itom_bytes *bytes = NULL;
    CHECK_OK(itom_openslo_read(TEXT, ITOM_TEXT, &bytes, &error));
    CHECK(strstr(itom_bytes_data(bytes), "\"slo\":\"checkout\"") != NULL);
    CHECK(strstr(itom_bytes_data(bytes), "\"target\":\"999/10\",\"window\":\"P28D\"") != NULL);
    itom_bytes_free(bytes);
    CHECK_FAILS(itom_openslo_read("apiVersion: openslo/v1\nkind: Slo\n", ITOM_TEXT, &bytes, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "line 2, column 7: kind must be");
    CHECK_FAILS(itom_openslo_read("a: [", ITOM_TEXT, &bytes, &error), ITOM_STATUS_INVALID_ARGUMENT,
                "line ");
    CHECK_FAILS(itom_openslo_read(NULL, 4, &bytes, &error), ITOM_STATUS_NULL_POINTER, "text");
    return check_report("openslo");
}
