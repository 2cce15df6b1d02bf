/* Items, relations, both times, impact, the file. */
#include "check.h"

#include <stdio.h>

#define DAY INT64_C(86400000000000)

static int is(itom_bytes *bytes, const char *text) {
    int same = bytes != NULL && strcmp(itom_bytes_data(bytes), text) == 0;
    if (!same) {
        fprintf(stderr, "got      %s\nexpected %s\n", itom_bytes_data(bytes), text);
    }
    itom_bytes_free(bytes);
    return same;
}

static const itom_transaction on_day_1 = {.at = DAY, .known = DAY};

/* shop -> web-1 or web-2; web-1 -> host */
static itom_cmdb *small(void) {
    itom_cmdb *db = NULL;
    itom_table *items = NULL, *relations = NULL;
    CHECK_OK(itom_cmdb_new(NULL, 0, &db, &error));
    CHECK_OK(itom_table_from_json("{\"id\": [\"shop\", \"web-1\", \"web-2\", \"host\"],"
                                  " \"class\": [\"service\", \"app\", \"app\", \"host\"],"
                                  " \"cores\": [null, null, 4, 8]}",
                                  ITOM_TEXT, &items, &error));
    CHECK_OK(itom_table_from_json("{\"source\": [\"shop\", \"shop\", \"web-1\"],"
                                  " \"kind\": [\"depends_on\", \"depends_on\", \"runs_on\"],"
                                  " \"target\": [\"web-1\", \"web-2\", \"host\"],"
                                  " \"group\": [\"web\", \"web\", null], \"min_up\": [1, 1, null]}",
                                  ITOM_TEXT, &relations, &error));
    itom_transaction loading = {.at = DAY, .known = DAY, .actor = "test"};
    CHECK_OK(itom_cmdb_load(db, items, relations, &loading, &error));
    itom_table_free(items);
    itom_table_free(relations);
    return db;
}

static void impact_and_why(void) {
    itom_cmdb *db = small();
    itom_view *view = NULL;
    itom_impact *impact = NULL;
    itom_bytes *text = NULL;
    const char *failed[] = {"host"}, *unknown[] = {"host", "nobody"};
    CHECK_OK(itom_cmdb_at(db, ITOM_NEVER, ITOM_NEVER, &view, &error));
    CHECK(itom_view_len(view) == 4);
    CHECK_OK(itom_view_impact(view, failed, 1, &impact, &error));
    itom_cmdb_free(db); /* a view lives on without its database, an impact without its view */
    itom_view_free(view);
    CHECK(itom_impact_down_len(impact) == 2);
    CHECK_OK(itom_impact_sets(impact, &text, &error));
    CHECK(is(text, "{\"failed\":[\"host\"],\"down\":[\"host\",\"web-1\"],\"degraded\":[\"shop\"],"
                   "\"at_risk\":[\"shop\"]}"));
    CHECK_OK(itom_impact_why(impact, "shop", ITOM_TEXT, &text, &error));
    CHECK(is(text, "{\"id\":\"shop\",\"state\":\"at_risk\",\"lost\":[{\"group\":\"web\",\"min_up\":1,"
                   "\"members\":2,\"weight\":null,\"lost\":[\"web-1\"],\"down\":false}],"
                   "\"path\":[\"host\",\"web-1\",\"shop\"]}"));
    CHECK_FAILS(itom_impact_why(impact, "nobody", ITOM_TEXT, &text, &error), ITOM_STATUS_NOT_FOUND,
                "\"nobody\"");
    itom_impact_free(impact);

    db = small();
    CHECK_OK(itom_cmdb_at(db, ITOM_NEVER, ITOM_NEVER, &view, &error));
    CHECK_FAILS(itom_view_impact(view, unknown, 2, &impact, &error), ITOM_STATUS_NOT_FOUND, "\"nobody\"");
    unknown[1] = NULL;
    CHECK_FAILS(itom_view_impact(view, unknown, 2, &impact, &error), ITOM_STATUS_NULL_POINTER, "failed");
    CHECK_OK(itom_view_impact(view, NULL, 0, &impact, &error));
    CHECK(itom_impact_down_len(impact) == 0);
    itom_impact_free(impact);
    itom_view_free(view);
    itom_cmdb_free(db);
}

