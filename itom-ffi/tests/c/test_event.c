/* Events to incidents, and their causes. */
#include "check.h"

#define SECOND INT64_C(1000000000)
#define TEN (INT64_C(1781517600) * SECOND) /* 2026-06-15T10:00:00Z */

static const char *edges = "[[\"shop\", \"cart\"], [\"cart\", \"db\"]]";

static const char *storm =
    "[{\"id\": \"2\", \"time\": \"2026-06-15T10:00:30Z\", \"item\": \"shop\", \"name\": \"errors\"},"
    " {\"id\": \"1\", \"time\": \"2026-06-15T10:00:00Z\", \"item\": \"db\", \"name\": \"disk full\","
    "  \"severity\": 21},"
    " {\"id\": \"3\", \"time\": \"2026-06-15T10:00:40Z\", \"item\": \"printer\", \"name\": \"no paper\"}]";

static int count(const itom_bytes *json, const char *text) {
    int found = 0;
    for (const char *at = itom_bytes_data(json); (at = strstr(at, text)) != NULL; at++) found++;
    return found;
}

static itom_correlator *with_edges(void) {
    itom_correlator *correlator = NULL;
    CHECK_OK(itom_correlator_new(NULL, 0, &correlator, &error));
    CHECK_OK(itom_correlator_set_edges(correlator, edges, ITOM_TEXT, &error));
    return correlator;
}

static void events_become_incidents(void) {
    itom_correlator *correlator = with_edges();
    itom_bytes *updates = NULL, *incidents = NULL, *alerts = NULL, *counts = NULL;
    int64_t watermark = 0;
    CHECK_OK(itom_correlator_watermark(correlator, &watermark, &error));
    CHECK(watermark == ITOM_NEVER);
    CHECK_OK(itom_correlator_push(correlator, storm, ITOM_TEXT, &updates, &error));
    CHECK(strcmp(itom_bytes_data(updates), "[]") == 0);
    itom_bytes_free(updates);
    CHECK_OK(itom_correlator_advance(correlator, TEN + 60 * SECOND, &updates, &error));
    CHECK(count(updates, "\"kind\":\"alert_fired\"") == 3);
    CHECK(count(updates, "\"kind\":\"incident_opened\"") == 2);
    CHECK(count(updates, "\"distance\":2,\"gap\":\"PT30S\"") == 1);
    itom_bytes_free(updates);
    CHECK_OK(itom_correlator_incidents(correlator, &incidents, &error));
    CHECK(count(incidents, "\"affected\":[\"db\",\"shop\"]") == 1);
    CHECK(count(incidents, "\"state\":\"open\"") == 2);
    itom_bytes_free(incidents);
    CHECK_OK(itom_correlator_alerts(correlator, &alerts, &error));
    CHECK(count(alerts, "\"state\":\"firing\"") == 3);
    itom_bytes_free(alerts);
    CHECK_OK(itom_correlator_statistics(correlator, &counts, &error));
    CHECK(count(counts, "\"received\":3,\"processed\":3,\"late\":0") == 1);
    itom_bytes_free(counts);
    CHECK_OK(itom_correlator_watermark(correlator, &watermark, &error));
    CHECK(watermark == TEN + 60 * SECOND + 1);
    itom_correlator_free(correlator);
}

static void a_snapshot_goes_on(void) {
    itom_correlator *correlator = with_edges(), *again = NULL;
    itom_bytes *updates = NULL, *others = NULL, *bytes = NULL;
    CHECK_OK(itom_correlator_push(correlator, storm, ITOM_TEXT, &updates, &error));
    itom_bytes_free(updates);
    CHECK_OK(itom_correlator_to_bytes(correlator, &bytes, &error));
    CHECK_OK(itom_correlator_from_bytes((const uint8_t *)itom_bytes_data(bytes), itom_bytes_len(bytes),
                                        &again, &error));
    CHECK_OK(itom_correlator_set_edges(again, edges, ITOM_TEXT, &error));
    CHECK_OK(itom_correlator_advance(correlator, TEN + 60 * SECOND, &updates, &error));
    CHECK_OK(itom_correlator_advance(again, TEN + 60 * SECOND, &others, &error));
    CHECK(itom_bytes_len(updates) > 2);
    CHECK(strcmp(itom_bytes_data(updates), itom_bytes_data(others)) == 0);
    itom_bytes_free(updates);
    itom_bytes_free(others);
    itom_bytes_free(bytes);
    itom_correlator_free(correlator);
    itom_correlator_free(again);
}

static void a_table_does_as_well(void) {
    const char *columns =
        "{\"id\": [\"1\", \"2\"], \"item\": [\"db\", \"cart\"], \"name\": [\"down\", \"down\"],"
        " \"time\": [{\"time\": \"2026-06-15T10:00:00Z\"}, {\"time\": \"2026-06-15T10:01:00Z\"}],"
        " \"severity\": [17, null], \"label.site\": [\"fra\", null]}";
    itom_correlator *correlator = with_edges();
    itom_table *events = NULL;
    itom_bytes *updates = NULL, *alerts = NULL;
    CHECK_OK(itom_table_from_json(columns, ITOM_TEXT, &events, &error));
    CHECK_OK(itom_correlator_push_table(correlator, events, &updates, &error));
    itom_bytes_free(updates);
    CHECK_OK(itom_correlator_advance(correlator, TEN + 60 * SECOND, &updates, &error));
    CHECK(count(updates, "\"kind\":\"alert_joined\"") == 1);
    CHECK_OK(itom_correlator_alerts(correlator, &alerts, &error));
    CHECK(count(alerts, "\"labels\":{\"site\":\"fra\"}") == 1);
    itom_bytes_free(alerts);
    itom_bytes_free(updates);
    itom_table_free(events);
    itom_correlator_free(correlator);
}

