/* Documents of other tools in, drawings, tables and SQLite out, queries. */
#include "check.h"

static const int64_t DAY = INT64_C(86400000000000);

static itom_cmdb *cluster(void) {
    const char *pods = "{\"kind\": \"List\", \"items\": ["
                       "{\"kind\": \"Node\", \"metadata\": {\"name\": \"n\", \"uid\": \"node\"}},"
                       "{\"kind\": \"Pod\", \"metadata\": {\"name\": \"p\", \"uid\": \"pod\"},"
                       " \"spec\": {\"nodeName\": \"n\"}}]}";
    itom_bytes *import = NULL, *changes = NULL;
    itom_cmdb *db = NULL;
    itom_transaction when = {.at = DAY, .known = DAY};
    CHECK_OK(itom_import_read("kubernetes", pods, ITOM_TEXT, &import, &error));
    CHECK_OK(itom_import_changes(itom_bytes_data(import), itom_bytes_len(import), &changes, &error));
    CHECK_OK(itom_cmdb_new(NULL, 0, &db, &error));
    CHECK_OK(itom_cmdb_apply(db, itom_bytes_data(changes), itom_bytes_len(changes), &when, &error));
    itom_bytes_free(import);
    itom_bytes_free(changes);
    return db;
}

static void documents(void) {
    itom_bytes *out = NULL;
    CHECK_FAILS(itom_import_read("cobol", "", ITOM_TEXT, &out, &error), ITOM_STATUS_INVALID_ARGUMENT,
                "format must be records, csv");
    CHECK_FAILS(itom_import_read("netbox", "[1", ITOM_TEXT, &out, &error), ITOM_STATUS_INVALID_ARGUMENT,
                "line 1 column 2");
    CHECK_FAILS(itom_import_read("netbox", "\xff", 1, &out, &error), ITOM_STATUS_INVALID_ARGUMENT, "UTF-8");
    CHECK_FAILS(itom_import_read(NULL, "", 0, &out, &error), ITOM_STATUS_NULL_POINTER, "format");
    CHECK_OK(itom_import_read("traces", "{\"data\": []}", ITOM_TEXT, &out, &error));
    CHECK(strstr(itom_bytes_data(out), "\"calls\":[]") != NULL);
    itom_bytes_free(out);
    CHECK_OK(itom_import_read_csv("id;os\nw;Debian\n", ITOM_TEXT, "{\"delimiter\": \";\", \"class\": \"host\"}",
                                  ITOM_TEXT, &out, &error));
    CHECK(strstr(itom_bytes_data(out), "\"id\":\"w\"") != NULL);
    itom_bytes_free(out);
    CHECK_OK(itom_import_read_csv("class,id\nhost,w\n", ITOM_TEXT, NULL, 0, &out, &error));
    itom_bytes_free(out);
}

static void queries(void) {
    itom_cmdb *db = cluster();
    itom_view *view = NULL;
    itom_table *table = NULL;
    CHECK_OK(itom_cmdb_at(db, ITOM_NEVER, ITOM_NEVER, &view, &error));
    CHECK_OK(itom_view_query(view, "k8s.pod -runs_on-> k8s.node", ITOM_TEXT, &table, &error));
    CHECK(itom_table_rows(table) == 1);
    itom_table_free(table);
    CHECK_OK(itom_cmdb_query(db, "k8s.pod as of 1969-12-31", ITOM_TEXT, &table, &error));
    CHECK(itom_table_rows(table) == 0);
    itom_table_free(table);
    CHECK_OK(itom_cmdb_query(db, "{\"patterns\": [{\"class\": \"k8s.pod\"}]}", ITOM_TEXT, &table, &error));
    CHECK(itom_table_rows(table) == 1);
    itom_table_free(table);
    CHECK_OK(itom_view_query(view, "k8s.pod where name matches /^p$/", ITOM_TEXT, &table, &error));
    CHECK(itom_table_rows(table) > 0);
    itom_table_free(table);
    CHECK_FAILS(itom_view_query(view, "k8s.pod where name =~ /a(b/", ITOM_TEXT, &table, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "column 23: expected a regular expression (unclosed group");
    CHECK_FAILS(itom_view_query(view, "k8s.pod where", ITOM_TEXT, &table, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "query, column 14: expected an attribute");
    itom_view_free(view);
    itom_cmdb_free(db);
}

static void exports(void) {
    itom_cmdb *db = cluster();
    itom_view *view = NULL;
    itom_bytes *out = NULL;
    itom_table *items = NULL, *relations = NULL;
    const char *ids[] = {"pod"}, *nobody[] = {"nobody"};
    CHECK_OK(itom_cmdb_at(db, ITOM_NEVER, ITOM_NEVER, &view, &error));
    CHECK_OK(itom_view_export(view, "dot", NULL, 0, &out, &error));
    CHECK(strstr(itom_bytes_data(out), "\"pod\" -> \"node\"") != NULL);
    itom_bytes_free(out);
    CHECK_OK(itom_view_export(view, "dot", ids, 1, &out, &error));
    CHECK(strstr(itom_bytes_data(out), "->") == NULL);
    itom_bytes_free(out);
    CHECK_OK(itom_view_export(view, "sqlite", NULL, 0, &out, &error));
    CHECK(itom_bytes_len(out) % 4096 == 0 && strcmp(itom_bytes_data(out), "SQLite format 3") == 0);
    itom_bytes_free(out);
    CHECK_FAILS(itom_view_export(view, "png", NULL, 0, &out, &error), ITOM_STATUS_INVALID_ARGUMENT, "dot, mermaid");
    CHECK_FAILS(itom_view_export(view, "mermaid", nobody, 1, &out, &error), ITOM_STATUS_NOT_FOUND, "ids");
    CHECK_OK(itom_view_tables(view, NULL, 0, &items, &relations, &error));
    CHECK(itom_table_rows(items) == 2 && itom_table_rows(relations) == 1);
    itom_table_free(items);
    itom_table_free(relations);
    CHECK_OK(itom_view_history_tables(view, ids, 1, &items, &relations, &error));
    CHECK(itom_table_rows(items) >= 2 && itom_table_rows(relations) == 1);
    itom_table_free(items);
    itom_table_free(relations);
    itom_view_free(view);
    itom_cmdb_free(db);
}

int main(void) {
    documents();
    queries();
    exports();
    return check_report("cmdb formats");
}
