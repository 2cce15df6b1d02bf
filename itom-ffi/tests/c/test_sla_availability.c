/* Availability, measured and modelled. */
#include "check.h"

#include <math.h>

#define SECOND INT64_C(1000000000)
#define HOUR (3600 * SECOND)
#define START (INT64_C(1781517600) * SECOND)

static bool says(itom_bytes *bytes, const char *part) {
    bool found = strstr(itom_bytes_data(bytes), part) != NULL;
    if (!found) fprintf(stderr, "%s is not in %s\n", part, itom_bytes_data(bytes));
    itom_bytes_free(bytes);
    return found;
}

static void measured(void) {
    itom_bytes *out = NULL;
    const char *outages = "[{\"from\": \"2026-06-15T10:00:00Z\", \"until\": \"2026-06-15T12:00:00Z\","
                          "  \"weight\": \"1/4\", \"acknowledged\": \"2026-06-15T10:15:00Z\"}]";
    CHECK_OK(itom_availability_measure(START, START + 10 * HOUR, outages, ITOM_TEXT, NULL, 0, &out, &error));
    CHECK(says(out, "\"downtime\":\"PT30M\",\"availability\":\"19/20\""));
    CHECK_OK(itom_availability_measure(START, START + 10 * HOUR, outages, ITOM_TEXT,
                                       "{\"minimum\": \"3h\"}", ITOM_TEXT, &out, &error));
    CHECK(says(out, "\"availability\":\"1\""));
    CHECK_OK(itom_availability_explain(START, START + 10 * HOUR, outages, ITOM_TEXT, NULL, 0, &out, &error));
    CHECK(says(out, "\"reason\":\"counted\""));
    CHECK_OK(itom_availability_reliability(START, START + 10 * HOUR, outages, ITOM_TEXT, NULL, 0, 0.9, &out,
                                           &error));
    CHECK(says(out, "\"mtta\":\"PT15M\""));
    const int64_t periods[] = {START, START + HOUR, START + HOUR, START + 3 * HOUR};
    CHECK_OK(itom_availability_series(periods, 2, outages, ITOM_TEXT, NULL, 0, &out, &error));
    CHECK(says(out, "\"availability\":\"7/8\""));
    CHECK_FAILS(itom_availability_measure(START, START - HOUR, outages, ITOM_TEXT, NULL, 0, &out, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "period");
    CHECK_FAILS(itom_availability_measure(START, START, "[{}]", ITOM_TEXT, NULL, 0, &out, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "from");

    const int64_t lengths[] = {HOUR, 2 * HOUR, 3 * HOUR};
    CHECK_OK(itom_reliability(720 * HOUR, lengths, 3, 0.95, &out, &error));
    CHECK(says(out, "\"mtbf\":\"PT238H\",\"mtrs\":\"PT2H\",\"mtbsi\":\"PT240H\""));
    CHECK_OK(itom_reliability(720 * HOUR, NULL, 0, 0.95, &out, &error));
    CHECK(says(out, "\"mtbf\":null"));

    const char *causes = "{\"db\": [[\"2026-06-10T10:00:00Z\", \"2026-06-10T10:30:00Z\"]],"
                         " \"net\": [[\"2026-06-10T10:20:00Z\", \"2026-06-10T11:00:00Z\"]]}";
    CHECK_OK(itom_attribution(causes, ITOM_TEXT, ITOM_NEVER, ITOM_NEVER, &out, &error));
    CHECK(says(out, "\"equal_split\":\"PT25M\""));
}

static void intervals(void) {
    double lower = 0, upper = 0;
    CHECK_OK(itom_clopper_pearson(1000, 1000, 0.95, -1, &lower, &upper, &error));
    CHECK(fabs(lower - 0.99700875) < 1e-8 && upper == 1.0);
    CHECK_OK(itom_wilson(9990, 10000, 0.95, 0, &lower, &upper, &error));
    CHECK(fabs(lower - 0.998160056) < 1e-9 && fabs(upper - 0.999456714) < 1e-9);
    CHECK_FAILS(itom_wilson(2, 1, 0.95, 0, &lower, &upper, &error), ITOM_STATUS_INVALID_ARGUMENT, "good");
    CHECK_FAILS(itom_wilson(1, 2, 0.95, 7, &lower, &upper, &error), ITOM_STATUS_INVALID_ARGUMENT, "sided");
    CHECK_FAILS(itom_wilson(1, 2, NAN, 0, &lower, &upper, &error), ITOM_STATUS_INVALID_ARGUMENT,
                "confidence");
}

static void modelled(void) {
    itom_bytes *out = NULL;
    itom_dependency_graph *graph = NULL, *other = NULL;
    CHECK_OK(itom_dependency_graph_new(
        "{\"nodes\": {\"app1\": \"0.99\", \"app2\": \"0.99\", \"db\": \"0.999\"},"
        " \"service\": {\"any_of\": [{\"all_of\": [\"app1\", \"db\"]}, {\"all_of\": [\"app2\", \"db\"]}]}}",
        ITOM_TEXT, &graph, &error));
    CHECK_OK(itom_dependency_graph_availability(graph, 1e-7, 0, &out, &error));
    CHECK(says(out, "\"availability\":\"9989001/10000000\""));
    CHECK_OK(itom_dependency_graph_simulate(graph, 1000, 1, 0.95, &out, &error));
    CHECK(says(out, "\"method\":\"simulation\""));
    CHECK_OK(itom_dependency_graph_importance(graph, 1e-7, 0, &out, &error));
    CHECK(says(out, "[{\"name\":\"db\""));
    CHECK_OK(itom_dependency_graph_replicas(graph, 5, 1e-7, 0, &out, &error));
    CHECK(says(out, "[]"));
    CHECK_OK(itom_dependency_graph_single_points_of_failure(graph, &out, &error));
    CHECK(says(out, "[\"db\"]"));
    CHECK_OK(itom_dependency_graph_with_service(graph, "\"app1\"", ITOM_TEXT, &other, &error));
    CHECK_OK(itom_dependency_graph_availability(other, 1e-7, 0, &out, &error));
    CHECK(says(out, "\"availability\":\"99/100\""));
    CHECK_FAILS(itom_dependency_graph_availability(graph, -1.0, 0, &out, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "tolerance");
    itom_dependency_graph_free(other);
    itom_dependency_graph_free(graph);

    CHECK_OK(itom_rbd("{\"k_of_n\": {\"k\": 2, \"of\": [\"0.99\", \"0.95\", \"0.9\"]}}", ITOM_TEXT, &out, &error));
    CHECK(says(out, "\"availability\":\"621/625\""));
    CHECK_OK(itom_two_terminal("{\"source\": \"s\", \"target\": \"t\", \"edges\": [[\"s\", \"t\", \"0.9\"],"
                               " [\"s\", \"t\", \"0.9\"]]}", ITOM_TEXT, &out, &error));
    CHECK(says(out, "\"availability\":\"99/100\""));
    CHECK_FAILS(itom_rbd("{\"series\": [\"shop\"]}", ITOM_TEXT, &out, &error), ITOM_STATUS_NOT_FOUND, "shop");
}

int main(void) {
    measured();
    intervals();
    modelled();
    return check_report("sla_availability");
}
