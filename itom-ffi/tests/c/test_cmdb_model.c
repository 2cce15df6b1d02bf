/* Class models: ready-made ones, and one that changes. */
#include "check.h"

static const int64_t DAY = INT64_C(86400000000000);

static int says(itom_bytes *bytes, const char *part) {
    int found = bytes != NULL && strstr(itom_bytes_data(bytes), part) != NULL;
    itom_bytes_free(bytes);
    return found;
}

static void packs(void) {
    itom_cmdb *db = NULL;
    itom_bytes *model = NULL;
    CHECK_OK(itom_model_pack("otel+csdm", ITOM_TEXT, &model, &error));
    CHECK(says(model, "\"business_capability\""));
    CHECK_OK(itom_cmdb_new("network+aws", ITOM_TEXT, &db, &error));
    CHECK_OK(itom_cmdb_model(db, &model, &error));
    CHECK(says(model, "\"aws.rds.dbinstance\""));
    itom_cmdb_free(db);
    CHECK_FAILS(itom_model_pack("sap", ITOM_TEXT, &model, &error), ITOM_STATUS_INVALID_ARGUMENT, "kubernetes");
    CHECK_FAILS(itom_cmdb_new("sap", ITOM_TEXT, &db, &error), ITOM_STATUS_INVALID_ARGUMENT, "kubernetes");
}

static void a_model_that_changes(void) {
    const itom_transaction first = {.at = DAY, .known = DAY}, second = {.at = 2 * DAY, .known = 2 * DAY};
    itom_cmdb *db = NULL;
    itom_view *view = NULL;
    itom_bytes *text = NULL;
    CHECK_OK(itom_cmdb_new("{\"classes\": {\"host\": {\"attributes\": {\"mac\": {\"type\": \"string\"}}}}}",
                           ITOM_TEXT, &db, &error));
    CHECK_OK(itom_cmdb_apply(db,
                             "[{\"put_item\": {\"id\": \"a\", \"class\": \"host\","
                             " \"attributes\": {\"mac\": \"001B638E2F0A\"}}}]",
                             ITOM_TEXT, &first, &error));
    CHECK_OK(itom_cmdb_set_model(db, "{\"classes\": {\"host\": {\"attributes\": {\"mac\": {\"type\": \"mac\"}}}}}",
                                 ITOM_TEXT, &second, &error));
    CHECK_OK(itom_cmdb_at(db, ITOM_NEVER, ITOM_NEVER, &view, &error));
    CHECK_OK(itom_view_item(view, "a", ITOM_TEXT, &text, &error));
    CHECK(says(text, "\"00:1b:63:8e:2f:0a\""));
    itom_view_free(view);
    CHECK_OK(itom_cmdb_at(db, ITOM_NEVER, DAY, &view, &error));
    CHECK_OK(itom_view_item(view, "a", ITOM_TEXT, &text, &error));
    CHECK(says(text, "\"001B638E2F0A\""));
    itom_view_free(view);
    CHECK_FAILS(itom_cmdb_set_model(db, "{\"classes\": {\"host\": {}}}", ITOM_TEXT, &second, &error),
                ITOM_STATUS_CONFLICT, "item \"a\" of class host");
    CHECK_FAILS(itom_cmdb_set_model(db, NULL, 0, &second, &error), ITOM_STATUS_INVALID_ARGUMENT, "model");
    itom_cmdb_free(db);
}

int main(void) {
    packs();
    a_model_that_changes();
    return check_report("cmdb model");
}
