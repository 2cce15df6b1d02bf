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
    CHECK(is(text, "[{\"id\":\"shop\",\"group\":\"web\",\"min_up\":1,\"members\":2,\"up\":1,\"slack\":0,"
                   "\"weight\":null}]"));
    itom_impact_free(impact);
    CHECK_OK(itom_view_maintenance(view, host, 1, service, 1, &text, &error));
    CHECK(is(text, "{\"safe\":true,\"lost\":[],\"degraded\":[\"shop\"],\"without_spare\":[\"shop\"],"
                   "\"groups\":[{\"id\":\"shop\",\"group\":\"web\",\"min_up\":1,\"members\":2,\"up\":1,"
                   "\"slack\":0,\"weight\":null}]}"));
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
                   "\"kind\":\"runs_on\",\"target\":\"host\",\"group\":null,\"min_up\":null,"
                   "\"min_up_type\":null,\"weight\":null}],"
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

/* A shop that needs more than half of the weight of its machines, which are powered by feeds. */
static const char *const LARGE[] = {"large"}, *const SMALL[] = {"small"}, *const FEED[] = {"feed-a"};

static void relations_say_how_much_and_which_way(void) {
    static const char model[] =
        "{\"classes\": {\"x\": {}}, \"relations\": {\"uses\": {\"weight\": 150},"
        " \"powers\": {\"impact\": \"source_to_target\"}, \"paired_with\": {\"impact\": \"both\"}}}";
    static const char changes[] =
        "[{\"put_item\": {\"id\": \"shop\", \"class\": \"x\"}}, {\"put_item\": {\"id\": \"large\", \"class\": \"x\"}},"
        " {\"put_item\": {\"id\": \"small\", \"class\": \"x\"}}, {\"put_item\": {\"id\": \"feed-a\", \"class\": \"x\"}},"
        " {\"put_item\": {\"id\": \"feed-b\", \"class\": \"x\"}},"
        " {\"put_relation\": {\"source\": \"shop\", \"kind\": \"uses\", \"target\": \"large\", \"group\": \"g\","
        "  \"min_up\": 51, \"min_up_type\": \"weight_percent\", \"weight\": 300}},"
        " {\"put_relation\": {\"source\": \"shop\", \"kind\": \"uses\", \"target\": \"small\", \"group\": \"g\","
        "  \"min_up\": 51, \"min_up_type\": \"weight_percent\"}},"
        " {\"put_relation\": {\"source\": \"feed-a\", \"kind\": \"powers\", \"target\": \"large\"}},"
        " {\"put_relation\": {\"source\": \"feed-a\", \"kind\": \"powers\", \"target\": \"small\", \"group\": \"f\","
        "  \"min_up\": 1}},"
        " {\"put_relation\": {\"source\": \"feed-b\", \"kind\": \"powers\", \"target\": \"small\", \"group\": \"f\","
        "  \"min_up\": 1}}]";
    static const char halved[] =
        "[{\"put_relation\": {\"source\": \"shop\", \"kind\": \"uses\", \"target\": \"large\", \"group\": \"g\","
        "  \"min_up\": 51, \"min_up_type\": \"weight_percent\", \"weight\": 100}}]";
    static const char absurd[] =
        "[{\"put_relation\": {\"source\": \"shop\", \"kind\": \"uses\", \"target\": \"feed-a\", \"group\": \"h\","
        "  \"min_up\": 101, \"min_up_type\": \"percent\"}}]";
    itom_cmdb *db = NULL, *branch = NULL;
    itom_view *view = NULL, *past = NULL, *there = NULL;
    itom_impact *impact = NULL;
    itom_bytes *text = NULL;
    itom_transaction first = {.at = 0, .known = 0}, later = {.at = 9, .known = 9};
    CHECK_OK(itom_cmdb_new(model, ITOM_TEXT, &db, &error));
    CHECK_OK(itom_cmdb_apply(db, changes, ITOM_TEXT, &first, &error));
    CHECK_FAILS(itom_cmdb_apply(db, absurd, ITOM_TEXT, &later, &error), ITOM_STATUS_INVALID_ARGUMENT,
                "a share from 1 to 100");
    CHECK_OK(itom_cmdb_branch(db, &branch, &error));
    CHECK_OK(itom_cmdb_apply(branch, halved, ITOM_TEXT, &later, &error));
    CHECK_OK(itom_cmdb_at(db, ITOM_NEVER, ITOM_NEVER, &view, &error));
    CHECK_OK(itom_cmdb_at(branch, ITOM_NEVER, ITOM_NEVER, &there, &error));
    CHECK_OK(itom_cmdb_at(branch, 0, ITOM_NEVER, &past, &error));
    /* Without the small one two thirds are left; without the large one, one third. */
    CHECK_OK(itom_view_impact(view, SMALL, 1, &impact, &error));
    CHECK(itom_impact_down_len(impact) == 1);
    CHECK_OK(itom_impact_groups(impact, &text, &error));
    CHECK(is(text, "[{\"id\":\"shop\",\"group\":\"g\",\"min_up\":230,\"members\":2,\"up\":300,\"slack\":70,"
                   "\"weight\":450}]"));
    itom_impact_free(impact);
    CHECK_OK(itom_view_impact(view, LARGE, 1, &impact, &error));
    CHECK(itom_impact_down_len(impact) == 2);
    itom_impact_free(impact);
    /* A feed takes the large one down, and with it the shop; the small one has another. */
    CHECK_OK(itom_view_impact(view, FEED, 1, &impact, &error));
    CHECK_OK(itom_impact_sets(impact, &text, &error));
    CHECK(is(text, "{\"failed\":[\"feed-a\"],\"down\":[\"feed-a\",\"large\",\"shop\"],\"degraded\":[\"small\"],"
                   "\"at_risk\":[\"small\"]}"));
    itom_impact_free(impact);
    /* On the branch the small one is the heavier; before it was not. */
    CHECK_OK(itom_view_cut_sets(there, "shop", ITOM_TEXT, "{\"max_size\": 1}", ITOM_TEXT, &text, &error));
    CHECK(is(text, "{\"id\":\"shop\",\"sets\":[[\"small\"]],\"complete\":true}"));
    CHECK_OK(itom_view_cut_sets(past, "shop", ITOM_TEXT, "{\"max_size\": 1}", ITOM_TEXT, &text, &error));
    CHECK(is(text, "{\"id\":\"shop\",\"sets\":[[\"feed-a\"],[\"large\"]],\"complete\":true}"));
    itom_view_free(view);
    itom_view_free(past);
    itom_view_free(there);
    itom_cmdb_free(branch);
    itom_cmdb_free(db);
}

int main(void) {
    itom_view *view = shop();
    downwards(view);
    upwards(view);
    maps(view);
    itom_view_free(view);
    relations_say_how_much_and_which_way();
    return check_report("cmdb impact");
}
