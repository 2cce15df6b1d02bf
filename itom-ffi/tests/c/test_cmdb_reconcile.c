/* Records of sources, rules, locks, merges, sweeps. */
#include "check.h"

#include <stdio.h>

static const int64_t DAY = INT64_C(86400000000000);

static const char *MODEL =
    "{\"classes\": {\"host\": {\"attributes\": {\"serial\": {\"type\": \"string\"},"
    " \"os\": {\"type\": \"string\"}}, \"identification\": [{\"attributes\": [\"serial\"]}]}}}";

static itom_transaction on(int day, const char *source) {
    itom_transaction about = {.at = day * DAY, .known = day * DAY, .source = source};
    return about;
}

static int has(itom_bytes *bytes, const char *part) {
    int found = bytes != NULL && strstr(itom_bytes_data(bytes), part) != NULL;
    if (!found && bytes != NULL) {
        fprintf(stderr, "got      %s\nwithout  %s\n", itom_bytes_data(bytes), part);
    }
    itom_bytes_free(bytes);
    return found;
}

static itom_bytes *reconcile(itom_cmdb *db, int day, const char *source, const char *records, int dry) {
    itom_bytes *report = NULL;
    itom_transaction about = on(day, source);
    CHECK_OK(itom_cmdb_reconcile(db, records, ITOM_TEXT, NULL, 0, &about, dry, &report, &error));
    return report;
}

static itom_bytes *why(itom_cmdb *db, int64_t known) {
    itom_view *view = NULL;
    itom_bytes *text = NULL;
    CHECK_OK(itom_cmdb_at(db, ITOM_NEVER, known, &view, &error));
    CHECK_OK(itom_view_why_value(view, "host-000001", ITOM_TEXT, "os", ITOM_TEXT, &text, &error));
    itom_view_free(view);
    return text;
}

static void sources_and_rules(void) {
    const char *scanned = "[{\"class\": \"host\", \"attributes\": {\"serial\": \"J7X\", \"os\": \"debian\"}}]";
    const char *imported = "[{\"class\": \"host\", \"attributes\": {\"serial\": \"J7X\", \"os\": \"ubuntu\"}}]";
    itom_cmdb *db = NULL;
    itom_view *view = NULL;
    itom_bytes *text = NULL;
    CHECK_OK(itom_cmdb_new(MODEL, ITOM_TEXT, &db, &error));
    CHECK(has(reconcile(db, 1, "scan", scanned, 1), "\"inserted\":1"));
    CHECK(has(reconcile(db, 1, "scan", scanned, 0), "\"id\":\"host-000001\""));
    CHECK(has(reconcile(db, 2, "import", imported, 0), "\"matched\":\"serial\""));
    CHECK(has(why(db, ITOM_NEVER), "\"value\":\"ubuntu\",\"source\":\"import\""));
    itom_transaction by_hand = on(3, NULL);
    CHECK_OK(itom_cmdb_set_rules(db, "{\"rules\": [{\"sources\": [\"scan\"]}]}", ITOM_TEXT, &by_hand, &error));
    CHECK_FAILS(itom_cmdb_set_rules(db, "{\"rules\": [{\"class\": \"hsot\"}]}", ITOM_TEXT, &by_hand, &error),
                ITOM_STATUS_NOT_FOUND, "hsot");
    CHECK_OK(itom_cmdb_rules(db, &text, &error));
    CHECK(has(text, "\"sources\":[\"scan\"]"));
    CHECK(has(why(db, ITOM_NEVER), "\"value\":\"debian\",\"source\":\"scan\""));
    CHECK(has(why(db, 2 * DAY), "\"value\":\"ubuntu\""));
    CHECK_OK(itom_cmdb_lock(db, "host-000001", "os", "\"arch\"", ITOM_TEXT, &by_hand, &error));
    CHECK(has(why(db, ITOM_NEVER), "\"locked\":true"));
    CHECK_OK(itom_cmdb_release(db, "host-000001", "os", &by_hand, &error));
    CHECK_FAILS(itom_cmdb_release(db, "host-000001", "os", &by_hand, &error), ITOM_STATUS_NOT_FOUND, "lock");
    CHECK_OK(itom_cmdb_at(db, ITOM_NEVER, ITOM_NEVER, &view, &error));
    CHECK_OK(itom_view_claims(view, "host-000001", ITOM_TEXT, &text, &error));
    CHECK(has(text, "\"verdict\":\"lower_precedence\""));
    itom_view_free(view);
    CHECK_FAILS(itom_cmdb_reconcile(db, "[]", ITOM_TEXT, NULL, 0, &by_hand, 0, &text, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "source");
    itom_cmdb_free(db);
}

static void merges_and_sweeps(void) {
    const char *others[] = {"b"};
    itom_cmdb *db = NULL;
    itom_view *view = NULL;
    itom_bytes *text = NULL;
    itom_table *table = NULL, *answers = NULL;
    CHECK_OK(itom_cmdb_new(MODEL, ITOM_TEXT, &db, &error));
    CHECK_OK(itom_table_from_json("{\"id\": [\"a\", \"b\"], \"serial\": [\"X\", \"Y\"]}", ITOM_TEXT, &table, &error));
    itom_transaction scan = on(1, "scan"), by_hand = on(3, NULL);
    CHECK_OK(itom_cmdb_reconcile_table(db, table, "host", &scan, &answers, &error));
    CHECK(itom_table_rows(answers) == 2);
    itom_table_free(answers);
    itom_table_free(table);
    itom_transaction import = on(2, "import");
    CHECK_OK(itom_cmdb_apply(db, "[{\"put_item\": {\"id\": \"b\", \"attributes\": {\"serial\": \"X\"}}}]",
                             ITOM_TEXT, &import, &error));
    CHECK_OK(itom_cmdb_at(db, ITOM_NEVER, ITOM_NEVER, &view, &error));
    CHECK_OK(itom_view_duplicates(view, &text, &error));
    CHECK(has(text, "\"by\":{\"serial\":\"X\"},\"ids\":[\"a\",\"b\"]"));
    itom_view_free(view);
    CHECK_OK(itom_cmdb_merge(db, "a", others, 1, &by_hand, &error));
    CHECK_FAILS(itom_cmdb_merge(db, "a", others, 1, &by_hand, &error), ITOM_STATUS_CONFLICT, "others");
    CHECK_OK(itom_cmdb_unmerge(db, others, 1, &by_hand, &error));
    const char *sweep = "{\"source\": \"scan\", \"seen_before\": \"1970-01-03T00:00:00Z\", \"ids\": [\"a\"]}";
    CHECK_FAILS(itom_cmdb_sweep(db, sweep, ITOM_TEXT, &by_hand, 0, &text, &error),
                ITOM_STATUS_LIMIT_EXCEEDED, "1 of 1");
    CHECK_OK(itom_cmdb_sweep(db, sweep, ITOM_TEXT, &by_hand, 1, &text, &error));
    CHECK(has(text, "\"allowed\":false"));
    const char *all = "{\"source\": \"scan\", \"seen_before\": \"1970-01-03T00:00:00Z\", \"guard\": 1}";
    CHECK_OK(itom_cmdb_sweep(db, all, ITOM_TEXT, &by_hand, 0, &text, &error));
    CHECK(has(text, "\"removed\":[\"a\"],\"marked\":[],\"withdrawn\":[\"b\"]"));
    itom_cmdb_free(db);
}

int main(void) {
    sources_and_rules();
    merges_and_sweeps();
    return check_report("cmdb_reconcile");
}
