/* Which types of alarms cause which others. */
#include "check.h"

static const char *links = "[[\"host\", \"router\"]]";

/* Every nine hours the router loses power, and the host is unreachable a minute later. */
static void history(char *text, size_t room, int times) {
    size_t used = (size_t)snprintf(text, room, "{\"types\":[");
    for (int n = 0; n < times; n++)
        used += (size_t)snprintf(text + used, room - used, "%s\"power\",\"unreachable\"", n ? "," : "");
    used += (size_t)snprintf(text + used, room - used, "],\"items\":[");
    for (int n = 0; n < times; n++)
        used += (size_t)snprintf(text + used, room - used, "%s\"router\",\"host\"", n ? "," : "");
    used += (size_t)snprintf(text + used, room - used, "],\"times\":[");
    for (int n = 0; n < times; n++)
        used += (size_t)snprintf(text + used, room - used,
                                 "%s\"2026-06-%02dT%02d:00:00Z\",\"2026-06-%02dT%02d:01:00Z\"",
                                 n ? "," : "", 1 + n * 9 / 24, n * 9 % 24, 1 + n * 9 / 24, n * 9 % 24);
    snprintf(text + used, room - used, "]}");
}

static void check_found(const itom_bytes *found) {
    const char *text = itom_bytes_data(found);
    CHECK(strncmp(text, "[{\"cause\":\"power\",\"effect\":\"unreachable\",\"strength\":0.", 53) == 0);
    CHECK(strstr(text, "\"support\":30,") != NULL);
    CHECK(strstr(text, "\"lag\":\"PT1M\",") != NULL);
}

static void one_call_and_a_stream_say_the_same(void) {
    static char alarms[8000], query[9000];
    itom_dependency_learner *learner = NULL, *again = NULL;
    itom_bytes *once = NULL, *found = NULL, *bytes = NULL;
    uint64_t runs = 0, forgotten = 0;
    history(alarms, sizeof alarms, 30);
    snprintf(query, sizeof query, "%.*s,\"links\":%s}", (int)strlen(alarms) - 1, alarms, links);
    CHECK_OK(itom_learn_dependencies(query, ITOM_TEXT, &once, &error));
    check_found(once);

    CHECK_OK(itom_dependency_learner_new(NULL, 0, &learner, &error));
    CHECK_OK(itom_dependency_learner_add(learner, alarms, ITOM_TEXT, &error));
    CHECK_OK(itom_dependency_learner_to_bytes(learner, &bytes, &error));
    CHECK_OK(itom_dependency_learner_from_bytes((const uint8_t *)itom_bytes_data(bytes),
                                                itom_bytes_len(bytes), &again, &error));
    CHECK_OK(itom_dependency_learner_learned(again, links, ITOM_TEXT, &found, &error));
    CHECK(strcmp(itom_bytes_data(found), itom_bytes_data(once)) == 0);
    itom_bytes_free(found);
    found = NULL;
    CHECK_OK(itom_dependency_learner_learned(again, NULL, 0, &found, &error));
    CHECK(strcmp(itom_bytes_data(found), "[]") == 0);
    CHECK_OK(itom_dependency_learner_forget(again, INT64_MAX, &forgotten, &error));
    CHECK(forgotten == 60);
    CHECK_OK(itom_dependency_learner_runs(again, &runs, &forgotten, &error));
    CHECK(runs == 0 && forgotten == 60);
    itom_bytes_free(once);
    itom_bytes_free(found);
    itom_bytes_free(bytes);
    itom_dependency_learner_free(learner);
    itom_dependency_learner_free(again);
}

static void mistakes_are_named(void) {
    itom_dependency_learner *learner = NULL;
    itom_bytes *out = NULL;
    CHECK_FAILS(itom_learn_dependencies("{\"types\":[\"a\"],\"items\":[],\"times\":[]}", ITOM_TEXT, &out, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "items");
    CHECK_FAILS(itom_learn_dependencies("{\"types\":[],\"items\":[],\"times\":[]}", ITOM_TEXT, NULL, &error),
                ITOM_STATUS_NULL_POINTER, "out");
    CHECK_FAILS(itom_dependency_learner_new("{\"hops\": 9}", ITOM_TEXT, &learner, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "hops");
    CHECK_FAILS(itom_dependency_learner_from_bytes((const uint8_t *)"ITOM", 4, &learner, &error),
                ITOM_STATUS_CORRUPT, "event.dependency_learner");
    CHECK_FAILS(itom_dependency_learner_add(NULL, "{\"types\":[],\"items\":[],\"times\":[]}", ITOM_TEXT, &error),
                ITOM_STATUS_NULL_POINTER, "learner");
    CHECK(out == NULL && learner == NULL);
}

int main(void) {
    one_call_and_a_stream_say_the_same();
    mistakes_are_named();
    return check_report("event_dependency");
}
