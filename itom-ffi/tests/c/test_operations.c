/* Observations in, explained incidents out. */
#include "check.h"

#define SECOND INT64_C(1000000000)
#define TEN (INT64_C(1781517600) * SECOND) /* 2026-06-15T10:00:00Z */
#define MINUTE(n) (TEN + (n) * 60 * SECOND)

static const char *definition =
    "{\"name\": \"shop\", \"metrics\": [{\"metric\": \"latency\", \"unit\": \"s\", \"worse\": \"higher\"}]}";

static const char *topology =
    "[{\"topology\": {\"at\": \"2026-06-15T10:00:00Z\", \"changes\": ["
    "{\"put_item\": {\"id\": \"shop\", \"class\": \"service\"}},"
    "{\"put_item\": {\"id\": \"db\", \"class\": \"database\"}},"
    "{\"put_relation\": {\"source\": \"shop\", \"kind\": \"depends_on\", \"target\": \"db\"}}]}}]";

/* Calm minutes, then both are slow from minute 300 on. */
static void ingest(itom_operations *operations, int from, int to) {
    const char *items[] = {"db", "shop"}, *metrics[] = {"latency", "latency"};
    for (int n = from; n < to; n++) {
        double noise = (n * 37 % 17) / 1000.0, slow = n < 300 ? 0.0 : 0.9;
        double values[] = {0.01 + noise / 4 + slow, 0.2 + noise + slow};
        int64_t times[] = {MINUTE(n), MINUTE(n)};
        CHECK_OK(itom_operations_ingest_metrics(operations, times, items, metrics, values, 2, NULL,
                                                &error));
    }
}

static itom_operations *after(int minutes) {
    itom_operations *operations = NULL;
    itom_bytes *updates = NULL;
    CHECK_OK(itom_operations_new(definition, ITOM_TEXT, NULL, &operations, &error));
    CHECK_OK(itom_operations_ingest(operations, topology, ITOM_TEXT, &updates, &error));
    CHECK(strcmp(itom_bytes_data(updates), "[]") == 0);
    itom_bytes_free(updates);
    ingest(operations, 0, minutes);
    return operations;
}

static void an_outage_is_explained(void) {
    itom_operations *operations = after(320);
    itom_bytes *incident = NULL, *incidents = NULL, *alerts = NULL, *drawn = NULL;
    itom_report *report = NULL;
    CHECK_OK(itom_operations_advance(operations, MINUTE(320), NULL, &error));
    CHECK_OK(itom_operations_incidents(operations, &incidents, &error));
    CHECK(strstr(itom_bytes_data(incidents), "\"affected\":[\"db\",\"shop\"]") != NULL);
    CHECK_OK(itom_operations_alerts(operations, &alerts, &error));
    CHECK(strstr(itom_bytes_data(alerts), "\"latency high\"") != NULL);
    CHECK_OK(itom_operations_worst_incident(operations, MINUTE(300), &incident, &error));
    CHECK(incident != NULL);
    CHECK_OK(itom_operations_report(operations, itom_bytes_data(incident), itom_bytes_len(incident),
                                    MINUTE(320), &report, &error));
    CHECK_OK(itom_report_to_text(report, 0, &drawn, &error));
    CHECK(strstr(itom_bytes_data(drawn), "likely caused by") != NULL);
    itom_bytes_free(drawn);
    CHECK_OK(itom_report_to_html(report, &drawn, &error));
    CHECK(strncmp(itom_bytes_data(drawn), "<!doctype html>", 15) == 0);
    itom_bytes_free(drawn);
    CHECK_OK(itom_report_to_json(report, &drawn, &error));
    CHECK(itom_bytes_data(drawn)[0] == '{');
    itom_bytes_free(drawn);
    itom_report_free(report);
    itom_bytes_free(incident);
    CHECK_OK(itom_operations_worst_incident(operations, MINUTE(9999), &incident, &error));
    CHECK(incident == NULL);
    itom_bytes_free(incidents);
    itom_bytes_free(alerts);
    itom_operations_free(operations);
}

static void a_snapshot_continues(void) {
    itom_operations *whole = after(310), *half = after(150), *restored = NULL;
    itom_bytes *bytes = NULL, *expected = NULL, *got = NULL;
    CHECK_OK(itom_operations_to_bytes(half, &bytes, &error));
    CHECK_OK(itom_operations_from_bytes((const uint8_t *)itom_bytes_data(bytes), itom_bytes_len(bytes),
                                        &restored, &error));
    ingest(restored, 150, 310);
    CHECK_OK(itom_operations_to_bytes(whole, &expected, &error));
    CHECK_OK(itom_operations_to_bytes(restored, &got, &error));
    CHECK(itom_bytes_len(got) == itom_bytes_len(expected));
    CHECK(memcmp(itom_bytes_data(got), itom_bytes_data(expected), itom_bytes_len(got)) == 0);
    itom_bytes_free(bytes);
    itom_bytes_free(expected);
    itom_bytes_free(got);
    itom_operations_free(whole);
    itom_operations_free(half);
    itom_operations_free(restored);
}

static void bad_input_is_named(void) {
    itom_operations *operations = NULL;
    itom_report *report = NULL;
    const uint8_t damaged[] = {0, 1};
    CHECK_FAILS(itom_operations_new("{}", ITOM_TEXT, NULL, &operations, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "name");
    CHECK_FAILS(itom_operations_from_bytes(damaged, sizeof damaged, &operations, &error),
                ITOM_STATUS_CORRUPT, "operations");
    CHECK(operations == NULL);
    operations = after(1);
    CHECK_FAILS(itom_operations_ingest(operations, "[{\"metric\": {}}]", ITOM_TEXT, NULL, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "time");
    CHECK_FAILS(itom_operations_report(operations, "nobody", ITOM_TEXT, TEN, &report, &error),
                ITOM_STATUS_NOT_FOUND, "nobody");
    CHECK_FAILS(itom_operations_advance(NULL, TEN, NULL, &error), ITOM_STATUS_NULL_POINTER,
                "operations");
    itom_operations_free(operations);
    itom_operations_free(NULL);
    itom_report_free(NULL);
}

int main(void) {
    an_outage_is_explained();
    a_snapshot_continues();
    bad_input_is_named();
    return check_report("operations");
}
