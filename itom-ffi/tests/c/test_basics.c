/* Version, errors, bytes and tables: what every domain stands on. */
#include "check.h"

static void versions_agree(void) {
    CHECK(strcmp(itom_version(), ITOM_VERSION) == 0);
    CHECK(itom_abi_version() == ITOM_ABI_VERSION);
}

static void null_is_told(void) {
    itom_table *table = NULL;
    CHECK_FAILS(itom_table_from_arrow(NULL, &table, &error), ITOM_STATUS_NULL_POINTER, "stream");
    CHECK_FAILS(itom_table_from_json(NULL, 3, &table, &error), ITOM_STATUS_NULL_POINTER, "json");
    CHECK_FAILS(itom_table_from_json("{}", 2, NULL, &error), ITOM_STATUS_NULL_POINTER, "out");
    CHECK(itom_table_from_json(NULL, ITOM_TEXT, &table, NULL) == ITOM_STATUS_NULL_POINTER);
    CHECK(table == NULL);
    itom_table_free(NULL);
    itom_bytes_free(NULL);
    itom_error_free(NULL);
    CHECK(itom_error_status(NULL) == ITOM_STATUS_OK);
    CHECK(itom_error_argument(NULL) == NULL);
    CHECK(itom_bytes_data(NULL) == NULL && itom_bytes_len(NULL) == 0);
    CHECK(itom_table_rows(NULL) == 0);
}

static void an_error_says_three_things(void) {
    itom_table *table = NULL;
    itom_error *error = NULL;
    const char *ragged = "{\"a\": [1], \"b\": [1, 2]}";
    CHECK(itom_table_from_json(ragged, ITOM_TEXT, &table, &error) == ITOM_STATUS_INVALID_ARGUMENT);
    CHECK(strcmp(itom_error_kind(error), "invalid_argument") == 0);
    CHECK(strcmp(itom_error_argument(error), "column b") == 0);
    CHECK(strstr(itom_error_message(error), "column b must be 1 cells long") != NULL);
    CHECK(table == NULL);
    itom_error_free(error);
}

static void wrong_documents_are_refused(void) {
    itom_table *table = NULL;
    const char *wrong[] = {"", "[]", "42", "{\"a\": 1}", "{\"a\": [1, \"x\"]}", "{\"a\": [[]]}", "{", NULL};
    for (int i = 0; wrong[i] != NULL; i++) {
        CHECK_FAILS(itom_table_from_json(wrong[i], ITOM_TEXT, &table, &error),
                    ITOM_STATUS_INVALID_ARGUMENT, "");
    }
    CHECK_FAILS(itom_table_from_json("{\"\xff\": []}", ITOM_TEXT, &table, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "UTF-8");
    CHECK(table == NULL);
}

static void a_table_goes_round(void) {
    const char *json = "{\"at\":[{\"time\":\"2026-06-15T10:00:00Z\"},null],\"id\":[\"web\",\"db\"],"
                       "\"n\":[4,null],\"ok\":[true,null],\"x\":[0.1,null]}";
    itom_table *table = NULL, *again = NULL;
    itom_bytes *text = NULL;
    struct ArrowArrayStream stream;
    CHECK_OK(itom_table_from_json(json, strlen(json), &table, &error));
    CHECK(itom_table_rows(table) == 2);
    CHECK_OK(itom_table_to_arrow(table, &stream, &error));
    itom_table_free(table);
    CHECK_OK(itom_table_from_arrow(&stream, &again, &error));
    CHECK(stream.release == NULL);
    CHECK_OK(itom_table_to_json(again, &text, &error));
    CHECK(strcmp(itom_bytes_data(text), json) == 0);
    CHECK(itom_bytes_len(text) == strlen(json));
    itom_bytes_free(text);
    itom_table_free(again);
    CHECK_FAILS(itom_table_from_arrow(&stream, &again, &error), ITOM_STATUS_INVALID_ARGUMENT, "released");
}

/* What a reader of ours may do: take a child out, release the rest, and use the child after. */
static void a_column_can_be_moved_out(void) {
    itom_table *table = NULL;
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray array, end, child;
    CHECK_OK(itom_table_from_json("{\"a\": [1, 2, 3], \"b\": [\"x\", null, \"z\"]}", ITOM_TEXT, &table, &error));
    CHECK_OK(itom_table_to_arrow(table, &stream, &error));
    itom_table_free(table);
    CHECK(stream.get_schema(&stream, &schema) == 0);
    CHECK(strcmp(schema.format, "+s") == 0 && schema.n_children == 2);
    CHECK(strcmp(schema.children[0]->name, "a") == 0 && strcmp(schema.children[0]->format, "l") == 0);
    CHECK(stream.get_next(&stream, &array) == 0 && array.length == 3);
    CHECK(stream.get_next(&stream, &end) == 0 && end.release == NULL);
    stream.release(&stream);
    child = *array.children[0];
    array.children[0]->release = NULL;
    CHECK(array.children[1]->null_count == 1);
    array.release(&array);
    CHECK(((const int64_t *)child.buffers[1])[2] == 3);
    child.release(&child);
    schema.release(&schema);
    CHECK(array.release == NULL && child.release == NULL && schema.release == NULL);
}

static void schemas_are_json(void) {
    itom_bytes *text = NULL;
    CHECK_OK(itom_schema_names(&text, &error));
    CHECK(strstr(itom_bytes_data(text), "\"timestamp\"") != NULL);
    itom_bytes_free(text);
    CHECK_OK(itom_schema("duration", ITOM_TEXT, &text, &error));
    CHECK(itom_bytes_data(text)[0] == '{');
    itom_bytes_free(text);
    CHECK_FAILS(itom_schema("nothing", ITOM_TEXT, &text, &error), ITOM_STATUS_INVALID_ARGUMENT, "nothing");
}

int main(void) {
    versions_agree();
    null_is_told();
    an_error_says_three_things();
    wrong_documents_are_refused();
    a_table_goes_round();
    a_column_can_be_moved_out();
    schemas_are_json();
    return check_report("basics");
}
