/* The templates of log lines. */
#include "check.h"

#define SECOND INT64_C(1000000000)
#define BYTES(text) (const uint8_t *)(text), strlen(text)

static int has(const itom_bytes *json, const char *text) {
    return strstr(itom_bytes_data(json), text) != NULL;
}

static void lines_have_templates(void) {
    itom_template_miner *miner = NULL;
    itom_bytes *json = NULL;
    uint64_t first = 0, second = 0;
    CHECK_OK(itom_template_miner_new(NULL, 0, &miner, &error));
    CHECK_OK(itom_template_miner_add(miner, BYTES("job 1 done in 12 ms"), &first, &error));
    CHECK_OK(itom_template_miner_add(miner, BYTES("job 2 done in 3 ms"), &second, &error));
    CHECK(first == second && first > 0 && first >> 53 == 0);
    CHECK_OK(itom_template_miner_add_match(miner, BYTES("job 3 done in 4 ms"), &json, &error));
    CHECK(has(json, "\"text\":\"job <*> done in <*> ms\""));
    CHECK(has(json, "{\"kind\":\"quantity\",\"value\":\"4 ms\",\"start\":14,\"end\":18,\"mask\":null}"));
    CHECK(has(json, "\"new\":false,\"count\":3"));
    itom_bytes_free(json);
    CHECK_OK(itom_template_miner_templates(miner, &json, &error));
    CHECK(has(json, "\"count\":3,\"first_line\":1,\"last_line\":3"));
    itom_bytes_free(json);
    CHECK_OK(itom_template_miner_template(miner, first, &json, &error));
    CHECK(has(json, "\"text\":\"job <*> done in <*> ms\""));
    itom_bytes_free(json);
    CHECK_OK(itom_template_miner_template(miner, 1, &json, &error));
    CHECK(strcmp(itom_bytes_data(json), "null") == 0);
    itom_bytes_free(json);
    CHECK_OK(itom_template_miner_advance(miner, 60 * SECOND, &json, &error));
    CHECK(has(json, "\"kind\":\"template_new\""));
    itom_bytes_free(json);
    CHECK_OK(itom_template_miner_statistics(miner, &json, &error));
    CHECK(has(json, "\"lines\":3,\"bytes\":55"));
    itom_bytes_free(json);
    itom_template_miner_free(miner);
    itom_template_miner_free(NULL);
}

static void many_lines_at_once_are_the_same(void) {
    static const char text[] = "job 1 done" "\xff\xfe" "" "job 2 done";
    const uint64_t ends[] = {10, 12, 12, 22}, crossed[] = {10, 9}, beyond[] = {99};
    itom_template_miner *miner = NULL, *again = NULL;
    itom_bytes *bytes = NULL, *others = NULL;
    uint64_t ids[4] = {0}, id = 0;
    CHECK_OK(itom_template_miner_new(NULL, 0, &miner, &error));
    CHECK_OK(itom_template_miner_add_many(miner, (const uint8_t *)text, 22, ends, 4, ids, &error));
    CHECK(ids[0] == ids[3] && ids[1] != ids[0] && ids[2] != ids[0] && ids[1] != ids[2]);
    CHECK_OK(itom_template_miner_add(miner, NULL, 0, &id, &error));
    CHECK(id == ids[2]);
    CHECK_OK(itom_template_miner_to_bytes(miner, &bytes, &error));
    CHECK_OK(itom_template_miner_from_bytes((const uint8_t *)itom_bytes_data(bytes), itom_bytes_len(bytes),
                                            &again, &error));
    CHECK_OK(itom_template_miner_to_bytes(again, &others, &error));
    CHECK(itom_bytes_len(bytes) == itom_bytes_len(others));
    CHECK(memcmp(itom_bytes_data(bytes), itom_bytes_data(others), itom_bytes_len(bytes)) == 0);
    itom_bytes_free(bytes);
    itom_bytes_free(others);
    CHECK_OK(itom_template_miner_merge(miner, again, &error));
    CHECK_OK(itom_template_miner_merge(miner, miner, &error));
    CHECK_OK(itom_template_miner_statistics(miner, &bytes, &error));
    CHECK(has(bytes, "\"lines\":20,"));
    itom_bytes_free(bytes);
    CHECK(itom_template_miner_add_many(miner, (const uint8_t *)text, 22, crossed, 2, ids, NULL)
          == ITOM_STATUS_INVALID_ARGUMENT);
    CHECK(itom_template_miner_add_many(miner, (const uint8_t *)text, 22, beyond, 1, ids, NULL)
          == ITOM_STATUS_INVALID_ARGUMENT);
    itom_template_miner_free(miner);
    itom_template_miner_free(again);
}

static void what_is_wrong_is_refused(void) {
    itom_template_miner *miner = NULL;
    itom_bytes *json = NULL;
    CHECK(itom_template_miner_new("{\"max_templates\": 0}", ITOM_TEXT, &miner, NULL) != ITOM_STATUS_OK);
    CHECK(itom_template_miner_new(NULL, 0, NULL, NULL) == ITOM_STATUS_NULL_POINTER);
    CHECK_OK(itom_template_miner_new(NULL, 0, &miner, &error));
    CHECK(itom_template_miner_add(miner, BYTES("a"), NULL, NULL) == ITOM_STATUS_NULL_POINTER);
    CHECK(itom_template_miner_add_match(miner, BYTES("a"), NULL, NULL) == ITOM_STATUS_NULL_POINTER);
    CHECK(itom_template_miner_add_match(miner, NULL, 3, &json, NULL) == ITOM_STATUS_NULL_POINTER);
    CHECK(itom_template_miner_templates(NULL, &json, NULL) == ITOM_STATUS_NULL_POINTER);
    CHECK(itom_template_miner_merge(miner, NULL, NULL) == ITOM_STATUS_NULL_POINTER);
    CHECK(itom_template_miner_from_bytes((const uint8_t *)"ITOM", 4, &miner, NULL) != ITOM_STATUS_OK);
    itom_template_miner_free(miner);
}

int main(void) {
    lines_have_templates();
    many_lines_at_once_are_the_same();
    what_is_wrong_is_refused();
    return check_report("event_template");
}
