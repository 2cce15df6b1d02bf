/* Impact and the questions about the graph. */
#include "check.h"

#include <stdio.h>

static int is(itom_bytes *bytes, const char *text) {
    int same = bytes != NULL && strcmp(itom_bytes_data(bytes), text) == 0;
    if (!same) {
        fprintf(stderr, "got      %s\nexpected %s\n", itom_bytes_data(bytes), text);
    }
    itom_bytes_free(bytes);
    return same;
}

/* shop -> one of web-1, web-2, and db; web-1 -> host */
static itom_view *shop(void) {
    itom_cmdb *db = NULL;
    itom_view *view = NULL;
    itom_table *items = NULL, *relations = NULL;
    itom_transaction now = {.at = 0, .known = 0};
    CHECK_OK(itom_cmdb_new(NULL, 0, &db, &error));
    CHECK_OK(itom_table_from_json("{\"id\": [\"shop\", \"web-1\", \"web-2\", \"db\", \"host\"],"
                                  " \"class\": [\"service\", \"app\", \"app\", \"database\", \"host\"]}",
                                  ITOM_TEXT, &items, &error));
    CHECK_OK(itom_table_from_json("{\"source\": [\"shop\", \"shop\", \"shop\", \"web-1\"],"
                                  " \"kind\": [\"uses\", \"uses\", \"uses\", \"runs_on\"],"
                                  " \"target\": [\"web-1\", \"web-2\", \"db\", \"host\"],"
                                  " \"group\": [\"web\", \"web\", null, null],"
                                  " \"min_up\": [1, 1, null, null]}",
                                  ITOM_TEXT, &relations, &error));
    CHECK_OK(itom_cmdb_load(db, items, relations, &now, &error));
    CHECK_OK(itom_cmdb_at(db, ITOM_NEVER, ITOM_NEVER, &view, &error));
    itom_table_free(items);
    itom_table_free(relations);
    itom_cmdb_free(db);
    return view;
}

static void downwards(const itom_view *view) {
    const char *const host[] = {"host"}, *const nobody[] = {"nobody"}, *const service[] = {"service"};
    itom_impact *impact = NULL;
    itom_bytes *text = NULL;
    CHECK_OK(itom_view_impact(view, host, 1, &impact, &error));
    CHECK_OK(itom_impact_groups(impact, &text, &error));
    CHECK(is(text, "[{\"id\":\"shop\",\"group\":\"web\",\"min_up\":1,\"members\":2,\"up\":1,\"slack\":0}]"));
    itom_impact_free(impact);
    CHECK_OK(itom_view_maintenance(view, host, 1, service, 1, &text, &error));
    CHECK(is(text, "{\"safe\":true,\"lost\":[],\"degraded\":[\"shop\"],\"without_spare\":[\"shop\"],"
                   "\"groups\":[{\"id\":\"shop\",\"group\":\"web\",\"min_up\":1,\"members\":2,\"up\":1,"
                   "\"slack\":0}]}"));
    CHECK_FAILS(itom_view_maintenance(view, nobody, 1, NULL, 0, &text, &error), ITOM_STATUS_NOT_FOUND,
                "\"nobody\"");
    CHECK_OK(itom_view_statuses(view, "{\"db\": \"major\"}", ITOM_TEXT, "opennms", ITOM_TEXT, &text, &error));
    CHECK(is(text, "[{\"id\":\"db\",\"class\":\"database\",\"status\":\"major\",\"observed\":\"major\","
                   "\"path\":[\"db\"]},{\"id\":\"shop\",\"class\":\"service\",\"status\":\"major\","
                   "\"observed\":null,\"path\":[\"db\",\"shop\"]}]"));
    CHECK_FAILS(itom_view_statuses(view, "{\"db\": \"purple\"}", ITOM_TEXT, NULL, 0, &text, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "purple");
}

static void upwards(const itom_view *view) {
    const char *const seen[] = {"shop", "web-1"};
    itom_bytes *text = NULL;
    CHECK_OK(itom_view_dependencies(view, "web-1", ITOM_TEXT, &text, &error));
    CHECK(is(text, "[{\"id\":\"host\",\"class\":\"host\",\"level\":1}]"));
    CHECK_OK(itom_view_causes(view, seen, 2, "{\"max_size\": 2, \"classes\": [\"host\", \"database\"]}",
                              ITOM_TEXT, &text, &error));
    CHECK(is(text, "{\"causes\":[{\"failed\":[\"db\",\"host\"],\"down\":4,\"unseen\":0}],\"complete\":true}"));
    CHECK_FAILS(itom_view_causes(view, NULL, 0, NULL, 0, &text, &error), ITOM_STATUS_INVALID_ARGUMENT, "down");
    CHECK_OK(itom_view_cut_sets(view, "shop", ITOM_TEXT, NULL, 0, &text, &error));
    CHECK(is(text, "{\"id\":\"shop\",\"sets\":[[\"db\"],[\"host\",\"web-2\"],[\"web-1\",\"web-2\"]],"
                   "\"complete\":true}"));
    CHECK_FAILS(itom_view_cut_sets(view, "shop", ITOM_TEXT, "{\"size\": 2}", ITOM_TEXT, &text, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "size");
}

static void maps(const itom_view *view) {
    itom_bytes *text = NULL;
    CHECK_OK(itom_view_service_map(view, "web-1", ITOM_TEXT, NULL, 0, &text, &error));
    CHECK(is(text, "{\"nodes\":[{\"id\":\"web-1\",\"class\":\"app\",\"layer\":0},"
                   "{\"id\":\"host\",\"class\":\"host\",\"layer\":1}],\"relations\":[{\"source\":\"web-1\","
                   "\"kind\":\"runs_on\",\"target\":\"host\",\"group\":null,\"min_up\":null}],"
                   "\"truncated\":false}"));
    CHECK_OK(itom_view_neighbourhood(view, "host", ITOM_TEXT, "consumers", "{\"limit\": 1}", ITOM_TEXT, &text,
                                     &error));
    CHECK(is(text, "{\"nodes\":[{\"id\":\"host\",\"class\":\"host\",\"layer\":0}],\"relations\":[],"
                   "\"truncated\":true}"));
    CHECK_OK(itom_view_shortest_paths(view, "shop", ITOM_TEXT, "host", ITOM_TEXT, NULL, 0, &text, &error));
    CHECK(is(text, "{\"paths\":[[\"shop\",\"web-1\",\"host\"]],\"truncated\":false}"));
    CHECK_OK(itom_view_cycles(view, &text, &error));
    CHECK(is(text, "[]"));
}

int main(void) {
    itom_view *view = shop();
    downwards(view);
    upwards(view);
    maps(view);
    itom_view_free(view);
    return check_report("cmdb impact");
}