static void both_times(void) {
    itom_cmdb *db = small();
    itom_view *now = NULL, *before = NULL, *unknowing = NULL;
    itom_bytes *text = NULL;
    const char *changes = "[{\"put_item\": {\"id\": \"web-2\", \"attributes\": {\"cores\": 16}}},"
                          " {\"remove_item\": {\"id\": \"host\"}}]";
    itom_transaction late = {.at = 5 * DAY, .known = 9 * DAY, .change = "CHG1"};
    CHECK_OK(itom_cmdb_apply(db, changes, strlen(changes), &late, &error));
    CHECK_OK(itom_cmdb_at(db, ITOM_NEVER, ITOM_NEVER, &now, &error));
    CHECK_OK(itom_cmdb_at(db, 4 * DAY, ITOM_NEVER, &before, &error));
    CHECK_OK(itom_cmdb_at(db, ITOM_NEVER, 8 * DAY, &unknowing, &error));
    CHECK_OK(itom_view_item(now, "web-2", ITOM_TEXT, &text, &error));
    CHECK(is(text, "{\"id\":\"web-2\",\"class\":\"app\",\"attributes\":{\"cores\":16}}"));
    CHECK_OK(itom_view_item(now, "host", ITOM_TEXT, &text, &error));
    CHECK(is(text, "null"));
    CHECK_OK(itom_view_item(before, "host", ITOM_TEXT, &text, &error));
    CHECK(is(text, "{\"id\":\"host\",\"class\":\"host\",\"attributes\":{\"cores\":8}}"));
    CHECK_OK(itom_view_item(unknowing, "web-2", ITOM_TEXT, &text, &error));
    CHECK(is(text, "{\"id\":\"web-2\",\"class\":\"app\",\"attributes\":{\"cores\":4}}"));
    CHECK_OK(itom_view_path(before, "shop", ITOM_TEXT, "host", ITOM_TEXT, &text, &error));
    CHECK(is(text, "[\"shop\",\"web-1\",\"host\"]"));
    CHECK_OK(itom_view_path(before, "host", ITOM_TEXT, "shop", ITOM_TEXT, &text, &error));
    CHECK(is(text, "null"));
    CHECK_OK(itom_view_relations(now, "web-1", &text, &error));
    CHECK(is(text, "[{\"source\":\"shop\",\"kind\":\"depends_on\",\"target\":\"web-1\",\"group\":\"web\","
                   "\"min_up\":1,\"min_up_type\":\"count\",\"weight\":null}]"));
    CHECK_OK(itom_view_neighbours(before, "host", ITOM_TEXT, "consumers", NULL, &text, &error));
    CHECK(is(text, "[{\"id\":\"web-1\",\"kind\":\"runs_on\",\"name\":\"runs_on\","
                   "\"direction\":\"consumers\"}]"));
    CHECK_FAILS(itom_view_neighbours(before, "host", ITOM_TEXT, "up", NULL, &text, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "direction");
    CHECK_OK(itom_view_items(now, "app", &text, &error));
    CHECK(strstr(itom_bytes_data(text), "web-1") != NULL && strstr(itom_bytes_data(text), "shop") == NULL);
    itom_bytes_free(text);
    CHECK_OK(itom_cmdb_transactions(db, &text, &error));
    CHECK(is(text, "[{\"at\":\"1970-01-02T00:00:00Z\",\"known\":\"1970-01-02T00:00:00Z\",\"actor\":\"test\"},"
                   "{\"at\":\"1970-01-06T00:00:00Z\",\"known\":\"1970-01-10T00:00:00Z\",\"change\":\"CHG1\"}]"));
    itom_view_free(now);
    itom_view_free(before);
    itom_view_free(unknowing);
    itom_cmdb_free(db);
}

static void refused_changes_nothing(void) {
    itom_cmdb *db = small();
    itom_bytes *before = NULL, *after = NULL;
    itom_table *items = NULL;
    CHECK_OK(itom_cmdb_to_bytes(db, &before, &error));
    CHECK_FAILS(itom_cmdb_apply(db, "[{\"remove_item\": {\"id\": \"nobody\"}}]", ITOM_TEXT, &on_day_1, &error),
                ITOM_STATUS_NOT_FOUND, "\"nobody\"");
    CHECK_FAILS(itom_cmdb_apply(db, "[{\"put_thing\": {}}]", ITOM_TEXT, &on_day_1, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "put_thing");
    CHECK_FAILS(itom_cmdb_apply(db, "[]", ITOM_TEXT, &(itom_transaction){.at = DAY}, &error), ITOM_STATUS_CONFLICT,
                "known");
    CHECK_FAILS(itom_cmdb_apply(db, "[]", ITOM_TEXT, &(itom_transaction){.at = ITOM_NEVER}, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "at");
    CHECK_OK(itom_table_from_json("{\"id\": [\"x\", \"x\"], \"class\": [\"a\", \"a\"]}", ITOM_TEXT, &items,
                                  &error));
    CHECK_FAILS(itom_cmdb_load(db, items, NULL, &on_day_1, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "row 1");
    itom_table_free(items);
    CHECK_OK(itom_cmdb_to_bytes(db, &after, &error));
    CHECK(itom_bytes_len(before) == itom_bytes_len(after) &&
          memcmp(itom_bytes_data(before), itom_bytes_data(after), itom_bytes_len(before)) == 0);
    itom_cmdb_free(db);
    CHECK_OK(itom_cmdb_from_bytes((const uint8_t *)itom_bytes_data(before), itom_bytes_len(before), &db, &error));
    itom_cmdb_free(db);
    CHECK_FAILS(itom_cmdb_from_bytes((const uint8_t *)itom_bytes_data(before), itom_bytes_len(before) - 1, &db, &error),
                ITOM_STATUS_CORRUPT, "snapshot");
    itom_bytes_free(before);
    itom_bytes_free(after);
}

static void a_model_and_a_file(void) {
    itom_cmdb *db = NULL;
    itom_view *view = NULL;
    itom_bytes *model = NULL;
    char path[] = "itom-test-cmdb.redb";
    remove(path);
    CHECK_FAILS(itom_cmdb_new("{\"classes\": {\"a\": {\"extends\": \"b\"}}}", ITOM_TEXT, &db, &error),
                ITOM_STATUS_NOT_FOUND, "\"b\"");
    CHECK_OK(itom_cmdb_open(path, ITOM_TEXT, "operations", ITOM_TEXT, &db, &error));
    CHECK_FAILS(itom_cmdb_apply(db, "[{\"put_item\": {\"id\": \"a\", \"class\": \"toaster\"}}]", ITOM_TEXT,
                                &on_day_1, &error),
                ITOM_STATUS_NOT_FOUND, "\"toaster\"");
    CHECK_OK(itom_cmdb_apply(db, "[{\"put_item\": {\"id\": \"a\", \"class\": \"host\"}}]", ITOM_TEXT, &on_day_1, &error));
    itom_cmdb_free(db);
    db = NULL;
    CHECK_OK(itom_cmdb_open(path, strlen(path), NULL, 0, &db, &error));
    CHECK_OK(itom_cmdb_model(db, &model, &error));
    CHECK(strstr(itom_bytes_data(model), "\"virtual_machine\"") != NULL);
    itom_bytes_free(model);
    CHECK_OK(itom_cmdb_at(db, ITOM_NEVER, ITOM_NEVER, &view, &error));
    CHECK(itom_view_len(view) == 1);
    itom_view_free(view);
    itom_cmdb_free(db);
    remove(path);
}

static void null_is_told(void) {
    itom_view *view = NULL;
    CHECK_FAILS(itom_cmdb_at(NULL, 0, 0, &view, &error), ITOM_STATUS_NULL_POINTER, "cmdb");
    CHECK_FAILS(itom_cmdb_new(NULL, 0, NULL, &error), ITOM_STATUS_NULL_POINTER, "out");
    CHECK(itom_view_len(NULL) == 0 && itom_impact_down_len(NULL) == 0);
    itom_cmdb_free(NULL);
    itom_view_free(NULL);
    itom_impact_free(NULL);
}

int main(void) {
    impact_and_why();
    both_times();
    refused_changes_nothing();
    a_model_and_a_file();
    null_is_told();
    return check_report("cmdb");
}
