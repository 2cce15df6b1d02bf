/* Random arguments for every function of itom.h, and what has to hold after each call: a status that
 * the header names and no panic, an error that says what was wrong, and where the call failed, no output
 * written and no object changed. calls.py writes the calls that use this. */
#ifndef ITOM_TESTS_HOSTILE_H
#define ITOM_TESTS_HOSTILE_H

#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <itom.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOUR INT64_C(3600000000000)
/* 2026-06-15T10:00:00Z */
#define START INT64_C(1781517600000000000)
/* Arrays have as many values; a length is 0 to ARRAY, or so big that no memory has it. */
#define ARRAY 16
/* Objects of each kind that are kept for later calls. */
#define KEPT 12
#define UNTOUCHED 0xA5

static const char *calling = "nothing";
static long call_number = 0, succeeded = 0, complaints = 0;

static void complain(const char *what) {
    complaints++;
    fprintf(stderr, "call %ld, %s: %s\n", call_number, calling, what);
}

/* ---- chance ---- */

static uint64_t state = 1;

static uint64_t any_bits(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state * UINT64_C(0x2545F4914F6CDD1D)) >> 11;
}

static size_t below(size_t bound) { return (size_t)(any_bits() % bound); }

static int one_in(size_t times) { return below(times) == 0; }

#define ONE_OF(values) (values)[below(sizeof(values) / sizeof *(values))]

/* ---- memory of a call, which is as big as is said: valgrind sees what is read behind it ---- */

static void *taken[64];
static size_t taken_count = 0;

static void *take(size_t size) {
    void *memory = malloc(size == 0 ? 1 : size);
    if (memory == NULL || taken_count == sizeof taken / sizeof *taken) {
        abort();
    }
    return taken[taken_count++] = memory;
}

static void give_back(void) {
    while (taken_count > 0) {
        free(taken[--taken_count]);
    }
}

/* ---- numbers ---- */

static int64_t any_int64(void) {
    static const int64_t special[] = {INT64_MIN, INT64_MIN + 1, INT64_MAX, INT64_MAX - 1, 0, 1, -1,
                                      START, START + HOUR, START + 720 * HOUR, HOUR, 24 * HOUR, -START};
    return one_in(4) ? START + (int64_t)below(100000000) * (HOUR / 3600) : ONE_OF(special);
}

static uint64_t any_uint64(void) {
    static const uint64_t special[] = {0, 1, 2, 100, 10000, UINT64_MAX, UINT64_MAX / 2, 1u << 31};
    return ONE_OF(special);
}

static int32_t any_int32(void) {
    static const int32_t special[] = {0, 1, -1, 2, INT32_MAX, INT32_MIN};
    return ONE_OF(special);
}

static uint32_t any_uint32(void) {
    static const uint32_t special[] = {0, 1, 2, 3, 100, UINT32_MAX};
    return ONE_OF(special);
}

static double any_double(void) {
    static const double special[] = {0, 1,     -1,    0.95, 0.5,      1e-300,
                                     1e300, 1e-12, -0.0,  NAN,  INFINITY, -INFINITY};
    return ONE_OF(special);
}

static size_t any_size(void) {
    static const size_t special[] = {0, 1, 10, 100, SIZE_MAX, SIZE_MAX / 2, (size_t)1 << 40};
    return ONE_OF(special);
}

static size_t any_length(void) {
    static const size_t impossible[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2 + 1};
    return one_in(8) ? ONE_OF(impossible) : below(ARRAY + 1);
}

/* ARRAY values and as many behind them, for lengths that count pairs; or NULL. */
#define ANY_ARRAY(name, type, tame, wild)                                                          \
    static const type *name(void) {                                                                \
        int is_tame = !one_in(3);                                                                  \
        type *values = take(2 * ARRAY * sizeof *values);                                           \
        for (size_t index = 0; index < 2 * ARRAY; index++) {                                       \
            values[index] = is_tame ? (type)(tame) : (type)(wild);                                 \
        }                                                                                          \
        return one_in(20) ? NULL : values;                                                         \
    }

ANY_ARRAY(any_int64s, int64_t, START + (int64_t)below(1000) * HOUR / 60, any_int64())
ANY_ARRAY(any_uint64s, uint64_t, below(100), any_uint64())
ANY_ARRAY(any_uint32s, uint32_t, below(3), any_uint32())
ANY_ARRAY(any_uint8s, uint8_t, below(2), below(256))
ANY_ARRAY(any_doubles, double, (double)below(101) / 100, any_double())
ANY_ARRAY(any_sizes, size_t, below(5), below(12))