static void mistakes_are_named_and_change_nothing(void) {
    itom_correlator *correlator = NULL;
    itom_bytes *updates = NULL, *before = NULL, *after = NULL;
    CHECK_FAILS(itom_correlator_new("{\"max_alerts\": 0}", ITOM_TEXT, &correlator, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "max_alerts");
    CHECK_FAILS(itom_correlator_new("{\"windw\": 0}", ITOM_TEXT, &correlator, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "windw");
    CHECK_FAILS(itom_correlator_from_bytes((const uint8_t *)"ITOM", 4, &correlator, &error),
                ITOM_STATUS_CORRUPT, "event.correlator");
    CHECK(correlator == NULL);
    CHECK_FAILS(itom_correlator_advance(NULL, 0, &updates, &error), ITOM_STATUS_NULL_POINTER,
                "correlator");
    correlator = with_edges();
    CHECK_OK(itom_correlator_to_bytes(correlator, &before, &error));
    CHECK_FAILS(itom_correlator_push(correlator,
                                     "[{\"id\": \"1\", \"time\": \"2026-06-15T10:00:00Z\","
                                     "  \"item\": \"a\", \"name\": \"n\"},"
                                     " {\"id\": \"2\", \"time\": \"2026-06-15T10:00:00Z\","
                                     "  \"item\": \"\", \"name\": \"n\"}]",
                                     ITOM_TEXT, &updates, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "event 1: item");
    CHECK_FAILS(itom_correlator_push(correlator, storm, ITOM_TEXT, NULL, &error),
                ITOM_STATUS_NULL_POINTER, "updates");
    CHECK_FAILS(itom_correlator_advance(correlator, ITOM_NEVER, &updates, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "now");
    CHECK_OK(itom_correlator_to_bytes(correlator, &after, &error));
    CHECK(updates == NULL && itom_bytes_len(before) == itom_bytes_len(after));
    CHECK(memcmp(itom_bytes_data(before), itom_bytes_data(after), itom_bytes_len(before)) == 0);
    itom_bytes_free(before);
    itom_bytes_free(after);
    itom_correlator_free(correlator);
    itom_correlator_free(NULL);
}

/* Sixty minutes of a metric with a gap that jumps in its last three. */
static size_t series(char *text, size_t room, const char *ci, double jump) {
    size_t used = (size_t)snprintf(text, room, "{\"ci\":\"%s\",\"metric\":\"latency\",\"timestamps\":[", ci);
    for (int n = 0; n < 60; n++)
        used += (size_t)snprintf(text + used, room - used, "%s\"2026-06-15T10:%02d:00Z\"", n ? "," : "", n);
    used += (size_t)snprintf(text + used, room - used, "],\"values\":[null");
    for (int n = 1; n < 60; n++)
        used += (size_t)snprintf(text + used, room - used, ",%g", 10 + n % 7 / 7.0 + (n >= 57 ? jump : 0));
    return used + (size_t)snprintf(text + used, room - used, "]}");
}

static void the_cause_is_found(void) {
    static char query[20000];
    size_t room = sizeof query, used;
    itom_bytes *causes = NULL;
    used = (size_t)snprintf(query, room,
                            "{\"edges\":%s,\"symptom\":{\"ci\":\"shop\",\"metric\":\"latency\"},"
                            "\"at\":\"2026-06-15T10:57:00Z\",\"series\":[", edges);
    used += series(query + used, room - used, "shop", 20);
    query[used++] = ',';
    used += series(query + used, room - used, "db", 20);
    snprintf(query + used, room - used, "]}");
    CHECK_OK(itom_rank_causes(query, ITOM_TEXT, &causes, &error));
    CHECK(strncmp(itom_bytes_data(causes), "[{\"ci\":\"db\",\"score\":", 19) == 0);
    CHECK(count(causes, "\"path\":[\"db\",\"cart\",\"shop\"]") == 1);
    CHECK(count(causes, "\"kind\":\"deviation\"") == 2);
    itom_bytes_free(causes);
    causes = NULL;
    CHECK_FAILS(itom_rank_causes("{\"symptom\":{\"ci\":\"shop\",\"metric\":\"latency\"},"
                                 "\"at\":\"2026-06-15T10:57:00Z\"}", ITOM_TEXT, &causes, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "\"latency\"");
    CHECK(causes == NULL);
}

int main(void) {
    events_become_incidents();
    a_snapshot_goes_on();
    a_table_does_as_well();
    mistakes_are_named_and_change_nothing();
    the_cause_is_found();
    return check_report("event");
}
