/* Differences, branches, baselines and audit. */
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

static itom_transaction on(int64_t day) {
    return (itom_transaction){.at = day * DAY, .known = day * DAY, .actor = "ada", .change = "CHG1"};
}

static void put(itom_cmdb *db, const char *id, const char *zone, int64_t day) {
    char changes[200];
    itom_transaction transaction = on(day);
    snprintf(changes, sizeof changes,
             "[{\"put_item\": {\"id\": \"%s\", \"class\": \"host\", \"attributes\": {\"zone\": \"%s\"}}}]", id,
             zone);
    CHECK_OK(itom_cmdb_apply(db, changes, strlen(changes), &transaction, &error));
}

static itom_view *latest(const itom_cmdb *db) {
    itom_view *view = NULL;
    CHECK_OK(itom_cmdb_at(db, ITOM_NEVER, ITOM_NEVER, &view, &error));
    return view;
}

static void a_branch_goes_its_own_way_and_is_merged(void) {
    itom_cmdb *db = NULL, *branch = NULL;
    itom_bytes *text = NULL;
    itom_transaction merging = on(9);
    CHECK_OK(itom_cmdb_new(NULL, 0, &db, &error));
    put(db, "web-1", "a", 1);
    CHECK_OK(itom_cmdb_branch(db, &branch, &error));
    put(branch, "web-1", "b", 2);
    put(branch, "web-2", "b", 2);
    itom_view *here = latest(db), *there = latest(branch);
    CHECK(itom_view_len(here) == 1 && itom_view_len(there) == 2);
    CHECK_OK(itom_view_diff(here, there, NULL, 0, &text, &error));
    CHECK(has(text, "\"before\":\"a\",\"after\":\"b\""));
    CHECK_OK(itom_view_diff(here, there, "[\"web-2\"]", ITOM_TEXT, &text, &error));
    CHECK(has(text, "\"changed\":[]"));
    CHECK_FAILS(itom_view_diff(here, there, "[1]", ITOM_TEXT, &text, &error), ITOM_STATUS_INVALID_ARGUMENT,
                "ids");
    itom_view_free(here);
    itom_view_free(there);

    put(db, "web-1", "c", 3);
    CHECK_FAILS(itom_cmdb_merge_branch(db, branch, "mine", &merging, &text, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "\"mine\"");
    CHECK_OK(itom_cmdb_merge_branch(db, branch, NULL, &merging, &text, &error));
    CHECK(has(text, "\"merged\":false"));
    CHECK_OK(itom_cmdb_merge_branch(db, branch, "theirs", &merging, &text, &error));
    CHECK(has(text, "\"ours\":\"c\",\"theirs\":\"b\""));
    here = latest(db);
    CHECK(itom_view_len(here) == 2);
    itom_view_free(here);
    itom_cmdb_free(branch);
    itom_cmdb_free(db);
}

static void a_moment_has_a_name_and_a_statement_an_author(void) {
    itom_cmdb *db = NULL;
    itom_view *view = NULL;
    itom_bytes *text = NULL;
    itom_transaction transaction = on(2);
    CHECK_OK(itom_cmdb_new(NULL, 0, &db, &error));
    put(db, "web-1", "a", 1);
    CHECK_OK(itom_cmdb_set_baseline(db, "release 1", ITOM_TEXT, &transaction, &error));
    put(db, "web-2", "a", 3);
    CHECK_OK(itom_cmdb_baseline(db, "release 1", ITOM_TEXT, &view, &error));
    CHECK(itom_view_len(view) == 1);
    itom_view_free(view);
    CHECK_FAILS(itom_cmdb_baseline(db, "release 2", ITOM_TEXT, &view, &error), ITOM_STATUS_NOT_FOUND,
                "\"release 2\"");
    CHECK_OK(itom_cmdb_baselines(db, &text, &error));
    CHECK(has(text, "\"name\":\"release 1\""));
    CHECK_OK(itom_cmdb_item_history(db, "web-1", ITOM_TEXT, &text, &error));
    CHECK(has(text, "\"actor\":\"ada\",\"change\":\"CHG1\""));
    CHECK_FAILS(itom_cmdb_item_history(db, "web-9", ITOM_TEXT, &text, &error), ITOM_STATUS_NOT_FOUND,
                "\"web-9\"");
    itom_cmdb_free(db);
}

int main(void) {
    a_branch_goes_its_own_way_and_is_merged();
    a_moment_has_a_name_and_a_statement_an_author();
    return check_report("cmdb moments");
}
