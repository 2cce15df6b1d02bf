/* itom.h, sla: corrections, zones and conventions of a clock. Run from the root of the repository. */
#include "check.h"

/* 2026-06-15T10:00:00Z, a Monday. */
#define START INT64_C(1781517600000000000)
#define HOUR INT64_C(3600000000000)

static const char *const OPTIONS =
    "{\"target\": \"8h\", \"calendar\": {\"tz\": \"UTC\", \"weekly\": {\"mon\": [[\"09:00\", \"17:00\"]]}},"
    " \"start\": \"2026-06-15T09:00:00Z\", \"breach\": \"due_date\"}";

static void holds(const itom_clock *clock, int64_t at, int64_t known, const char *part) {
    itom_bytes *status = NULL;
    if (known == ITOM_NEVER) {
        CHECK_OK(itom_clock_status(clock, at, &status, &error));
    } else {
        CHECK_OK(itom_clock_status_known(clock, at, known, &status, &error));
    }
    CHECK(strstr(itom_bytes_data(status), part) != NULL);
    itom_bytes_free(status);
}

int main(void) {
    itom_clock *clock = NULL;
    const int64_t night = START + 14 * HOUR;
    CHECK_OK(itom_clock_from_json(OPTIONS, ITOM_TEXT, &clock, &error));
    CHECK_OK(itom_clock_apply(clock,
                              "{\"at\": \"2026-06-15T23:30:00Z\", \"do\": \"stop\", \"id\": \"s\","
                              " \"recorded_at\": \"2026-06-15T23:30:00Z\"}",
                              ITOM_TEXT, &error));
    /* Not a second of business time too many, but late by the wall clock. */
    holds(clock, night, ITOM_NEVER, "\"breached\":true");
    CHECK_OK(itom_clock_apply(clock,
                              "{\"at\": \"2026-06-15T16:00:00Z\", \"do\": \"stop\", \"id\": \"s\","
                              " \"recorded_at\": \"2026-06-16T08:00:00Z\"}",
                              ITOM_TEXT, &error));
    holds(clock, night, ITOM_NEVER, "\"breached\":false");
    holds(clock, night, ITOM_NEVER, "\"business\":\"PT7H\"");
    holds(clock, night, night, "\"breached\":true");
    CHECK_OK(itom_clock_apply(clock,
                              "{\"do\": \"retract\", \"id\": \"s\", \"recorded_at\": \"2026-06-17T08:00:00Z\"}",
                              ITOM_TEXT, &error));
    holds(clock, night, ITOM_NEVER, "\"state\":\"running\"");
    CHECK_OK(itom_clock_apply(clock,
                              "{\"at\": \"2026-06-15T10:00:00Z\", \"do\": \"set_zone\", \"tz\": \"Asia/Tokyo\"}",
                              ITOM_TEXT, &error));
    holds(clock, night, ITOM_NEVER, "\"business\":\"PT1H\"");
    CHECK_FAILS(itom_clock_apply(clock,
                                 "{\"at\": \"2026-06-15T10:00:00Z\", \"do\": \"set_zone\", \"tz\": \"Mars\"}",
                                 ITOM_TEXT, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "Mars");
    itom_clock_free(clock);
    return check_report("sla_clock");
}
