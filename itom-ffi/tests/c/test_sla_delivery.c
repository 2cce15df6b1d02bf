/* itom.h, sla: DORA keys, delivery reports, distributions. */
#include "check.h"

#define MINUTE INT64_C(60000000000)

static void holds(itom_bytes *answer, const char *text) {
    if (answer == NULL || strstr(itom_bytes_data(answer), text) == NULL) {
        fprintf(stderr, "no %s in %s\n", text, answer == NULL ? "NULL" : itom_bytes_data(answer));
    }
    CHECK(answer != NULL && strstr(itom_bytes_data(answer), text) != NULL);
    itom_bytes_free(answer);
}

int main(void) {
    itom_bytes *answer = NULL;
    const int64_t lengths[] = {5 * MINUTE, MINUTE, 3 * MINUTE};
    CHECK_OK(itom_dora("{\"window\": \"672h\", \"deployments\": 20, \"failed_deployments\": 3,"
                       " \"lead_times\": [3600, 7200, 10800, 86400]}",
                       ITOM_TEXT, &answer, &error));
    holds(answer, "\"deploys_per_day\":\"5/7\"");
    CHECK_FAILS(itom_dora("{\"window\": 0, \"deployments\": 0, \"failed_deployments\": 0}", ITOM_TEXT, &answer,
                          &error),
                ITOM_STATUS_INVALID_ARGUMENT, "window");
    CHECK_OK(itom_delivery("{\"incidents\": [{\"opened_at\": \"2026-06-15T10:00:00Z\","
                           " \"acknowledged_at\": \"2026-06-15T10:03:00Z\"}]}",
                           ITOM_TEXT,
                           "{\"start\": \"2026-06-01T00:00:00Z\", \"end\": \"2026-07-01T00:00:00Z\"}",
                           ITOM_TEXT, &answer, &error));
    holds(answer, "\"acknowledge\":{\"count\":1,\"mean\":\"PT3M\"");
    CHECK_OK(itom_distribution(lengths, 3, &answer, &error));
    holds(answer, "\"median\":\"PT3M\"");
    CHECK_OK(itom_distribution(NULL, 0, &answer, &error));
    holds(answer, "\"mean\":null");
    return check_report("sla delivery");
}
