/* Checks for the C tests: each failure is reported with its place, main() returns how it went. */
#ifndef ITOM_TESTS_CHECK_H
#define ITOM_TESTS_CHECK_H

#include <itom.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check_failures = 0;
static int check_count = 0;

#define CHECK(condition)                                                                       \
    do {                                                                                       \
        check_count++;                                                                         \
        if (!(condition)) {                                                                    \
            check_failures++;                                                                  \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                    \
        }                                                                                      \
    } while (0)

/* The call succeeds; otherwise its message is shown. */
#define CHECK_OK(call)                                                                         \
    do {                                                                                       \
        itom_error *error = NULL;                                                              \
        check_count++;                                                                         \
        if ((call) != ITOM_STATUS_OK || error != NULL) {                                       \
            check_failures++;                                                                  \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call,                      \
                    itom_error_message(error));                                                \
            itom_error_free(error);                                                            \
        }                                                                                      \
    } while (0)

/* The call fails with this status, and the message holds this text. */
#define CHECK_FAILS(call, expected_status, text)                                               \
    do {                                                                                       \
        itom_error *error = NULL;                                                              \
        itom_status status = (call);                                                           \
        check_count++;                                                                         \
        if (status != (expected_status) || itom_error_status(error) != status ||               \
            strstr(itom_error_message(error), (text)) == NULL) {                               \
            check_failures++;                                                                  \
            fprintf(stderr, "%s:%d: %s: status %d, \"%s\"\n", __FILE__, __LINE__, #call,       \
                    (int)status, itom_error_message(error));                                   \
        }                                                                                      \
        itom_error_free(error);                                                                \
    } while (0)

/* The last line of a test's main(). */
static int check_report(const char *name) {
    printf("%s: %d checks, %d failed\n", name, check_count, check_failures);
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