/* ---- text ---- */

/* A copy, or one with a byte changed, cut short, or with a piece of it twice. */
static char *damaged(const char *text, size_t length, size_t *out) {
    static const char often[] = "0123456789\"{}[],:-eE ";
    size_t how = below(6), at = length == 0 ? 0 : below(length);
    size_t piece = how == 2 && length > 0 ? below(length - at) : 0;
    char *copy = take(length + piece);
    memcpy(copy, text, at + piece);
    memcpy(copy + at + piece, text + at, length - at);
    *out = length + piece;
    if (how == 0 && length > 0) {
        copy[at] = one_in(2) ? (char)below(256) : often[below(sizeof often - 1)];
    } else if (how == 1) {
        *out = at;
    }
    return copy;
}

static const char *ended(const char *text, size_t length) {
    char *copy = take(length + 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

/* Text out of some, ended by NULL, with its length; or NULL, or a length that none has. */
static const char *any_text(const char *const *texts, size_t *length) {
    static const size_t lengths_of_null[] = {0, 5, ITOM_TEXT};
    size_t count = 0;
    const char *text;
    while (texts[count] != NULL) {
        count++;
    }
    if (one_in(25)) {
        *length = ONE_OF(lengths_of_null);
        return NULL;
    }
    text = texts[below(count)];
    if (one_in(25)) {
        *length = SIZE_MAX - 1 - below(3);
        return text;
    }
    text = damaged(text, strlen(text), length);
    if (one_in(4)) {
        text = ended(text, *length);
        *length = ITOM_TEXT;
    }
    return text;
}

static const char *any_name(const char *const *texts) {
    size_t length;
    const char *text = any_text(texts, &length);
    return text == NULL || length == ITOM_TEXT || length > 65536 ? text : ended(text, length);
}

static const char *const *any_names(void) {
    static const char *const some[] = {"INC1", "", "UTC", "\xff\xfe", "Europe/Berlin"};
    const char **names = take(ARRAY * sizeof *names);
    for (size_t index = 0; index < ARRAY; index++) {
        char number[32];
        size_t length = (size_t)snprintf(number, sizeof number, "K%" PRIu64, any_bits());
        names[index] = one_in(40) ? NULL : one_in(4) ? ONE_OF(some) : ended(number, length);
    }
    return one_in(20) ? NULL : names;
}

static const uint8_t *const *any_files(void) {
    const uint8_t **files = take(ARRAY * sizeof *files);
    for (size_t index = 0; index < ARRAY; index++) {
        files[index] = (const uint8_t *)"TZif2\0\0\0\0\0\0";
    }
    return one_in(20) ? NULL : files;
}

/* ---- objects ---- */

/* What can be done with the objects of a kind. */
struct kind {
    const char *name;
    void (*release)(void *object);
    itom_status (*to_bytes)(const void *object, itom_bytes **out);
    void *kept[KEPT];
    size_t count;
};

static void keep(struct kind *kind, void *object) {
    if (kind->count < KEPT) {
        kind->kept[kind->count++] = object;
    } else {
        size_t at = below(KEPT);
        kind->release(kind->kept[at]);
        kind->kept[at] = object;
    }
}

static void *any_object(const struct kind *kind) {
    return kind->count == 0 || one_in(25) ? NULL : kind->kept[below(kind->count)];
}

static void **any_objects(const struct kind *kind) {
    void **objects = take(ARRAY * sizeof *objects);
    for (size_t index = 0; index < ARRAY; index++) {
        objects[index] = one_in(4) ? any_object(kind) : kind->count == 0 ? NULL : kind->kept[0];
    }
    return one_in(15) ? NULL : objects;
}

/* The snapshot of an object, or NULL. */
static itom_bytes *snapshot(const struct kind *kind, const void *object) {
    itom_bytes *bytes = NULL;
    if (object != NULL && kind->to_bytes != NULL) {
        kind->to_bytes(object, &bytes);
    }
    return bytes;
}

/* A snapshot of a kind of object, damaged or not. */
static const uint8_t *any_bytes(const struct kind *kind, size_t *length) {
    itom_bytes *bytes = snapshot(kind, any_object(kind));
    const char *copy = damaged(bytes == NULL ? "no snapshot" : itom_bytes_data(bytes),
                               bytes == NULL ? 11 : itom_bytes_len(bytes), length);
    itom_bytes_free(bytes);
    return (const uint8_t *)copy;
}

/* ---- outputs ---- */

static uint64_t rooms[8][ARRAY];
static void *made;
static struct kind *made_kind;

/* Memory for results, now and then over that of other ones; or NULL. */
static void *any_room(size_t number) {
    if (number > 0 && one_in(12)) {
        return &rooms[number - 1][below(2)];
    }
    return one_in(25) ? NULL : rooms[number];
}

/* Where the object goes that a call makes. */
static void **place_for(struct kind *kind) {
    made_kind = kind;
    return one_in(20) ? NULL : &made;
}

static itom_error *error;

static itom_error **place_for_error(void) { return one_in(10) ? NULL : &error; }

static void prepare(void) {
    memset(rooms, UNTOUCHED, sizeof rooms);
    made = rooms;
    made_kind = NULL;
    error = NULL;
}

/* Whether an object that a call was to change is still what it was. */
static void check_unchanged(itom_status status, const struct kind *kind, const void *object,
                            itom_bytes *before) {
    itom_bytes *now = status == ITOM_STATUS_OK ? NULL : snapshot(kind, object);
    if (before != NULL && now != NULL &&
        (itom_bytes_len(before) != itom_bytes_len(now) ||
         memcmp(itom_bytes_data(before), itom_bytes_data(now), itom_bytes_len(now)) != 0)) {
        complain("failed and has changed the object");
    }
    itom_bytes_free(before);
    itom_bytes_free(now);
}

static void check_call(itom_status status, itom_error *const *place) {
    int known = (status >= ITOM_STATUS_OK && status <= ITOM_STATUS_IO) ||
                status == ITOM_STATUS_NULL_POINTER;
    if (!known) {
        complain(error == NULL ? "a status that must not be" : itom_error_message(error));
    }
    if (place != NULL && (status == ITOM_STATUS_OK) != (error == NULL)) {
        complain("the error does not go with the status");
    }
    if (error != NULL && (itom_error_status(error) != status || itom_error_argument(error) == NULL ||
                          strlen(itom_error_message(error)) < 10)) {
        complain("an error that does not say what was wrong");
    }
    itom_error_free(error);
    succeeded += status == ITOM_STATUS_OK;
    if (status != ITOM_STATUS_OK) {
        const unsigned char *bytes = (const unsigned char *)rooms;
        for (size_t index = 0; index < sizeof rooms; index++) {
            if (bytes[index] != UNTOUCHED) {
                complain("failed and has written results");
                break;
            }
        }
        if (made != rooms) {
            complain("failed and has given an object");
        }
    } else if (made_kind != NULL && made != rooms && made != NULL) {
        keep(made_kind, made);
    }
}

/* ---- the run ---- */

struct call {
    const char *name;
    void (*run)(void);
};

static void on_alarm(int signal_number) {
    (void)signal_number;
    fprintf(stderr, "call %ld, %s: takes more than a minute\n", call_number, calling);
    _exit(EXIT_FAILURE);
}

static void run_call(const struct call *call) {
    calling = call->name;
    call_number++;
    alarm(60);
    prepare();
    call->run();
    give_back();
}

/* First what makes objects, for the others to have some. */
static int run_calls(const struct call *calls, size_t count, struct kind *const *kinds, size_t kind_count,
                     long times, uint64_t seed) {
    state = seed * 7919 + 1;
    signal(SIGALRM, on_alarm);
    for (size_t round = 0; round < 40; round++) {
        for (size_t index = 0; index < count; index++) {
            if (strstr(calls[index].name, "_new") != NULL || strstr(calls[index].name, "bundled") != NULL ||
                strstr(calls[index].name, "from_json") != NULL) {
                run_call(&calls[index]);
            }
        }
    }
    while (times-- > 0) {
        run_call(&calls[below(count)]);
    }
    alarm(0);
    for (size_t index = 0; index < kind_count; index++) {
        while (kinds[index]->count > 0) {
            kinds[index]->release(kinds[index]->kept[--kinds[index]->count]);
        }
    }
    printf("sla, hostile calls of %zu functions, of which %ld were answered, seed %" PRIu64 "\n", count,
           succeeded, seed);
    printf("sla hostile calls: %ld checks, %ld failed\n", call_number, complaints);
    return complaints == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
