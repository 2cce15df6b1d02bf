/* itom.h, sla: agreements over record updates, attainment, credits, priorities. */
#include "check.h"

#define HOUR INT64_C(3600000000000)
/* 2026-06-15T10:00:00Z, a Monday. */
#define START INT64_C(1781517600000000000)

static const char *const GOLD =
    "{\"agreements\": [{\"name\": \"Gold\", \"metrics\": [{\"name\": \"resolution\","
    " \"stop\": \"state = 'Closed'\", \"pause\": [{\"reason\": \"user\", \"when\": \"state = 'Awaiting'\"}],"
    " \"targets\": [{\"when\": \"priority = 1\", \"target\": \"4h\"}, {\"target\": \"8h\"}]}]},"
    " {\"name\": \"Network\", \"kind\": \"ola\", \"supports\": \"Gold\", \"metrics\":"
    " [{\"name\": \"resolution\", \"targets\": [{\"target\": \"9h\"}]}]}]}";

static const char *const STRICTER =
    "{\"agreements\": [{\"name\": \"Gold\", \"metrics\": [{\"name\": \"resolution\","
    " \"stop\": \"state = 'Closed'\", \"targets\": [{\"target\": \"1h\"}]}]}]}";

/* The answer holds this text; it is freed. */
static void holds(itom_bytes *answer, const char *text) {
    if (answer == NULL || strstr(itom_bytes_data(answer), text) == NULL) {
        fprintf(stderr, "no %s in %s\n", text, answer == NULL ? "NULL" : itom_bytes_data(answer));
    }
    CHECK(answer != NULL && strstr(itom_bytes_data(answer), text) != NULL);
    itom_bytes_free(answer);
}

