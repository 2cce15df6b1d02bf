/* Health of a view, and health kept up to date. */
#include "check.h"

#include <stdio.h>

#define DAY INT64_C(86400000000000)

static int has(itom_bytes *bytes, const char *text) {
    int found = bytes != NULL && strstr(itom_bytes_data(bytes), text) != NULL;
    if (!found) {
        fprintf(stderr, "got      %s\nexpected %s in it\n", itom_bytes_data(bytes), text);
    }
    itom_bytes_free(bytes);
    return found;
}

static void apply(itom_cmdb *db, const char *changes, int64_t day) {
    itom_transaction transaction = {.at = day * DAY, .known = day * DAY};
    CHECK_OK(itom_cmdb_apply(db, changes, strlen(changes), &transaction, &error));
}

static const char *SMALL =
    "[{\"put_item\": {\"id\": \"shop\", \"class\": \"service\"}},"
    " {\"put_item\": {\"id\": \"web-1\", \"class\": \"host\", \"attributes\": {\"os\": \"SunOS\"}}},"
    " {\"put_relation\": {\"source\": \"shop\", \"kind\": \"runs_on\", \"target\": \"web-1\"}}]";

static const char *RULES = "{\"rules\": [{\"name\": \"supported\", \"class\": \"host\","
                           " \"condition\": \"os ~ \\\"Debian*\\\"\"}]}";

static void a_view_tells_its_health(void) {
    itom_cmdb *db = NULL;
    itom_view *view = NULL;
    itom_bytes *text = NULL;
    CHECK_OK(itom_cmdb_new(NULL, 0, &db, &error));
    apply(db, SMALL, 0);
    CHECK_OK(itom_cmdb_at(db, ITOM_NEVER, ITOM_NEVER, &view, &error));
    CHECK_OK(itom_view_health(view, NULL, 0, ITOM_NEVER, &text, &error));
    CHECK(has(text, "\"failing\":0"));
    CHECK_OK(itom_view_health(view, NULL, 0, 61 * DAY, &text, &error));
    CHECK(has(text, "\"correctness.stale\":{\"checked\":2,\"failed\":2,\"score\":0.0}"));
    CHECK_OK(itom_view_health(view, RULES, ITOM_TEXT, ITOM_NEVER, &text, &error));
    CHECK(has(text, "{\"metric\":\"compliance\",\"reason\":\"not supported: os ~ \\\"Debian*\\\"\"}"));
    CHECK_FAILS(itom_view_health(view, "{\"rule\": []}", ITOM_TEXT, ITOM_NEVER, &text, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "rule");
    CHECK_FAILS(itom_view_health(view, NULL, 0, ITOM_NEVER, NULL, &error), ITOM_STATUS_NULL_POINTER, "out");
    itom_view_free(view);
    itom_cmdb_free(db);
}

static void a_monitor_keeps_up(void) {
    itom_cmdb *db = NULL, *other = NULL;
    itom_health_monitor *monitor = NULL;
    itom_bytes *text = NULL;
    CHECK_OK(itom_cmdb_new(NULL, 0, &db, &error));
    CHECK_OK(itom_cmdb_new(NULL, 0, &other, &error));
    CHECK_FAILS(itom_health_monitor_new(db, "{\"owner\": \"\"}", ITOM_TEXT, &monitor, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "owner");
    CHECK_OK(itom_health_monitor_new(db, NULL, 0, &monitor, &error));
    apply(db, SMALL, 0);
    CHECK_OK(itom_health_monitor_update(monitor, db, &error));
    CHECK_OK(itom_health_monitor_report(monitor, db, ITOM_NEVER, &text, &error));
    CHECK(has(text, "\"item_count\":2"));
    apply(db, "[{\"put_item\": {\"id\": \"spare\", \"class\": \"host\"}}]", 1);
    CHECK_OK(itom_health_monitor_report(monitor, db, ITOM_NEVER, &text, &error));
    CHECK(has(text, "\"reason\":\"no relation to another item\""));
    CHECK_FAILS(itom_health_monitor_update(monitor, other, &error), ITOM_STATUS_CONFLICT, "monitor");
    itom_health_monitor_free(monitor);
    itom_health_monitor_free(NULL);
    itom_cmdb_free(other);
    itom_cmdb_free(db);
}

int main(void) {
    a_view_tells_its_health();
    a_monitor_keeps_up();
    return check_report("cmdb health");
}
