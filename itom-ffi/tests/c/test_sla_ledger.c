/* itom.h, sla: a ledger of clocks. Run from the root of the repository. */
#include "check.h"

#include <inttypes.h>

#define HOUR INT64_C(3600000000000)
/* 2026-06-15T10:00:00Z, a Monday. */
#define START INT64_C(1781517600000000000)

static const char *const NINE_TO_FIVE =
    "{\"tz\": \"UTC\", \"weekly\": {\"mon\": [[\"09:00\", \"17:00\"]], \"tue\": [[\"09:00\", \"17:00\"]]}}";

int main(void) {
    itom_calendar *calendar = NULL;
    itom_ledger *ledger = NULL, *restored = NULL;
    itom_bytes *json = NULL, *bytes = NULL, *one = NULL;
    const char *const keys[3] = {"INC1", "INC2", "INC3"};
    const int64_t targets[3] = {4 * HOUR, 8 * HOUR, 4 * HOUR}, starts[3] = {START, START, START};
    const uint32_t clocks[2] = {2, 2};
    const int64_t instants[2] = {START + HOUR, START + 3 * HOUR};
    const uint8_t actions[2] = {ITOM_EVENT_PAUSE, ITOM_EVENT_RESUME};
    uint32_t first = 7, found = 0, next[4], arguments[2] = {0, 0};
    int64_t at[4], business[3], breach_at[3];
    double ratio[3];
    uint8_t state[3];
    size_t count = 0;

    CHECK_OK(itom_calendar_new(NINE_TO_FIVE, ITOM_TEXT, &calendar, &error));
    CHECK_OK(itom_ledger_new(&ledger, &error));
    CHECK_OK(itom_ledger_open_all(ledger, keys, targets, calendar, starts, 3, &first, &error));
    CHECK(first == 0);
    CHECK_FAILS(itom_ledger_open_all(ledger, keys, targets, calendar, starts, 1, &first, &error),
                ITOM_STATUS_CONFLICT, "INC1");
    CHECK_OK(itom_ledger_clock(ledger, "INC3", ITOM_TEXT, &found, &error));
    CHECK(found == 2);
    CHECK_FAILS(itom_ledger_clock(ledger, "INC4", ITOM_TEXT, &found, &error),
                ITOM_STATUS_NOT_FOUND, "INC4");
    CHECK_OK(itom_ledger_reason(ledger, "user", ITOM_TEXT, &arguments[0], &error));
    arguments[1] = arguments[0];
    CHECK_OK(itom_ledger_apply_columns(ledger, clocks, instants, actions, arguments, 2, &error));
    CHECK_FAILS(itom_ledger_apply_columns(ledger, clocks, instants, actions, &(uint32_t){99}, 1, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "arguments");
    CHECK_OK(itom_ledger_apply(ledger, 1, "{\"at\": \"2026-06-15T14:00:00Z\", \"do\": \"stop\"}",
                               ITOM_TEXT, &error));

    CHECK_OK(itom_ledger_advance(ledger, START + 2 * HOUR, &json, &error));
    CHECK(strstr(itom_bytes_data(json), "\"share\":0.5") != NULL);
    CHECK(strstr(itom_bytes_data(json), "breach\"") == NULL);
    itom_bytes_free(json);
    CHECK_OK(itom_ledger_next_breaches(ledger, 4, next, at, &count, &error));
    CHECK(count == 2 && next[0] == 0 && at[0] == START + 4 * HOUR);
    CHECK(next[1] == 2 && at[1] == START + 6 * HOUR);

    CHECK_OK(itom_ledger_status_all(ledger, START + 5 * HOUR, 3, business, NULL, NULL, NULL, ratio,
                                    breach_at, state, &error));
    CHECK(business[0] == 5 * HOUR && business[1] == 4 * HOUR && business[2] == 3 * HOUR);
    CHECK(ratio[0] == 1.25 && breach_at[0] == START + 4 * HOUR && breach_at[1] == ITOM_NEVER);
    CHECK(state[0] == 1 && state[1] == 3 && state[2] == 1);
    CHECK_FAILS(itom_ledger_status_all(ledger, START, 2, business, NULL, NULL, NULL, NULL, NULL, NULL,
                                       &error),
                ITOM_STATUS_INVALID_ARGUMENT, "len must be 3");
    CHECK_OK(itom_ledger_explain(ledger, 2, START + 2 * HOUR, &json, &error));
    CHECK(strstr(itom_bytes_data(json), "paused: user") != NULL);
    itom_bytes_free(json);

    CHECK_OK(itom_ledger_to_bytes(ledger, &bytes, &error));
    CHECK_OK(itom_ledger_from_bytes((const uint8_t *)itom_bytes_data(bytes), itom_bytes_len(bytes),
                                    &restored, &error));
    CHECK_OK(itom_ledger_len(restored, &count, &error));
    CHECK(count == 3);
    CHECK_OK(itom_ledger_status(restored, 0, START + 5 * HOUR, &one, &error));
    CHECK(strstr(itom_bytes_data(one), "\"breached\":true") != NULL);
    CHECK_FAILS(itom_ledger_status(restored, 3, START, &json, &error), ITOM_STATUS_NOT_FOUND, "clock 3");
    CHECK_OK(itom_ledger_replace_calendar(restored, 0, calendar, &error));
    CHECK_FAILS(itom_ledger_replace_calendar(restored, 5, calendar, &error), ITOM_STATUS_NOT_FOUND,
                "calendar 5");
    CHECK_FAILS(itom_ledger_advance(restored, START, &json, &error), ITOM_STATUS_CONFLICT, "now");
    itom_bytes_free(bytes);
    itom_bytes_free(one);
    itom_ledger_free(ledger);
    itom_ledger_free(restored);
    itom_ledger_free(NULL);
    itom_calendar_free(calendar);
    return check_report("sla_ledger");
}