static void follow_a_record(void) {
    itom_agreements *agreements = NULL, *again = NULL;
    itom_bytes *answer = NULL, *bytes = NULL;
    CHECK_OK(itom_agreements_new(GOLD, ITOM_TEXT, &agreements, &error));
    CHECK_OK(itom_agreements_update(
        agreements,
        "[{\"record\": \"INC1\", \"at\": \"2026-06-15T10:00:00Z\","
        "  \"fields\": {\"state\": \"New\", \"priority\": 1, \"team\": \"desk\"}},"
        " {\"record\": \"INC1\", \"at\": \"2026-06-15T11:00:00Z\", \"fields\": {\"state\": \"Awaiting\"}}]",
        ITOM_TEXT, &answer, &error));
    holds(answer, "\"what\":\"paused\"");
    CHECK_OK(itom_agreements_update(
        agreements,
        "{\"record\": \"INC1\", \"at\": \"2026-06-15T12:00:00Z\", \"fields\": {\"state\": \"Active\"}}",
        ITOM_TEXT, NULL, &error));
    CHECK_OK(itom_agreements_status(agreements, "INC1", ITOM_TEXT, START + 3 * HOUR, &answer, &error));
    holds(answer, "\"business\":\"PT2H\"");
    CHECK_OK(itom_agreements_explain(agreements, "INC1", ITOM_TEXT, START + 3 * HOUR, &answer, &error));
    holds(answer, "paused: user");
    CHECK_OK(itom_agreements_next_breaches(agreements, 1, &answer, &error));
    holds(answer, "2026-06-15T15:00:00Z");
    CHECK_OK(itom_agreements_advance(agreements, START + 5 * HOUR, &answer, &error));
    holds(answer, "\"breach\":true");
    CHECK_OK(itom_agreements_advance(agreements, START + 5 * HOUR, &answer, &error));
    holds(answer, "[]");
    CHECK_OK(itom_agreements_slack(agreements, "INC1", ITOM_TEXT, START + 3 * HOUR, &answer, &error));
    holds(answer, "\"slack\":\"-PT4H\"");
    CHECK_OK(itom_agreements_accounting(agreements, "INC1", ITOM_TEXT, "state", ITOM_TEXT,
                                        START + 3 * HOUR, &answer, &error));
    holds(answer, "\"share\":\"1/2\"");
    CHECK_OK(itom_agreements_events(agreements, "INC1", ITOM_TEXT, &answer, &error));
    holds(answer, "\"reasons\":[\"user\"]");
    CHECK_OK(itom_agreements_chain(agreements, &answer, &error));
    holds(answer, "\"covered\":false");
    CHECK_OK(itom_agreements_what_if(agreements, STRICTER, ITOM_TEXT, START + 3 * HOUR, &answer, &error));
    holds(answer, "\"causes\":[\"target\"");
    CHECK_OK(itom_agreements_to_bytes(agreements, &bytes, &error));
    CHECK_OK(itom_agreements_from_bytes((const uint8_t *)itom_bytes_data(bytes), itom_bytes_len(bytes),
                                        &again, &error));
    CHECK_OK(itom_agreements_running(again, START + 6 * HOUR, &answer, &error));
    holds(answer, "\"breached\":true");
    CHECK_FAILS(itom_agreements_advance(again, START, &answer, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "not before 2026-06-15T15:00:00Z");
    CHECK_FAILS(itom_agreements_status(again, "INC9", ITOM_TEXT, START, &answer, &error),
                ITOM_STATUS_NOT_FOUND, "INC9");
    itom_bytes_free(bytes);
    itom_agreements_free(again);
    itom_agreements_free(agreements);
}

static void load_a_table(void) {
    itom_agreements *agreements = NULL;
    itom_table *table = NULL, *verdicts = NULL;
    itom_bytes *answer = NULL;
    const char *columns = "{\"number\": [\"a\", \"a\"], \"state\": [\"New\", \"Closed\"],"
                          " \"at\": [{\"time\": \"2026-06-15T10:00:00Z\"}, {\"time\": \"2026-06-15T12:00:00Z\"}]}";
    CHECK_OK(itom_table_from_json(columns, ITOM_TEXT, &table, &error));
    CHECK_OK(itom_agreements_new(GOLD, ITOM_TEXT, &agreements, &error));
    CHECK_OK(itom_agreements_load(agreements, table, "number", "at", NULL, &error));
    CHECK_OK(itom_agreements_attainment(agreements, START + 2 * HOUR, "{\"agreement\": \"Gold\"}",
                                        ITOM_TEXT, &answer, &error));
    holds(answer, "\"attainment\":\"1\"");
    CHECK_OK(itom_agreements_verdicts(agreements, START + 2 * HOUR, "[\"state\"]", ITOM_TEXT, &verdicts,
                                      &error));
    CHECK(itom_table_rows(verdicts) == 2);
    CHECK_OK(itom_agreements_statuses(agreements, START + 2 * HOUR, &answer, &error));
    holds(answer, "\"stopped\"");
    CHECK_FAILS(itom_agreements_load(agreements, table, "nobody", "at", NULL, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "nobody");
    itom_table_free(verdicts);
    itom_table_free(table);
    itom_agreements_free(agreements);
}

static void money_and_priorities(void) {
    itom_bytes *answer = NULL;
    CHECK_OK(itom_credit("aws_compute_region", ITOM_TEXT, "99.98501", ITOM_TEXT, "1200", ITOM_TEXT, &answer,
                         &error));
    holds(answer, "\"percent\":\"10\",\"amount\":\"120\"");
    CHECK_OK(itom_credit("{\"tiers\": [{\"below\": 99.9, \"credit\": 10}]}", ITOM_TEXT, "99.9", ITOM_TEXT, NULL,
                         0, &answer, &error));
    holds(answer, "\"percent\":\"0\",\"amount\":null");
    CHECK_FAILS(itom_credit("nobody", ITOM_TEXT, "99", ITOM_TEXT, NULL, 0, &answer, &error),
                ITOM_STATUS_NOT_FOUND, "nobody");
    CHECK_FAILS(itom_credit("aws_compute_region", ITOM_TEXT, "much", ITOM_TEXT, NULL, 0, &answer, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "achieved");
    CHECK_OK(itom_attainment("{\"met\": 97, \"breached\": 2, \"running_breached\": 1}", ITOM_TEXT, NULL, 0,
                             &answer, &error));
    holds(answer, "\"97/100\"");
    CHECK_OK(itom_attainment("{\"met\": 97, \"breached\": 2}", ITOM_TEXT, "completed_only", ITOM_TEXT, &answer,
                             &error));
    holds(answer, "\"97/99\"");
    CHECK_OK(itom_priority("itil", ITOM_TEXT, "high", ITOM_TEXT, "low", ITOM_TEXT, &answer, &error));
    holds(answer, "3");
    CHECK_FAILS(itom_priority("servicenow", ITOM_TEXT, "1", ITOM_TEXT, "9", ITOM_TEXT, &answer, &error),
                ITOM_STATUS_NOT_FOUND, "urgency");
}

static void refuse_mistakes(void) {
    itom_agreements *agreements = NULL;
    CHECK_FAILS(itom_agreements_new("{\"agreements\": [{\"name\": \"a\"}]}", ITOM_TEXT, &agreements, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "metrics");
    CHECK_FAILS(itom_agreements_new(NULL, 1, &agreements, &error), ITOM_STATUS_NULL_POINTER, "json");
    CHECK_FAILS(itom_agreements_update(NULL, "[]", ITOM_TEXT, NULL, &error), ITOM_STATUS_NULL_POINTER,
                "agreements");
    CHECK(agreements == NULL);
    itom_agreements_free(NULL);
}

int main(void) {
    follow_a_record();
    load_a_table();
    money_and_priorities();
    refuse_mistakes();
    return check_report("sla agreement");
}
