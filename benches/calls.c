/* What a call of libitom from C costs, in processor time: a line of JSON for each function, with the
 * nanoseconds of a call in each of the rounds. Every answer is added up, so that none is left out. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "itom.h"

enum { SPANS = 1024, CALLS = 4 * 1000 * 1000, ROUNDS = 7 };

#define HOUR INT64_C(3600000000000)

typedef itom_status (*question)(const itom_calendar *, int64_t, int64_t, int64_t *, itom_error **);

static int64_t starts[SPANS], ends[SPANS], hours[SPANS];

static void fail(const char *what, itom_error *error)
{
    fprintf(stderr, "%s: %s\n", what, error ? itom_error_message(error) : "no error given");
    exit(1);
}

static void time_calls(const char *work, const itom_calendar *calendar, question ask, const int64_t *second)
{
    int64_t sum = 0;
    printf("{\"work\": \"%s\", \"each_ns\": [", work);
    for (int round = 0; round < ROUNDS; round++) {
        clock_t before = clock();
        for (int call = 0; call < CALLS; call++) {
            int64_t answer = 0;
            itom_error *error = NULL;
            int span = call % SPANS;
            if (ask(calendar, starts[span], second[span], &answer, &error) != ITOM_STATUS_OK)
                fail(work, error);
            sum += answer >> 20;
        }
        double seconds = (double)(clock() - before) / CLOCKS_PER_SEC;
        printf("%s%.3f", round ? ", " : "", 1e9 * seconds / CALLS);
    }
    printf("], \"sum\": %" PRId64 "}\n", sum);
}

int main(void)
{
    static const char office[] =
        "{\"tz\": \"America/New_York\", \"weekly\": {\"mon\": [[\"09:00\", \"17:00\"]], \"tue\": [[\"09:00\", \"17:00\"]],"
        " \"wed\": [[\"09:00\", \"17:00\"]], \"thu\": [[\"09:00\", \"17:00\"]], \"fri\": [[\"09:00\", \"17:00\"]]},"
        " \"holidays\": [\"--01-01\", \"--07-04\", \"--12-25\"]}";
    itom_calendar *calendar = NULL;
    itom_error *error = NULL;
    if (itom_calendar_new(office, strlen(office), &calendar, &error) != ITOM_STATUS_OK)
        fail("itom_calendar_new", error);
    /* Spans of three days that begin anywhere in thirty years, the same at every run. */
    uint64_t state = 1;
    for (int span = 0; span < SPANS; span++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        starts[span] = (int64_t)(state >> 11) % (30 * 365 * 24) * HOUR + INT64_C(1262304000) * 1000000000;
        ends[span] = starts[span] + 72 * HOUR;
        hours[span] = 4 * HOUR;
    }
    time_calls("itom_calendar_elapsed, three days", calendar, itom_calendar_elapsed, ends);
    time_calls("itom_calendar_deadline, four hours", calendar, itom_calendar_deadline, hours);
    itom_calendar_free(calendar);
    return 0;
}
