/* itom.h - the IT-operations core that other tools embed, in C.
 *
 * This header is the manual. It compiles as C99 and later and as C++.
 *
 *     #include <itom.h>
 *     #include <stdio.h>
 *
 *     int main(void) {
 *         itom_error *error = NULL;
 *         itom_table *table = NULL;
 *         const char *json = "{\"id\": [\"web-1\", \"db-1\"], \"cores\": [4, null]}";
 *         if (itom_table_from_json(json, ITOM_TEXT, &table, &error) != ITOM_STATUS_OK) {
 *             fprintf(stderr, "%s\n", itom_error_message(error));
 *             itom_error_free(error);
 *             return 1;
 *         }
 *         printf("%zu rows\n", itom_table_rows(table));
 *         itom_table_free(table);
 *         return 0;
 *     }
 *
 *     cc app.c $(pkg-config --cflags --libs itom)
 *
 * RULES
 *
 * Status    A function that can fail returns an itom_status and takes `itom_error **error` last.
 *           `error` may be NULL. If not, *error is set by every call: to NULL on success, on failure
 *           to a new object that you free. Outputs are written on success only; a call that fails has
 *           changed nothing.
 * NULL      A pointer must not be NULL unless its function says so; ITOM_STATUS_NULL_POINTER says
 *           which one was. Every `_free` takes NULL. An array of length 0 may be NULL.
 * Owners    What a function returns through `out` is yours: give it to its `_free`, never to free().
 *           What it returns as a `const` pointer belongs to the object it was asked of, and lives as
 *           long. What you pass in is only read during the call.
 * Threads   A `const` pointer to an object may be used by many threads at once; a pointer that is not
 *           const needs the object for itself. Objects may move between threads. The library keeps no
 *           global state, starts no thread, and never asks for the time.
 * Text      UTF-8, as pointer and length; the length ITOM_TEXT says that it ends with a NUL. Text that
 *           comes out ends with a NUL.
 * Time      int64_t nanoseconds since 1970-01-01T00:00:00Z; durations are nanoseconds too. ITOM_NEVER
 *           means "never" or "not yet" and is refused where an instant is needed.
 * Documents Definitions go in and structured results come out as JSON text, of the same shape as in
 *           Rust and Python. Instants are RFC 3339, durations ISO 8601 text there.
 * Columns   Numbers in bulk are pointer and length. Tables are Arrow streams, or JSON columns. What a
 *           call fills may lie where it reads, but two arrays that it fills may not overlap.
 * Snapshots `_to_bytes` gives the whole state, `_from_bytes` an object that goes on as that one would
 *           have. Bytes that are none are ITOM_STATUS_CORRUPT, those of a later version
 *           ITOM_STATUS_UNSUPPORTED.
 * Options   A struct of options begins with `struct_size`. Its `_init` function sets that and the
 *           defaults; the library reads only the fields that your size covers, so a program that was
 *           compiled against an older header goes on working. NULL means all defaults.
 * Builds    A library that was built without a domain, or without one of the foreign formats, does not
 *           have the functions of it.
 * Bugs      A panic inside the library is caught: the call returns ITOM_STATUS_PANIC (the message also
 *           goes to stderr), and the object that it was about answers ITOM_STATUS_POISONED from then
 *           on. It can still be freed.
 */
#ifndef ITOM_H
#define ITOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- version --------------------------------------------------------------------------------- */

#define ITOM_VERSION "0.1.0"

/* Grows at each break of the ABI. Compare it once with itom_abi_version() if the library is loaded at
 * run time; the shared library's name carries the same number (libitom.so.0). */
#define ITOM_ABI_VERSION 0u

/* The version of the library that runs, such as "0.1.0". */
const char *itom_version(void);
uint32_t itom_abi_version(void);

/* ---- status and errors ----------------------------------------------------------------------- */

/* How a call went. Numbers never change; new ones may be added. */
typedef int32_t itom_status;

enum {
    ITOM_STATUS_OK = 0,
    ITOM_STATUS_INVALID_ARGUMENT = 1, /* an argument is outside what the function accepts */
    ITOM_STATUS_NOT_FOUND = 2,        /* something that was named does not exist */
    ITOM_STATUS_CONFLICT = 3,         /* the request contradicts what is already there */
    ITOM_STATUS_LIMIT_EXCEEDED = 4,   /* a stated bound was reached */
    ITOM_STATUS_CORRUPT = 5,          /* bytes are no snapshot or database, or are damaged */
    ITOM_STATUS_UNSUPPORTED = 6,      /* of a version or with a feature this build does not know */
    ITOM_STATUS_IO = 7,               /* the operating system refused */
    ITOM_STATUS_NULL_POINTER = 20,    /* a pointer that is needed is NULL */
    ITOM_STATUS_POISONED = 98,        /* the object broke in an earlier call */
    ITOM_STATUS_PANIC = 99            /* a bug in the library */
};

typedef struct itom_error itom_error;

/* The status again; ITOM_STATUS_OK for NULL. */
itom_status itom_error_status(const itom_error *error);

/* The kind as a word, the same in every language: "invalid_argument", "not_found", ... */
const char *itom_error_kind(const itom_error *error);

/* A message such as "target must be a positive duration, got -5s". */
const char *itom_error_message(const itom_error *error);

/* The argument it is about, or NULL. */
const char *itom_error_argument(const itom_error *error);

void itom_error_free(itom_error *error);

/* ---- text, bytes, time ----------------------------------------------------------------------- */

/* The length of a text that ends with a NUL. */
#define ITOM_TEXT SIZE_MAX

/* "Never", "not yet", "none given" where an instant or a duration stands. */
#define ITOM_NEVER INT64_MIN

/* Bytes that the library made: a snapshot, or text in JSON. */
typedef struct itom_bytes itom_bytes;

/* The bytes; after the last one comes a NUL that is not counted. */
const char *itom_bytes_data(const itom_bytes *bytes);
size_t itom_bytes_len(const itom_bytes *bytes);
void itom_bytes_free(itom_bytes *bytes);

/* ---- schemas --------------------------------------------------------------------------------- */

/* The JSON Schema of a definition or a result, such as "calendar_definition". */
itom_status itom_schema(const char *name, size_t name_len, itom_bytes **out, itom_error **error);

/* The names for which there is one, as a JSON array. */
itom_status itom_schema_names(itom_bytes **out, itom_error **error);

/* ---- tables ---------------------------------------------------------------------------------- */

/* The Arrow C data and stream interfaces, as Arrow's own headers have them.
 * https://arrow.apache.org/docs/format/CDataInterface.html */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif /* ARROW_C_DATA_INTERFACE */

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

#endif /* ARROW_C_STREAM_INTERFACE */

/* Named columns of equal length: text, whole numbers, floats, truth values, instants. Every cell may
 * be missing; a column of which all cells are missing may be left out. */
typedef struct itom_table itom_table;

/* Reads all record batches of a stream. The stream is consumed whatever happens: it is released when
 * the call returns, unless the status is ITOM_STATUS_NULL_POINTER for `stream` itself. */
itom_status itom_table_from_arrow(struct ArrowArrayStream *stream, itom_table **out,
                                  itom_error **error);

/* Reads columns written as JSON, for hosts without an Arrow library:
 *     {"id": ["web-1", "db-1"], "cores": [4, null], "since": [{"time": "2026-06-15T10:00:00Z"}, null]}
 * The columns are sorted by name. */
itom_status itom_table_from_json(const char *json, size_t json_len, itom_table **out,
                                 itom_error **error);

/* Writes the table as a stream of one record batch into `out`, which holds no live stream. The stream
 * keeps what it needs: the table may be freed before it. Release it as Arrow says. */
itom_status itom_table_to_arrow(const itom_table *table, struct ArrowArrayStream *out,
                                itom_error **error);

/* The columns as JSON, of the shape that itom_table_from_json reads. */
itom_status itom_table_to_json(const itom_table *table, itom_bytes **out, itom_error **error);

size_t itom_table_rows(const itom_table *table);
void itom_table_free(itom_table *table);

/* ---- sla: what was promised ------------------------------------------------------------------ */

/* How long is left of four hours that were promised at 15:00 on a Monday, when it is 18:00?
 *
 *     #include <inttypes.h>
 *     #include <itom.h>
 *     #include <stdio.h>
 *
 *     int main(void) {
 *         const char *hours = "{\"tz\": \"Europe/Berlin\", \"weekly\": "
 *                             "{\"mon\": [[\"09:00\", \"17:00\"]], \"tue\": [[\"09:00\", \"17:00\"]]}}";
 *         const int64_t hour = INT64_C(3600000000000);
 *         const int64_t start = INT64_C(1781528400000000000); // 2026-06-15T13:00:00Z
 *         int64_t remaining = 0, breach_at = 0;
 *         itom_calendar *calendar = NULL;
 *         itom_clock *clock = NULL;
 *         itom_error *error = NULL;
 *         itom_status status = itom_calendar_new(hours, ITOM_TEXT, &calendar, &error);
 *         if (status == ITOM_STATUS_OK)
 *             status = itom_clock_new(4 * hour, calendar, start, &clock, &error);
 *         if (status == ITOM_STATUS_OK)
 *             status = itom_clock_remaining(clock, start + 3 * hour, &remaining, &breach_at, &error);
 *         if (status == ITOM_STATUS_OK)
 *             printf("%" PRId64 " hours left, broken in %" PRId64 "\n", remaining / hour,
 *                    (breach_at - start) / hour - 3); // 2 hours left, broken in 17
 *         else
 *             fprintf(stderr, "%s\n", itom_error_message(error));
 *         itom_clock_free(clock);
 *         itom_calendar_free(calendar);
 *         itom_error_free(error);
 *         return status == ITOM_STATUS_OK ? 0 : 1;
 *     }
 */

/* ---- sla: calendar ---- */

/* When work is done: weekly windows in a time zone, holidays, periods, overrides, breaks, versions, or
 * calendars put together. A calendar never changes and may be shared by threads. */
typedef struct itom_calendar itom_calendar;

/* A calendar after a definition (JSON, schema "calendar_definition"):
 *     {"tz": "Europe/Berlin", "weekly": {"mon": [["09:00", "17:00"]], "fri": [["22:00", "30:00"]]},
 *      "holidays": ["2026-12-25"]}
 * A mistake in it is ITOM_STATUS_INVALID_ARGUMENT and named. One that never opens, such as one without
 * "weekly", is taken: no time elapses on it, and the deadline of more than no time is ITOM_NEVER. */
itom_status itom_calendar_new(const char *json, size_t json_len, itom_calendar **out,
                              itom_error **error);

/* Open time from `start` to `end`, in nanoseconds, negative where `end` is before `start`. */
itom_status itom_calendar_elapsed(const itom_calendar *calendar, int64_t start, int64_t end,
                                  int64_t *out, itom_error **error);

/* The earliest instant at or after `start` by which `duration`, which is not negative, has elapsed;
 * ITOM_NEVER if the calendar does not open that long. */
itom_status itom_calendar_deadline(const itom_calendar *calendar, int64_t start, int64_t duration,
                                   int64_t *out, itom_error **error);

/* The latest instant at or before `end` from which `duration` elapses until `end`, or ITOM_NEVER. */
itom_status itom_calendar_deadline_back(const itom_calendar *calendar, int64_t end,
                                        int64_t duration, int64_t *out, itom_error **error);

/* Whether it is open at an instant; at closing time it is not. */
itom_status itom_calendar_is_open(const itom_calendar *calendar, int64_t at, bool *out,
                                  itom_error **error);

/* The open intervals between `start` and `end`, cut to that span:
 *     [{"opens": "2026-06-15T07:00:00Z", "closes": "2026-06-15T15:00:00Z"}] */
itom_status itom_calendar_windows(const itom_calendar *calendar, int64_t start, int64_t end,
                                  itom_bytes **out, itom_error **error);

/* The same for arrays of `len` values into memory of yours for `len` results. ITOM_NEVER among instants
 * or durations is one that is missing: the result is ITOM_NEVER too. Only `is_open_all` refuses it. */
itom_status itom_calendar_elapsed_all(const itom_calendar *calendar, const int64_t *starts,
                                      const int64_t *ends, size_t len, int64_t *out,
                                      itom_error **error);
itom_status itom_calendar_deadline_all(const itom_calendar *calendar, const int64_t *starts,
                                       const int64_t *durations, size_t len, int64_t *out,
                                       itom_error **error);
itom_status itom_calendar_deadline_back_all(const itom_calendar *calendar, const int64_t *ends,
                                            const int64_t *durations, size_t len, int64_t *out,
                                            itom_error **error);
itom_status itom_calendar_is_open_all(const itom_calendar *calendar, const int64_t *at, size_t len,
                                      bool *out, itom_error **error);

/* The window that `at` lies in, whole; ITOM_NEVER twice at a closed instant. */
itom_status itom_calendar_window_at(const itom_calendar *calendar, int64_t at, int64_t *opens,
                                    int64_t *closes, itom_error **error);

/* The first opening or closing after `at`, the last one at or before it; ITOM_NEVER if there is none. */
itom_status itom_calendar_next_opening(const itom_calendar *calendar, int64_t at, int64_t *out,
                                       itom_error **error);
itom_status itom_calendar_next_closing(const itom_calendar *calendar, int64_t at, int64_t *out,
                                       itom_error **error);
itom_status itom_calendar_previous_opening(const itom_calendar *calendar, int64_t at, int64_t *out,
                                           itom_error **error);
itom_status itom_calendar_previous_closing(const itom_calendar *calendar, int64_t at, int64_t *out,
                                           itom_error **error);
itom_status itom_calendar_next_opening_all(const itom_calendar *calendar, const int64_t *at,
                                           size_t len, int64_t *out, itom_error **error);
itom_status itom_calendar_next_closing_all(const itom_calendar *calendar, const int64_t *at,
                                           size_t len, int64_t *out, itom_error **error);
itom_status itom_calendar_previous_opening_all(const itom_calendar *calendar, const int64_t *at,
                                               size_t len, int64_t *out, itom_error **error);
itom_status itom_calendar_previous_closing_all(const itom_calendar *calendar, const int64_t *at,
                                               size_t len, int64_t *out, itom_error **error);

/* Calendars put together, in whatever zones: open when any of `len` calendars is, when all of them
 * are, when the first is and none of the others. The operands may be freed. */
itom_status itom_calendar_union(const itom_calendar *const *calendars, size_t len,
                                itom_calendar **out, itom_error **error);
itom_status itom_calendar_intersection(const itom_calendar *const *calendars, size_t len,
                                       itom_calendar **out, itom_error **error);
itom_status itom_calendar_difference(const itom_calendar *const *calendars, size_t len,
                                     itom_calendar **out, itom_error **error);

/* The same calendar in another time zone; ITOM_STATUS_INVALID_ARGUMENT if there is no such zone. */
itom_status itom_calendar_in_zone(const itom_calendar *calendar, const char *tz, size_t tz_len,
                                  itom_calendar **out, itom_error **error);

/* The definition it was made of, as JSON. */
itom_status itom_calendar_definition(const itom_calendar *calendar, itom_bytes **out,
                                     itom_error **error);

void itom_calendar_free(itom_calendar *calendar);

/* ---- sla: zones ---- */

/* A release of the IANA time zone database. The one that is compiled in is what calendars use; a host
 * that has a newer one reads its files and hands over the bytes. Neither it nor a zone ever changes. */
typedef struct itom_zone_database itom_zone_database;
typedef struct itom_zone itom_zone;

itom_status itom_zone_database_bundled(itom_zone_database **out, itom_error **error);

/* A release from `len` TZif files (RFC 9636): `names` end with NUL, file i has files_len[i] bytes. A
 * file that is none is ITOM_STATUS_CORRUPT and named. The bytes are copied. */
itom_status itom_zone_database_from_tzif(const char *version, size_t version_len,
                                         const char *const *names, const uint8_t *const *files,
                                         const size_t *files_len, size_t len,
                                         itom_zone_database **out, itom_error **error);

/* The release, such as 2026f, as text. */
itom_status itom_zone_database_version(const itom_zone_database *zones, itom_bytes **out,
                                       itom_error **error);

/* The names of its zones as a JSON array. */
itom_status itom_zone_database_names(const itom_zone_database *zones, itom_bytes **out,
                                     itom_error **error);

/* The zones whose offsets in another release differ between two instants, and those that one of the
 * two does not have, as a JSON array (schema "zone_difference"). */
itom_status itom_zone_database_differences(const itom_zone_database *zones,
                                           const itom_zone_database *other, int64_t start,
                                           int64_t end, itom_bytes **out, itom_error **error);
void itom_zone_database_free(itom_zone_database *zones);

/* A zone by its IANA name, or of a rule such as CET-1CEST,M3.5.0,M10.5.0/3. It lives apart from the
 * database. */
itom_status itom_zone_new(const itom_zone_database *zones, const char *name, size_t name_len,
                          itom_zone **out, itom_error **error);

/* How far its wall clock is ahead of UTC, in nanoseconds. */
itom_status itom_zone_offset(const itom_zone *zone, int64_t at, int64_t *out, itom_error **error);
itom_status itom_zone_offset_all(const itom_zone *zone, const int64_t *at, size_t len, int64_t *out,
                                 itom_error **error);

/* What its wall clock shows at an instant, as text: 2026-03-29T03:30:00. */
itom_status itom_zone_local(const itom_zone *zone, int64_t at, itom_bytes **out,
                            itom_error **error);

/* The instant of a wall-clock time such as 2026-03-29T02:30:00, after RFC 5545 where that does not
 * exist or happens twice; ITOM_NEVER outside the range. */
itom_status itom_zone_instant(const itom_zone *zone, const char *local, size_t local_len,
                              int64_t *out, itom_error **error);

/* When its wall clock is set forward or back: [{"at": ..., "before": "PT1H", "after": "PT2H"}]. */
itom_status itom_zone_changes(const itom_zone *zone, int64_t start, int64_t end, itom_bytes **out,
                              itom_error **error);
void itom_zone_free(itom_zone *zone);

/* A calendar compiled with zone rules of your own, and one compiled anew with others. */
itom_status itom_calendar_with_zones(const char *json, size_t json_len,
                                     const itom_zone_database *zones, itom_calendar **out,
                                     itom_error **error);
itom_status itom_calendar_recompiled(const itom_calendar *calendar,
                                     const itom_zone_database *zones, itom_calendar **out,
                                     itom_error **error);

/* The time that is open under one of two calendars only, as JSON (schema "window_difference"). */
itom_status itom_calendar_differences(const itom_calendar *calendar, const itom_calendar *other,
                                      int64_t start, int64_t end, itom_bytes **out,
                                      itom_error **error);

/* The n-th business day after the date of an instant, before it for a negative `n`, the date itself
 * for 0: when it opens and closes, or ITOM_NEVER twice. */
itom_status itom_calendar_business_day(const itom_calendar *calendar, int64_t at, int64_t n,
                                       int64_t *opens, int64_t *closes, itom_error **error);

/* How many business days there are from the date of `start` to before the date of `end`. */
itom_status itom_calendar_business_day_count(const itom_calendar *calendar, int64_t start,
                                             int64_t end, int64_t *out, itom_error **error);
itom_status itom_calendar_business_day_count_all(const itom_calendar *calendar,
                                                 const int64_t *starts, const int64_t *ends,
                                                 size_t len, int64_t *out, itom_error **error);

/* When work that arrives at each instant is due after a relative target (JSON, schema
 * "relative_target"): {"rule": "business_day_at", "days": 2, "time": "16:00"}; ITOM_NEVER for never. */
itom_status itom_relative_resolve_all(const char *json, size_t json_len,
                                      const itom_calendar *calendar, const int64_t *from,
                                      size_t len, int64_t *out, itom_error **error);

/* A relative target as the business time a clock takes. */
itom_status itom_relative_business_target(const char *json, size_t json_len,
                                          const itom_calendar *calendar, int64_t start,
                                          int64_t *out, itom_error **error);

/* The parts of a duration such as P1DT2H, 1M or 90m: days and months are nominal, the rest exact. */
itom_status itom_nominal_duration_parse(const char *duration, size_t duration_len,
                                        uint32_t *months, uint32_t *days, int64_t *exact,
                                        itom_error **error);

/* The instant that long after another on a zone's wall clock, or ITOM_NEVER. */
itom_status itom_nominal_duration_after(const char *duration, size_t duration_len,
                                        const itom_zone *zone, int64_t at, int64_t *out,
                                        itom_error **error);

/* Periods that follow each other on a zone's wall clock (JSON, schema "calendar_window_definition"):
 * {"duration": "P1M", "tz": "Europe/Berlin"}, from the first of each month, or from a "start". */
typedef struct itom_calendar_window itom_calendar_window;

itom_status itom_calendar_window_new(const char *json, size_t json_len, itom_calendar_window **out,
                                     itom_error **error);

/* The period an instant lies in, and the n-th from the start; ITOM_NEVER twice outside the range. */
itom_status itom_calendar_window_containing(const itom_calendar_window *window, int64_t at,
                                            int64_t *start, int64_t *end, itom_error **error);
itom_status itom_calendar_window_nth(const itom_calendar_window *window, int64_t n, int64_t *start,
                                     int64_t *end, itom_error **error);

/* The periods that share an instant with a span, whole, as a JSON array (schema "period"). */
itom_status itom_calendar_window_between(const itom_calendar_window *window, int64_t start,
                                         int64_t end, itom_bytes **out, itom_error **error);
void itom_calendar_window_free(itom_calendar_window *window);

/* ---- sla: formats ---- */

/* A calendar from iCalendar text. `options` is JSON, "{}" for the defaults (schema "ics_options"):
 *     {"events": "open" | "closed", "base": {...}, "tz": "Europe/Berlin", "until": "2030-12-31",
 *      "transparent": "count" | "skip", "unsynchronized": "refuse" | "first" | "skip"}
 * Events are the hours of service, or the times at which the calendar `base` is closed. An error
 * names the line. */
itom_status itom_calendar_from_ics(const char *ics, size_t ics_len, const char *options,
                                   size_t options_len, itom_calendar **out, itom_error **error);

/* The calendar as iCalendar text. `options` is JSON, "{}" for the defaults (schema
 * "ics_write_options"): {"from": "1970-01-01", "until": null, "summary": "open",
 * "stamp": "19700101T000000Z"}; a calendar with dates of every year needs the last date, `until`. */
itom_status itom_calendar_to_ics(const itom_calendar *calendar, const char *options,
                                 size_t options_len, itom_bytes **out, itom_error **error);

/* A calendar from OpenStreetMap's opening_hours. `options` is JSON (schema "opening_hours_options"):
 *     {"tz": "Europe/Berlin", "holidays": ["2026-12-25"], "school_holidays": []}
 * An error names the character. */
itom_status itom_calendar_from_opening_hours(const char *hours, size_t hours_len,
                                             const char *options, size_t options_len,
                                             itom_calendar **out, itom_error **error);

/* Windows that recur by a rule of RFC 5545 (JSON, schema "recurring_window"), between `start` and
 * `end`, as itom_calendar_windows gives them:
 *     {"rrule": "FREQ=MONTHLY;BYDAY=1SU", "dtstart": "2026-01-04T02:00:00", "tz": "Europe/Berlin",
 *      "duration": "4h", "except": ["2026-03-01T02:00:00"]} */
itom_status itom_occurrences(const char *json, size_t json_len, int64_t start, int64_t end,
                             itom_bytes **out, itom_error **error);

/* ---- sla: clock ---- */

/* One promise about one piece of work. Events count by the instant from which they hold, whenever they
 * arrive. */
typedef struct itom_clock itom_clock;

/* A clock that counts from `start`; it keeps what it needs of the calendar. */
itom_status itom_clock_new(int64_t target, const itom_calendar *calendar, int64_t start,
                           itom_clock **out, itom_error **error);

/* A clock with all options (JSON, schema "clock_options"): {"target": "4h", "calendar": {...},
 * "start": "2026-06-15T13:00:00Z", "retroactive_start": "2026-06-15T10:00:00Z"} */
itom_status itom_clock_from_json(const char *json, size_t json_len, itom_clock **out,
                                 itom_error **error);

/* Takes an event, or an array of events, all or none of them:
 *     {"at": "2026-06-15T10:00:00Z", "do": "pause", "reason": "awaiting user"}
 * `do` is pause, resume, stop, reopen (with "mode"), cancel, set_target (with "target"), set_calendar
 * (with "calendar"), set_zone (with "tz") or retract (with "id"). An event with an "id" takes the place
 * of the one that was recorded under it before ("recorded_at"); "scope" says whether a change counts for
 * the "whole" or "from_now". */
itom_status itom_clock_apply(itom_clock *clock, const char *json, size_t json_len,
                             itom_error **error);

/* Where it stands at an instant (JSON, schema "clock_status"). */
itom_status itom_clock_status(const itom_clock *clock, int64_t at, itom_bytes **out,
                              itom_error **error);

/* The same by what was known at another instant: events recorded later are not looked at. */
itom_status itom_clock_status_known(const itom_clock *clock, int64_t at, int64_t known,
                                    itom_bytes **out, itom_error **error);

/* The two numbers most asked for: what is left of the target, negative after the breach, and when it
 * was or will be used up, or ITOM_NEVER if that is not known. */
itom_status itom_clock_remaining(const itom_clock *clock, int64_t at, int64_t *remaining,
                                 int64_t *breach_at, itom_error **error);

/* Every second until `at`, in segments with their reason, as a JSON array. */
itom_status itom_clock_explain(const itom_clock *clock, int64_t at, itom_bytes **out,
                               itom_error **error);

itom_status itom_clock_to_bytes(const itom_clock *clock, itom_bytes **out, itom_error **error);
itom_status itom_clock_from_bytes(const uint8_t *bytes, size_t bytes_len, itom_clock **out,
                                  itom_error **error);
void itom_clock_free(itom_clock *clock);

/* Which of `len` clocks, looked at `at`, break at another instant under other zone rules, as a JSON
 * array (schema "moved_breach"): [{"clock": 0, "before": ..., "after": ...}] */
itom_status itom_moved_breaches(const itom_clock *const *clocks, size_t len,
                                const itom_zone_database *zones, int64_t at, itom_bytes **out,
                                itom_error **error);

/* ---- sla: ledger ---- */

/* Many clocks: events in, crossings out, every field as of any instant. Clocks are numbered from 0 in the
 * order in which they are opened. */
typedef struct itom_ledger itom_ledger;

/* What an event does, for columns of events. The argument of pause and the next is the number of a
 * reason, 0 for none; the others have none. */
enum {
    ITOM_EVENT_PAUSE = 1,
    ITOM_EVENT_RESUME_ONE = 2,      /* one reason ends */
    ITOM_EVENT_RESUME = 3,          /* every reason ends */
    ITOM_EVENT_STOP = 4,
    ITOM_EVENT_REOPEN = 5,          /* goes on from where it stopped */
    ITOM_EVENT_REOPEN_NEW_CYCLE = 6, /* begins anew */
    ITOM_EVENT_REOPEN_VOID_STOP = 7, /* as if it had not stopped */
    ITOM_EVENT_CANCEL = 8
};

itom_status itom_ledger_new(itom_ledger **out, itom_error **error);

/* How many clocks there are. */
itom_status itom_ledger_len(const itom_ledger *ledger, size_t *out, itom_error **error);

/* Opens a clock under a key, with all options (JSON, schema "clock_options"); `out` is its number.
 * ITOM_STATUS_CONFLICT if the key is taken. */
itom_status itom_ledger_open(itom_ledger *ledger, const char *key, size_t key_len, const char *json,
                             size_t json_len, uint32_t *out, itom_error **error);

/* Opens `len` clocks, all or none of them; keys end with NUL, targets are durations. `first` is the
 * number of the first, the others follow. The ledger keeps what it needs of the calendar. */
itom_status itom_ledger_open_all(itom_ledger *ledger, const char *const *keys, const int64_t *targets,
                                 const itom_calendar *calendar, const int64_t *starts, size_t len,
                                 uint32_t *first, itom_error **error);

/* The number of the clock that was opened under a key, or ITOM_STATUS_NOT_FOUND. */
itom_status itom_ledger_clock(const itom_ledger *ledger, const char *key, size_t key_len,
                              uint32_t *out, itom_error **error);

/* The key that a clock was opened under, as text; ITOM_STATUS_NOT_FOUND for a number of no clock. */
itom_status itom_ledger_key(const itom_ledger *ledger, uint32_t clock, itom_bytes **out,
                            itom_error **error);

/* The number of a reason to pause, given to it if it is new. */
itom_status itom_ledger_reason(itom_ledger *ledger, const char *reason, size_t reason_len,
                               uint32_t *out, itom_error **error);

/* Takes an event of a clock, or an array of events, as itom_clock_apply. */
itom_status itom_ledger_apply(itom_ledger *ledger, uint32_t clock, const char *json,
                              size_t json_len, itom_error **error);

/* Takes `len` events as columns, in any order, all or none of them. `actions` are ITOM_EVENT_*;
 * `arguments` may be NULL. */
itom_status itom_ledger_apply_columns(itom_ledger *ledger, const uint32_t *clocks,
                                      const int64_t *instants, const uint8_t *actions,
                                      const uint32_t *arguments, size_t len, itom_error **error);

/* The same, but events that it would refuse are left out and given back with their reasons, as a JSON
 * array (schema "refused_event"): [{"row": 7, "argument": "clock", "reason": "..."}] */
itom_status itom_ledger_apply_columns_lenient(itom_ledger *ledger, const uint32_t *clocks,
                                              const int64_t *instants, const uint8_t *actions,
                                              const uint32_t *arguments, size_t len, itom_bytes **out,
                                              itom_error **error);

/* What was crossed after the last call and up to `now`, in order, as a JSON array of "crossing". Calls
 * must not go back in time: ITOM_STATUS_CONFLICT. */
itom_status itom_ledger_advance(itom_ledger *ledger, int64_t now, itom_bytes **out,
                                itom_error **error);

/* The next clocks that will break after the last call of itom_ledger_advance, at most `most` of them, into
 * memory of yours; `out` is how many. */
itom_status itom_ledger_next_breaches(itom_ledger *ledger, size_t most, uint32_t *clocks, int64_t *at,
                                      size_t *out, itom_error **error);

/* All clocks that will break after that and before `until`: the first `most` of them into memory of yours
 * (NULL if `most` is 0); `out` is how many there are in all. */
itom_status itom_ledger_breaches_before(itom_ledger *ledger, int64_t until, size_t most,
                                        uint32_t *clocks, int64_t *at, size_t *out,
                                        itom_error **error);

/* Where one clock stands (JSON, schema "clock_status"). */
itom_status itom_ledger_status(const itom_ledger *ledger, uint32_t clock, int64_t at,
                               itom_bytes **out, itom_error **error);

/* The same by what was known at an instant: events recorded later, and corrections among them, are not
 * looked at. */
itom_status itom_ledger_status_known(const itom_ledger *ledger, uint32_t clock, int64_t at,
                                     int64_t known, itom_bytes **out, itom_error **error);

/* Where all clocks stand, into memory of yours for `len` values each, `len` being the number of clocks;
 * NULL for what is not wanted. `state` is 0 pending, 1 running, 2 paused, 3 stopped, 4 cancelled;
 * `breach_at` ITOM_NEVER where it is not known. */
itom_status itom_ledger_status_all(itom_ledger *ledger, int64_t at, size_t len, int64_t *business,
                                   int64_t *actual, int64_t *paused, int64_t *remaining, double *ratio,
                                   int64_t *breach_at, uint8_t *state, itom_error **error);

/* The target that counts for each clock and whether it is breached, in the same way. */
itom_status itom_ledger_verdicts_all(itom_ledger *ledger, int64_t at, size_t len, int64_t *target,
                                     bool *breached, itom_error **error);

/* Why each second of a clock counted or not, as itom_clock_explain. */
itom_status itom_ledger_explain(const itom_ledger *ledger, uint32_t clock, int64_t at,
                                itom_bytes **out, itom_error **error);

/* Puts another calendar in the place of the one of a number (they are numbered as they came), for the whole
 * of history. */
itom_status itom_ledger_replace_calendar(itom_ledger *ledger, uint32_t number,
                                         const itom_calendar *calendar, itom_error **error);

/* `len` calendars in the places of those of as many numbers at once, which looks at each clock once: all
 * or none of them. */
itom_status itom_ledger_replace_calendars(itom_ledger *ledger, const uint32_t *numbers,
                                          const itom_calendar *const *calendars, size_t len,
                                          itom_error **error);

/* The whole history under another agreement, as of an instant (JSON, schema "ledger_differences"); nothing
 * changes in the ledger. `calendars` come in the places of those of `numbers`; `becomes` in the place of
 * each of `targets`, wherever one was agreed; `clock_targets` from the start of `clocks`. Any of the three
 * pairs may be NULL with a length of 0. */
itom_status itom_ledger_what_if(const itom_ledger *ledger, int64_t at, const uint32_t *numbers,
                                const itom_calendar *const *calendars, size_t calendars_len,
                                const int64_t *targets, const int64_t *becomes, size_t targets_len,
                                const uint32_t *clocks, const int64_t *clock_targets, size_t clocks_len,
                                itom_bytes **out, itom_error **error);

/* The clocks whose breach, as of an instant, falls on another one under other zone rules (JSON array, schema
 * "moved_breach"); nothing changes in the ledger. */
itom_status itom_ledger_moved_breaches(const itom_ledger *ledger, const itom_zone_database *zones,
                                       int64_t at, itom_bytes **out, itom_error **error);

/* Goes over to other zone rules; `out` is how many calendars say something else under them. */
itom_status itom_ledger_recompile(itom_ledger *ledger, const itom_zone_database *zones, size_t *out,
                                  itom_error **error);

itom_status itom_ledger_to_bytes(const itom_ledger *ledger, itom_bytes **out, itom_error **error);
itom_status itom_ledger_from_bytes(const uint8_t *bytes, size_t bytes_len, itom_ledger **out,
                                   itom_error **error);
void itom_ledger_free(itom_ledger *ledger);

/* A share of good events over a window, with its error budget and burn-rate alerts. */
typedef struct itom_objective itom_objective;

/* An objective after a definition (JSON, schema "objective_definition"):
 * {"target": "99.9", "window": "720h"}; the target is in percent. */
itom_status itom_objective_new(const char *json, size_t json_len, itom_objective **out,
                               itom_error **error);

/* Counts `good` of `total` events at an instant, in any order; `good` is at most `total`. */
itom_status itom_objective_record(itom_objective *objective, int64_t at, uint64_t good,
                                  uint64_t total, itom_error **error);

/* The same for arrays, all or none of them. */
itom_status itom_objective_record_all(itom_objective *objective, const int64_t *at,
                                      const uint64_t *good, const uint64_t *total, size_t len,
                                      itom_error **error);

/* Counts `bad` of `total` events at an instant. */
itom_status itom_objective_record_bad(itom_objective *objective, int64_t at, uint64_t bad,
                                      uint64_t total, itom_error **error);

/* Counts measured values, each good or bad as the threshold of the definition's indicator says;
 * NaN counts as nothing. All or none. */
itom_status itom_objective_record_values(itom_objective *objective, const int64_t *at,
                                         const double *values, size_t len, itom_error **error);

/* Corrects what was counted in the bucket of an instant: adds to its good and all events, or with
 * negative numbers takes from them. */
itom_status itom_objective_adjust(itom_objective *objective, int64_t at, int64_t good,
                                  int64_t total, itom_error **error);

/* Leaves the time from `start` up to `until` out of good and all, whenever it was counted or will
 * be (maintenance); and takes it back in. */
itom_status itom_objective_exclude(itom_objective *objective, int64_t start, int64_t until,
                                   itom_error **error);
itom_status itom_objective_include(itom_objective *objective, int64_t start, int64_t until,
                                   itom_error **error);

/* The verdict, 0 no data, 1 ok, 2 burning, 3 exhausted, and the alerts that fire: bit n is the n-th
 * alert of the status. Cheap enough to be asked every second; for one instant, or for arrays into
 * the caller's memory. */
itom_status itom_objective_evaluate(const itom_objective *objective, int64_t at, int32_t *state,
                                    uint64_t *firing, itom_error **error);
itom_status itom_objective_evaluate_all(const itom_objective *objective, const int64_t *at,
                                        size_t len, int32_t *state, uint64_t *firing,
                                        itom_error **error);

/* What the budgets of the windows came to that share an instant with the time from `start` to `end`
 * (JSON, a list). */
itom_status itom_objective_windows(const itom_objective *objective, int64_t start, int64_t end,
                                   itom_bytes **out, itom_error **error);

/* The error budget of a whole window and of so many events, exactly (JSON). */
itom_status itom_objective_budget(const itom_objective *objective, uint64_t events,
                                  itom_bytes **out, itom_error **error);

/* How soon an alert (JSON: {"name": "page", "factor": "14.4", "long": "1h", "short": "5m"}) tells of
 * an outage with a ratio of errors ("1", "0.05", "1/3"), and of its end (JSON). */
itom_status itom_objective_alert_times(const itom_objective *objective, const char *alert_json,
                                       size_t alert_json_len, const char *error_ratio,
                                       size_t error_ratio_len, itom_bytes **out,
                                       itom_error **error);

/* How long a whole budget lasts at a burn rate ("14.4"), in seconds, exactly: JSON such as "180000",
 * or null when nothing burns. */
itom_status itom_objective_exhaustion_seconds(const itom_objective *objective, const char *burn_rate,
                                              size_t burn_rate_len, itom_bytes **out,
                                              itom_error **error);

/* How many slices of a whole window an outage may last, when a slice of it has the ratio of errors
 * `outage` ("0.99") and every other slice `usual` ("0.01"): JSON such as "5760/7", or null when an
 * outage is as usual. */
itom_status itom_objective_outage_slices(const itom_objective *objective, const char *outage,
                                         size_t outage_len, const char *usual, size_t usual_len,
                                         itom_bytes **out, itom_error **error);

/* The burn-rate alerts of a preset for an objective's window (JSON, for "alerts" of a definition):
 * "sre_workbook", "sloth", "sloth_30d", "sloth_28d", "pyrra". */
itom_status itom_burn_alerts(const char *preset, size_t preset_len, int64_t window,
                             itom_bytes **out, itom_error **error);

/* Reads OpenSLO v1, YAML or JSON, of one document or more: each objective with the definition that
 * itom_objective_new takes, and the queries behind it (JSON, schema "open_slo"). What is wrong is
 * said with line and column. */
itom_status itom_openslo_read(const char *text, size_t text_len, itom_bytes **out,
                              itom_error **error);

/* The definition with every default filled in, as JSON. */
itom_status itom_objective_definition(const itom_objective *objective, itom_bytes **out,
                                      itom_error **error);

/* Whether recording began by the start of the window at an instant, so that nothing of it is missing. */
itom_status itom_objective_covers_window(const itom_objective *objective, int64_t at, bool *out,
                                         itom_error **error);

/* Where it stands at an instant (JSON, schema "objective_status"). */
itom_status itom_objective_status(const itom_objective *objective, int64_t at, itom_bytes **out,
                                  itom_error **error);

/* How many times faster than allowed the budget burned over the `window` before an instant; NaN
 * without data. */
itom_status itom_objective_burn_rate(const itom_objective *objective, int64_t at, int64_t window,
                                     double *out, itom_error **error);

/* How long what is left of the budget lasts at that rate, or ITOM_NEVER. */
itom_status itom_objective_time_to_exhaustion(const itom_objective *objective, int64_t at,
                                              int64_t window, int64_t *out, itom_error **error);

itom_status itom_objective_to_bytes(const itom_objective *objective, itom_bytes **out,
                                    itom_error **error);
itom_status itom_objective_from_bytes(const uint8_t *bytes, size_t bytes_len, itom_objective **out,
                                      itom_error **error);
void itom_objective_free(itom_objective *objective);

/* ---- sla: agreement ---- */

/* Agreements (SLA, OLA, underpinning contracts) over a stream of record updates: conditions on a
 * record's fields attach, pause, stop and cancel clocks. */
typedef struct itom_agreements itom_agreements;

/* Agreements after a definition (JSON, schema "agreements_definition"):
 *     {"calendars": {"office": {...}}, "agreements": [{"name": "Gold", "metrics": [
 *         {"name": "resolution", "stop": "state = 'Closed'",
 *          "pause": [{"reason": "user", "when": "state = 'Awaiting'"}],
 *          "targets": [{"when": "priority = 1", "target": "4h", "calendar": "office"}]}]}]} */
itom_status itom_agreements_new(const char *json, size_t json_len, itom_agreements **out,
                                itom_error **error);

/* Takes an update (schema "record_update") or an array of them, all or none, in any order:
 *     {"record": "INC1", "at": "2026-06-15T10:00:00Z", "fields": {"state": "New", "priority": 3}}
 * and says what happened to clocks by it (schema "agreement_changes"); `out` may be NULL. */
itom_status itom_agreements_update(itom_agreements *agreements, const char *json, size_t json_len,
                                   itom_bytes **out, itom_error **error);

/* Takes the rows of a table as updates. `record` and `at` name (ending with NUL) the columns with the
 * record and the instant, `sequence` one with the order among updates of one instant, or is NULL; every
 * other column sets the field of its name. */
itom_status itom_agreements_load(itom_agreements *agreements, const itom_table *table,
                                 const char *record, const char *at, const char *sequence,
                                 itom_error **error);

/* Where the clocks of a record stand at an instant: a JSON array (schema "agreement_status").
 * ITOM_STATUS_NOT_FOUND for a record of which there was no update, here and below. */
itom_status itom_agreements_status(const itom_agreements *agreements, const char *record,
                                   size_t record_len, int64_t at, itom_bytes **out,
                                   itom_error **error);

/* The same for all records: of clocks that are neither stopped nor cancelled, and of all clocks. */
itom_status itom_agreements_running(const itom_agreements *agreements, int64_t at, itom_bytes **out,
                                    itom_error **error);
itom_status itom_agreements_statuses(const itom_agreements *agreements, int64_t at,
                                     itom_bytes **out, itom_error **error);

/* Every second of a record's clocks until `at`, in segments with their reason, as a JSON array. */
itom_status itom_agreements_explain(const itom_agreements *agreements, const char *record,
                                    size_t record_len, int64_t at, itom_bytes **out,
                                    itom_error **error);

/* What is left of each running promise against what the clocks that support it may still use, as a JSON
 * array (schema "agreement_slack"). */
itom_status itom_agreements_slack(const itom_agreements *agreements, const char *record,
                                  size_t record_len, int64_t at, itom_bytes **out,
                                  itom_error **error);

/* Who had the time: the sums of a record's clocks split by the values a field had, as a JSON array
 * (schema "time_share"). */
itom_status itom_agreements_accounting(const itom_agreements *agreements, const char *record,
                                       size_t record_len, const char *field, size_t field_len,
                                       int64_t at, itom_bytes **out, itom_error **error);

/* What happened to the clocks of a record, as a JSON array (schema "agreement_event"). */
itom_status itom_agreements_events(const itom_agreements *agreements, const char *record,
                                   size_t record_len, itom_bytes **out, itom_error **error);

/* The shares of targets that were used up by `now` and not told before, in order, as a JSON array
 * (schema "agreement_crossing"). */
itom_status itom_agreements_advance(itom_agreements *agreements, int64_t now, itom_bytes **out,
                                    itom_error **error);

/* The next `most` breaches as things stand, soonest first, as a JSON array. */
itom_status itom_agreements_next_breaches(const itom_agreements *agreements, size_t most,
                                          itom_bytes **out, itom_error **error);

/* The attainment of each metric by period and group, as a JSON array (schema "attainment"). `options`
 * (schema "attainment_options") may be NULL. */
itom_status itom_agreements_attainment(const itom_agreements *agreements, int64_t at,
                                       const char *options, size_t options_len, itom_bytes **out,
                                       itom_error **error);

/* The verdicts on all clocks at an instant, as a table; `fields` is a JSON array of fields to stand
 * beside them, or NULL. */
itom_status itom_agreements_verdicts(const itom_agreements *agreements, int64_t at,
                                     const char *fields, size_t fields_len, itom_table **out,
                                     itom_error **error);

/* All verdicts at an instant counted together (JSON, schema "verdict_counts"). `already_stopped` counts
 * records without a clock, because they were stopped when first seen. */
itom_status itom_agreements_counts(const itom_agreements *agreements, int64_t at, itom_bytes **out,
                                   itom_error **error);

/* How long clocks were paused in total, by agreement, metric and reason, the longest first, as a JSON
 * array (schema "pause_total"). */
itom_status itom_agreements_pauses(const itom_agreements *agreements, int64_t at, itom_bytes **out,
                                   itom_error **error);

/* Who had the time of all records: itom_agreements_accounting over the whole history. A field that no
 * record ever had is ITOM_STATUS_INVALID_ARGUMENT, here and wherever a field is named. */
itom_status itom_agreements_accounting_all(const itom_agreements *agreements, const char *field,
                                           size_t field_len, int64_t at, itom_bytes **out,
                                           itom_error **error);

/* The fields that conditions read and no record ever had, most likely misspelt, as a JSON array of
 * texts: conditions take them for null. */
itom_status itom_agreements_unknown_fields(const itom_agreements *agreements, int64_t at,
                                           itom_bytes **out, itom_error **error);

/* The lives of the clocks as the history that itom_forecast_fit takes, and the clocks that run as those
 * that itom_forecast_probabilities takes. `fields` is a JSON array of fields to stand beside them; of all
 * metrics, or of those of the name `metric`, which may be NULL. */
itom_status itom_agreements_forecast_history(const itom_agreements *agreements, int64_t at,
                                             const char *fields, size_t fields_len,
                                             const char *metric, size_t metric_len,
                                             itom_table **out, itom_error **error);
itom_status itom_agreements_forecast_clocks(const itom_agreements *agreements, int64_t at,
                                            const char *fields, size_t fields_len,
                                            const char *metric, size_t metric_len,
                                            itom_table **out, itom_error **error);

/* What was agreed, as JSON. */
itom_status itom_agreements_definition(const itom_agreements *agreements, itom_bytes **out,
                                       itom_error **error);

/* A condition as its tree (JSON, schema "condition"), from its text or tree: a way to check one. */
itom_status itom_condition(const char *condition, size_t condition_len, itom_bytes **out,
                           itom_error **error);

/* What would have been under another definition (schema "what_if"); nothing is changed by asking. */
itom_status itom_agreements_what_if(const itom_agreements *agreements, const char *json,
                                    size_t json_len, int64_t at, itom_bytes **out,
                                    itom_error **error);

/* Each target against those of the agreements that support its own, as a JSON array (schema
 * "chain_link"). */
itom_status itom_agreements_chain(const itom_agreements *agreements, itom_bytes **out,
                                  itom_error **error);

itom_status itom_agreements_to_bytes(const itom_agreements *agreements, itom_bytes **out,
                                     itom_error **error);
itom_status itom_agreements_from_bytes(const uint8_t *bytes, size_t bytes_len,
                                       itom_agreements **out, itom_error **error);
void itom_agreements_free(itom_agreements *agreements);

/* The share of promises kept, of counts (schema "verdict_counts"), as JSON: "97/100", or null when
 * nothing counted. `rule` is running_breached (also for NULL), completed_only, cancelled_met or
 * running_met. */
itom_status itom_attainment(const char *counts, size_t counts_len, const char *rule, size_t rule_len,
                            itom_bytes **out, itom_error **error);

/* What is owed (schema "credit") after a policy, JSON (schema "credit_policy") or the name
 * aws_compute_region, for an achieved percentage such as "99.98501" of a fee, or NULL; both exact text. One
 * above 0 and at most 1 is refused, since it is most likely a ratio. */
itom_status itom_credit(const char *policy, size_t policy_len, const char *achieved,
                        size_t achieved_len, const char *fee, size_t fee_len, itom_bytes **out,
                        itom_error **error);

/* The priority of an impact and an urgency, as JSON, after a matrix: JSON (schema "priority_matrix"),
 * itil or servicenow. */
itom_status itom_priority(const char *matrix, size_t matrix_len, const char *impact,
                          size_t impact_len, const char *urgency, size_t urgency_len,
                          itom_bytes **out, itom_error **error);

/* ---- sla: forecast ---- */
/* Probabilities of breach for running clocks, learnt from the history of such clocks. */
typedef struct itom_forecast itom_forecast;

/* Fits after a definition (JSON, schema "breach_forecast_definition"):
 *     {"groups": ["priority", "team", "state"], "numbers": ["reassignments"]}
 * on a history as it was known at `at`: a table with a row for each time that a piece of work changed,
 * with `case`, `opened`, `target_s`, `used_s` (business seconds), `ended`, and the fields of the
 * definition; `since_s` (business seconds used when the row's values began to hold) and `breached` (the
 * verdict, if not used_s > target_s) may be there. */
itom_status itom_forecast_fit(const char *json, size_t json_len, const itom_table *history, int64_t at,
                              itom_forecast **out, itom_error **error);

/* The probability of breach of each clock of a table (`target_s`, `used_s`, `since_s`, the fields as of
 * now) into `out`, which has room for `len`, its rows. A field of the definition without a column is an
 * error: give a column of nulls where it is not known. */
itom_status itom_forecast_probabilities(const itom_forecast *forecast, const itom_table *clocks,
                                        double *out, size_t len, itom_error **error);

/* The same with what each field contributes and the business time that remains: a JSON array (schema
 * "forecast"). */
itom_status itom_forecast_explain(const itom_forecast *forecast, const itom_table *clocks,
                                  itom_bytes **out, itom_error **error);

/* The attainment to expect of these clocks once all have ended, with an interval (JSON, schema
 * "expected_attainment"). */
itom_status itom_forecast_attainment(const itom_forecast *forecast, const itom_table *clocks,
                                     double confidence, itom_bytes **out, itom_error **error);

/* What it was fitted with, every default filled in, as JSON. */
itom_status itom_forecast_definition(const itom_forecast *forecast, itom_bytes **out,
                                     itom_error **error);

itom_status itom_forecast_to_bytes(const itom_forecast *forecast, itom_bytes **out,
                                   itom_error **error);
itom_status itom_forecast_from_bytes(const uint8_t *bytes, size_t bytes_len, itom_forecast **out,
                                     itom_error **error);
void itom_forecast_free(itom_forecast *forecast);

/* How good probabilities were, with outcomes of 0 and 1: the mean squared difference; the chance that
 * a 1 was given more than a 0, NaN where all are the same; and bin by bin (JSON, schema
 * "reliability_curve"). */
itom_status itom_brier(const double *probabilities, const uint8_t *outcomes, size_t len, double *out,
                       itom_error **error);
itom_status itom_auc(const double *probabilities, const uint8_t *outcomes, size_t len, double *out,
                     itom_error **error);
itom_status itom_reliability_curve(const double *probabilities, const uint8_t *outcomes, size_t len,
                                   size_t bins, itom_bytes **out, itom_error **error);

/* ---- sla: availability ---- */
/* How available a service was between `start` and `end`, looked at `at` (ITOM_NEVER: the end), as JSON
 * (schema "availability"). Outages and excluded spans are pairs of instants one after the other, and
 * `_len` counts pairs; an outage that ends ITOM_NEVER still goes on. */
itom_status itom_availability(int64_t start, int64_t end, int64_t at, const int64_t *outages,
                              size_t outages_len, const int64_t *excluded, size_t excluded_len,
                              itom_bytes **out, itom_error **error);

/* The same with all options (JSON, schema "availability_options": {"service_hours": {...}, "minimum":
 * "5m", "merge_gap": "1m", "excluded": [[...]], "excluded_is_agreed": true, "overlap": "sum", "at":
 * ...}; NULL is none of them) and partial outages (JSON array, schema "outage_record"):
 *     [{"from": "2026-06-15T10:00:00Z", "until": null, "weight": "1/4"}]
 * `_explain` adds segments and accounts that say what counted and what did not, and why; `_series`
 * answers for many periods, pairs of instants of which `periods_len` counts pairs; `_reliability`
 * gives MTBF, MTRS, MTBSI and MTTA with confidence bounds (schema "reliability"). */
itom_status itom_availability_measure(int64_t start, int64_t end, const char *outages,
                                      size_t outages_len, const char *options, size_t options_len,
                                      itom_bytes **out, itom_error **error);
itom_status itom_availability_explain(int64_t start, int64_t end, const char *outages,
                                      size_t outages_len, const char *options, size_t options_len,
                                      itom_bytes **out, itom_error **error);
itom_status itom_availability_reliability(int64_t start, int64_t end, const char *outages,
                                          size_t outages_len, const char *options,
                                          size_t options_len, double confidence, itom_bytes **out,
                                          itom_error **error);
itom_status itom_availability_series(const int64_t *periods, size_t periods_len, const char *outages,
                                     size_t outages_len, const char *options, size_t options_len,
                                     itom_bytes **out, itom_error **error);

/* Failure measures from the length of a period and those of the outages in it. */
itom_status itom_reliability(int64_t period, const int64_t *outages, size_t outages_len,
                             double confidence, itom_bytes **out, itom_error **error);

/* The downtime of several causes shared out (JSON {"cause": [[from, until], ...]}), cut to the period
 * from `start` to `end` unless one of them is ITOM_NEVER. */
itom_status itom_attribution(const char *causes, size_t causes_len, int64_t start, int64_t end,
                             itom_bytes **out, itom_error **error);

/* Confidence intervals, such as 0.95, for `good` of `total` independent trials; `sided` is 0, or -1 for
 * a lower and 1 for an upper bound only, the other being 0 or 1. */
itom_status itom_clopper_pearson(uint64_t good, uint64_t total, double confidence, int32_t sided,
                                 double *lower, double *upper, itom_error **error);
itom_status itom_wilson(uint64_t good, uint64_t total, double confidence, int32_t sided,
                        double *lower, double *upper, itom_error **error);

/* A graph of nodes that need each other, and the availability of a service in it. */
typedef struct itom_dependency_graph itom_dependency_graph;

/* A graph after a definition (JSON, schema "dependency_graph_definition"):
 *     {"nodes": {"app1": "0.99", "app2": "0.99", "db": {"mtbf": "999h", "mtrs": "1h"}},
 *      "service": {"all_of": ["db", {"any_of": ["app1", "app2"]}]}} */
itom_status itom_dependency_graph_new(const char *json, size_t json_len,
                                      itom_dependency_graph **out, itom_error **error);

/* The same graph asked about another expression (JSON). */
itom_status itom_dependency_graph_with_service(const itom_dependency_graph *graph,
                                               const char *service, size_t service_len,
                                               itom_dependency_graph **out, itom_error **error);

/* The availability of the service (JSON, schema "composite_availability"): exact where that is found
 * within `work` (0: the usual, less than a second), else bounds that hold for certain, good enough
 * when `tolerance` apart; "method", "width", "cut_sets" and "diagram_nodes" say how. */
itom_status itom_dependency_graph_availability(const itom_dependency_graph *graph, double tolerance,
                                               uint64_t work, itom_bytes **out, itom_error **error);

/* The same by simulation, with a confidence interval; the same seed gives the same answer. */
itom_status itom_dependency_graph_simulate(const itom_dependency_graph *graph, uint64_t samples,
                                           uint64_t seed, double confidence, itom_bytes **out,
                                           itom_error **error);

/* Every component, the most critical first; what one more member would buy in the `most` most
 * promising redundant gates; the names of single points of failure. JSON arrays. */
itom_status itom_dependency_graph_importance(const itom_dependency_graph *graph, double tolerance,
                                             uint64_t work, itom_bytes **out, itom_error **error);
itom_status itom_dependency_graph_replicas(const itom_dependency_graph *graph, size_t most,
                                           double tolerance, uint64_t work, itom_bytes **out,
                                           itom_error **error);
itom_status itom_dependency_graph_single_points_of_failure(const itom_dependency_graph *graph,
                                                           itom_bytes **out, itom_error **error);

void itom_dependency_graph_free(itom_dependency_graph *graph);

/* The availability of a block diagram: {"series": ["0.9995", {"parallel": ["0.9999", "0.999"]}]} */
itom_status itom_rbd(const char *expression, size_t expression_len, itom_bytes **out,
                     itom_error **error);

/* The chance that source and target of a network are connected (JSON, schema "network_definition"):
 *     {"source": "s", "target": "t", "edges": [["s", "x", "0.9"], ["x", "t", "0.9"]]} */
itom_status itom_two_terminal(const char *json, size_t json_len, itom_bytes **out,
                              itom_error **error);

/* ---- sla: delivery ---- */

/* Delivery by period and group (schema "delivery_report"): DORA keys, times to acknowledge, resolve and
 * recover, of events (schema "delivery_events") under options (schema "delivery_options"). */
itom_status itom_delivery(const char *events, size_t events_len, const char *options,
                          size_t options_len, itom_bytes **out, itom_error **error);

/* The DORA keys (schema "dora") of what was counted in a window (schema "dora_counts"). */
itom_status itom_dora(const char *counts, size_t counts_len, itom_bytes **out, itom_error **error);

/* The summary (schema "distribution") of `len` durations. */
itom_status itom_distribution(const int64_t *lengths, size_t len, itom_bytes **out,
                              itom_error **error);

/* How many of `len` durations lie in each bin: below the first edge, from each edge to the next, from the
 * last on. `out` has room for one more than there are edges, which ascend. */
itom_status itom_histogram(const int64_t *lengths, size_t len, const int64_t *edges,
                           size_t edges_len, uint64_t *out, itom_error **error);

/* The share of `len` durations that are not longer than each of `at`, into `out` for `at_len` values; NaN
 * of no durations. */
itom_status itom_ecdf(const int64_t *lengths, size_t len, const int64_t *at, size_t at_len,
                      double *out, itom_error **error);

/* ---- end of sla ---- */

/* ---- cmdb: what is there --------------------------------------------------------------------- */

typedef struct itom_cmdb itom_cmdb;

/* The state at one moment. It never changes, may be shared by threads, and outlives its database. */
typedef struct itom_view itom_view;

/* What is down, degraded and at risk when items fail. It never changes and outlives its view. */
typedef struct itom_impact itom_impact;

/* An empty database in memory. `model` is a class model (JSON, schema "model_definition"), the name
 * of a ready-made one such as "operations", several joined by '+' (see itom_model_pack), or NULL: any
 * class, any attribute, any kind of relation. */
itom_status itom_cmdb_new(const char *model, size_t model_len, itom_cmdb **out, itom_error **error);

/* Opens the database in a file, or makes one; a NULL `model` takes the one in the file. A transaction is
 * on the disk when its call returns. One process at a time may write, until itom_cmdb_free:
 * ITOM_STATUS_CONFLICT if it is open already, ITOM_STATUS_CORRUPT if it is damaged. */
itom_status itom_cmdb_open(const char *path, size_t path_len, const char *model, size_t model_len,
                           itom_cmdb **out, itom_error **error);

/* A transaction: it holds from `at` on, and became known at `known`, which never goes back from one
 * transaction to the next. Who made it, why, under which change, and which source says so (NULL is by
 * hand) are kept with it; the texts end with a NUL, or are NULL. */
typedef struct itom_transaction {
    int64_t at;
    int64_t known;
    const char *actor;
    const char *reason;
    const char *change;
    const char *source;
} itom_transaction;

/* Loads tables as one transaction: items with the columns id, class and any attributes, relations with
 * source, kind, target and, if wanted, group, min_up, min_up_type and weight. `source` depends on `target`,
 * unless the kind's impact in the class model says otherwise; relations of one source and one group are
 * redundant, min_up of their targets have to be up: by min_up_type a "count" (the default), a "percent" of
 * them, a "weight" or a "weight_percent" of the weights of all, 100 each unless said; without a group it
 * is a plain dependency. What exists is changed, what does not is made, nothing is removed; a missing cell
 * says nothing. Either table may be NULL. */
itom_status itom_cmdb_load(itom_cmdb *cmdb, const itom_table *items, const itom_table *relations,
                           const itom_transaction *transaction, itom_error **error);

/* Applies a JSON array of changes as one transaction, all of them or none:
 *     [{"put_item": {"id": "web-1", "class": "application", "attributes": {"zone": "a"}}},
 *      {"put_relation": {"source": "shop", "kind": "uses", "target": "web-1", "group": "web", "min_up": 1}},
 *      {"remove_relation": {"source": "shop", "kind": "uses", "target": "web-0", "group": "web"}},
 *      {"remove_item": {"id": "web-0"}}]
 * A put sets the attributes it names and leaves the others; null clears one. An instant in an attribute
 * is {"time": "2026-06-15T10:00:00Z"}. */
itom_status itom_cmdb_apply(itom_cmdb *cmdb, const char *changes, size_t changes_len,
                            const itom_transaction *transaction, itom_error **error);

/* The state as it was at `valid`, by what was known at `known`; ITOM_NEVER is the latest. */
itom_status itom_cmdb_at(const itom_cmdb *cmdb, int64_t valid, int64_t known, itom_view **out,
                         itom_error **error);

/* The class model, and the transactions so far, as JSON. */
itom_status itom_cmdb_model(const itom_cmdb *cmdb, itom_bytes **out, itom_error **error);
itom_status itom_cmdb_transactions(const itom_cmdb *cmdb, itom_bytes **out, itom_error **error);

/* ---- cmdb: moments ---- */

/* What differs from a view to a later one of the same database or of a branch of it, as JSON (schema
 * "difference"): {"added": [...], "removed": [...], "changed": [{"id": ..., "class": ..., "class_before": ...,
 * "attributes": [{"attribute": ..., "before": ..., "after": ...}]}], "relations_added": [...],
 * "relations_removed": [...], "relations_changed": [...]}. `ids` is a JSON array of the items to compare, NULL
 * for all. */
itom_status itom_view_diff(const itom_view *view, const itom_view *later, const char *ids, size_t ids_len,
                           itom_bytes **out, itom_error **error);

/* A branch in memory: a database with the same past, to try changes in. Costs the same however large the
 * database is. */
itom_status itom_cmdb_branch(const itom_cmdb *cmdb, itom_cmdb **out, itom_error **error);

/* Merges a branch as one transaction: the differences of its latest state from what the two had in common.
 * What both changed to different values is a conflict; `favour` is "ours", "theirs" or "neither" (NULL),
 * with which nothing is merged while there is one. As JSON (schema "branch_merge"): {"merged": true,
 * "conflicts": [...], "difference": {...}}. */
itom_status itom_cmdb_merge_branch(itom_cmdb *cmdb, const itom_cmdb *branch, const char *favour,
                                   const itom_transaction *transaction, itom_bytes **out,
                                   itom_error **error);

/* Everything that was said of an item, in the order it became known, as a JSON array:
 * [{"transaction": {"at": ..., "known": ..., "actor": ...}, "class": "host", "attributes": {...}}]. */
itom_status itom_cmdb_item_history(const itom_cmdb *cmdb, const char *id, size_t id_len, itom_bytes **out,
                                   itom_error **error);

/* Gives the present a name, as a transaction; the view of a name: as of that transaction's valid time, by
 * what was known then; and the names with their transactions, as a JSON array. */
itom_status itom_cmdb_set_baseline(itom_cmdb *cmdb, const char *name, size_t name_len,
                                   const itom_transaction *transaction, itom_error **error);
itom_status itom_cmdb_baseline(const itom_cmdb *cmdb, const char *name, size_t name_len, itom_view **out,
                               itom_error **error);
itom_status itom_cmdb_baselines(const itom_cmdb *cmdb, itom_bytes **out, itom_error **error);

/* ---- cmdb: snapshots ---- */

/* The whole database as a snapshot, and a database in memory from one. */
itom_status itom_cmdb_to_bytes(const itom_cmdb *cmdb, itom_bytes **out, itom_error **error);
itom_status itom_cmdb_from_bytes(const uint8_t *data, size_t data_len, itom_cmdb **out,
                                 itom_error **error);

/* Closes the file, too. */
void itom_cmdb_free(itom_cmdb *cmdb);

/* Number of items; 0 for NULL. */
size_t itom_view_len(const itom_view *view);

/* {"id": ..., "class": ..., "attributes": {...}}, or null if there is no such item. */
itom_status itom_view_item(const itom_view *view, const char *id, size_t id_len, itom_bytes **out,
                           itom_error **error);

/* The items of a class and of the classes below it, or all for NULL, as a JSON array in order of id.
 * `class_name` ends with a NUL. */
itom_status itom_view_items(const itom_view *view, const char *class_name, itom_bytes **out,
                            itom_error **error);

/* The relations that an item is an end of, or all for NULL: a JSON array of
 * {"source", "kind", "target", "group", "min_up", "min_up_type", "weight"}. `id` ends with a NUL. */
itom_status itom_view_relations(const itom_view *view, const char *id, itom_bytes **out,
                                itom_error **error);

/* The items next to one: a JSON array of {"id", "kind", "name", "direction"}. `direction` is
 * "providers" (what it depends on), "consumers" or "both", NULL is both; `kind` a kind of relation, NULL
 * is any; both end with a NUL. */
itom_status itom_view_neighbours(const itom_view *view, const char *id, size_t id_len,
                                 const char *direction, const char *kind, itom_bytes **out,
                                 itom_error **error);

/* The shortest chain of dependence from `source` to `target`, a JSON array of ids, or null. */
itom_status itom_view_path(const itom_view *view, const char *source, size_t source_len,
                           const char *target, size_t target_len, itom_bytes **out, itom_error **error);

/* What is down, degraded and at risk if these items fail: `failed` is an array of `failed_len` ids, each
 * ending with a NUL. An item is down if it failed itself or a group of it has fewer than min_up members
 * up, the least set of that kind; degraded if it is not down and a group lost a member; at risk if it is
 * degraded and one more loss in such a group takes it down. ITOM_STATUS_NOT_FOUND names an id that is
 * not there. */
itom_status itom_view_impact(const itom_view *view, const char *const *failed, size_t failed_len,
                             itom_impact **out, itom_error **error);

void itom_view_free(itom_view *view);

/* How many items are down; 0 for NULL. */
size_t itom_impact_down_len(const itom_impact *impact);

/* {"failed": [...], "down": [...], "degraded": [...], "at_risk": [...]}, each sorted. */
itom_status itom_impact_sets(const itom_impact *impact, itom_bytes **out, itom_error **error);

/* Why an item is affected: {"id", "state", "lost", "path"}. `state` is failed, down, at_risk, degraded or
 * up; `lost` holds its groups that lost members; `path` leads from a failure to it, each item having gone
 * down before the next. */
itom_status itom_impact_why(const itom_impact *impact, const char *id, size_t id_len, itom_bytes **out,
                            itom_error **error);

void itom_impact_free(itom_impact *impact);

/* ---- cmdb: files ---- */

/* Opens the database in a file to read what was written when it was opened; any number of processes may
 * while one writes. What would write is refused: ITOM_STATUS_CONFLICT. */
itom_status itom_cmdb_open_read_only(const char *path, size_t path_len, itom_cmdb **out, itom_error **error);

/* Syncs after every so many transactions instead of after each; 0 leaves it to itom_cmdb_sync. What was
 * applied and not synced survives the end of the process; when the power fails it may be lost, never in part. */
itom_status itom_cmdb_commit_every(itom_cmdb *cmdb, uint32_t transactions, itom_error **error);

/* When it returns, every transaction applied is on the disk. In memory it does nothing. */
itom_status itom_cmdb_sync(itom_cmdb *cmdb, itom_error **error);

/* Writes the whole state behind the log, so that opening need not apply what is before it; `bytes` gets
 * how many it takes. One is written by itself whenever the log behind the last one has grown as large as that
 * was, and from 1 MiB on; and by itom_cmdb_compact, which removes those before it. */
itom_status itom_cmdb_checkpoint(itom_cmdb *cmdb, uint64_t *bytes, itom_error **error);

/* Writes the file anew in as few blocks as may be, at one stroke; every transaction stays. Behind them it
 * writes a checkpoint. Gives what it did: JSON, schema "compaction". */
itom_status itom_cmdb_compact(itom_cmdb *cmdb, itom_bytes **out, itom_error **error);

/* Looks at every byte of a file, and says what is whole and what is damaged: JSON, schema "verification".
 * Damage is no error; a file that is no database is. */
itom_status itom_cmdb_verify(const char *path, size_t path_len, itom_bytes **out, itom_error **error);

/* Writes what can be read of a damaged file to a new one, and says what is lost: JSON, schema "salvage". */
itom_status itom_cmdb_salvage(const char *path, size_t path_len, const char *to, size_t to_len,
                              itom_bytes **out, itom_error **error);

/* ---- cmdb: model ---- */

/* Puts another class model in place of the one that holds, as a transaction: a view by what was known
 * before still has the model of that time. `model` as for itom_cmdb_new, but not NULL. What there is from
 * the transaction's `at` on must fit: ITOM_STATUS_CONFLICT with a list of what does not. */
itom_status itom_cmdb_set_model(itom_cmdb *cmdb, const char *model, size_t model_len,
                                const itom_transaction *transaction, itom_error **error);

/* A ready-made model as JSON, or several as one, joined by '+': operations, otel, kubernetes, csdm,
 * datacenter, network, aws, azure, gcp, backstage. */
itom_status itom_model_pack(const char *names, size_t names_len, itom_bytes **out, itom_error **error);

/* ---- cmdb: formats and queries ---- */

/* Reads a document of another tool: `format` (ends with a NUL) is "records" (JSON, JSON lines, YAML), "csv",
 * "kubernetes" (kubectl get -o json or yaml), "backstage", "netbox" (dumpdata), "otel_resource", "traces"
 * (OTLP JSON, Jaeger) or "aws_config". The result is {"records": [{"class", "id", "attributes"}],
 * "relations": [{"source", "kind", "target", "group", "min_up"}], "warnings": [...]}, of traces with
 * "calls": [{"source", "target", "calls", "errors"}]. The document is refused with its place or read whole. */
itom_status itom_import_read(const char *format, const char *document, size_t document_len,
                             itom_bytes **out, itom_error **error);

/* Reads a table of text, RFC 4180. `options` is NULL or {"delimiter": ";", "class": ..., "model": {...}}. */
itom_status itom_import_read_csv(const char *document, size_t document_len, const char *options,
                                 size_t options_len, itom_bytes **out, itom_error **error);

/* The changes for itom_cmdb_apply that put what itom_import_read gave. */
itom_status itom_import_changes(const char *import, size_t import_len, itom_bytes **out,
                                itom_error **error);

/* Answers a query, as of the times it names:
 *     service where criticality >= 2 -depends_on*1..4-> host where os ~ "Debian*" as of 2026-06-01
 * `~` is a pattern with * and ?; `matches` (or =~), and `not matches`, looks for a regular expression in quotes
 * or between slashes: id matches /^web-[0-9]+$/. A message of ITOM_STATUS_INVALID_ARGUMENT has the column, what
 * was expected and what was found. A text that begins with { is a query's definition in JSON. */
itom_status itom_cmdb_query(const itom_cmdb *cmdb, const char *query, size_t query_len,
                            itom_table **out, itom_error **error);

/* The same about the view's moment; the query may name no time. */
itom_status itom_view_query(const itom_view *view, const char *query, size_t query_len,
                            itom_table **out, itom_error **error);

/* The view, or the items of `ids_len` ids, each ending with a NUL, and the relations between them: `format`
 * is "dot", "mermaid", "graphml" or "sqlite" (the bytes of a file). NULL and 0 is all. */
itom_status itom_view_export(const itom_view *view, const char *format, const char *const *ids,
                             size_t ids_len, itom_bytes **out, itom_error **error);

/* The same as two tables: items with a column an attribute, and relations. */
itom_status itom_view_tables(const itom_view *view, const char *const *ids, size_t ids_len,
                             itom_table **items, itom_table **relations, itom_error **error);

/* What was ever said by what was known at the view, of all or of some items and their relations: two tables,
 * a row a statement, with "said", "at", "known", "told_by", "actor", "reason". */
itom_status itom_view_history_tables(const itom_view *view, const char *const *ids, size_t ids_len,
                                     itom_table **items, itom_table **relations, itom_error **error);

/* ---- cmdb: reconcile ---- */

/* Finds the items that records of a source are of, and writes what the source (`about->source`)
 * says of them, as one transaction. `records` is a JSON array of {"class", "id", "attributes"}, of which
 * id may be left out; `relations`, NULL for none, one of {"source", "kind", "target", "group", "min_up"}
 * whose ends are the index of a record, the id of an item, or a record that identifies one. `out` gets
 * {"records": [...], "relations": [...], "counts": {...}}: per record its outcome (inserted, updated,
 * unchanged, ambiguous, reclassified, rejected), its id, and how it was found. `dry_run` other than 0
 * writes nothing. */
itom_status itom_cmdb_reconcile(itom_cmdb *cmdb, const char *records, size_t records_len,
                                const char *relations, size_t relations_len,
                                const itom_transaction *about, int32_t dry_run, itom_bytes **out,
                                itom_error **error);

/* The same of the rows of a table: each column is an attribute, but id and class if there are such.
 * `class_name` ends with a NUL; NULL where the class is a column. `out` gets a table with the columns
 * outcome, id, matched, attributes and why. */
itom_status itom_cmdb_reconcile_table(itom_cmdb *cmdb, const itom_table *table, const char *class_name,
                                      const itom_transaction *about, itom_table **out,
                                      itom_error **error);

/* Puts the rules by which values of several sources become one in place of those before, as
 * {"rules": [{"class", "attributes", "choose", "sources", "refresh_after"}], "switches", "lifecycle"};
 * the present and the past are read by them. */
itom_status itom_cmdb_set_rules(itom_cmdb *cmdb, const char *rules, size_t rules_len,
                                const itom_transaction *about, itom_error **error);
itom_status itom_cmdb_rules(const itom_cmdb *cmdb, itom_bytes **out, itom_error **error);

/* Locks an attribute of an item to a value in JSON, or for NULL to the value it has: what was said by
 * hand holds until the lock is released. Texts without a length end with a NUL, here and below. */
itom_status itom_cmdb_lock(itom_cmdb *cmdb, const char *id, const char *attribute, const char *value,
                           size_t value_len, const itom_transaction *about, itom_error **error);
itom_status itom_cmdb_release(itom_cmdb *cmdb, const char *id, const char *attribute,
                              const itom_transaction *about, itom_error **error);

/* Makes several items one, of which `keep` is the id, and items of their own again. */
itom_status itom_cmdb_merge(itom_cmdb *cmdb, const char *keep, const char *const *others,
                            size_t others_len, const itom_transaction *about, itom_error **error);
itom_status itom_cmdb_unmerge(itom_cmdb *cmdb, const char *const *ids, size_t ids_len,
                              const itom_transaction *about, itom_error **error);

/* Withdraws what a source said of items it has not seen: {"source", "seen_before", "class",
 * "attributes", "ids", "action": "remove" or "mark", "guard": 0.05}. ITOM_STATUS_LIMIT_EXCEEDED if more
 * than the guard's share is stale. `out` gets {"in_scope", "stale", "share", "allowed", "removed",
 * "marked", "withdrawn"}; `dry_run` other than 0 does nothing and refuses nothing. */
itom_status itom_cmdb_sweep(itom_cmdb *cmdb, const char *sweep, size_t sweep_len,
                            const itom_transaction *about, int32_t dry_run, itom_bytes **out,
                            itom_error **error);

/* All that is said of an item: a JSON array of {"attribute", "source", "value", "at", "known", "seen",
 * "verdict"}; a source of null is by hand. */
itom_status itom_view_claims(const itom_view *view, const char *id, size_t id_len, itom_bytes **out,
                             itom_error **error);

/* Why an attribute of an item has the value it has: {"value", "source", "rule", "rule_number", "locked",
 * "claims", ...}. */
itom_status itom_view_why_value(const itom_view *view, const char *id, size_t id_len,
                                const char *attribute, size_t attribute_len, itom_bytes **out,
                                itom_error **error);

/* Items that are the same by the identification rules: a JSON array of {"class", "entry", "by", "ids"}. */
itom_status itom_view_duplicates(const itom_view *view, itom_bytes **out, itom_error **error);

/* ---- cmdb: impact ---------------------------------------------------------------------------- */

/* Every redundancy group that lost a member: a JSON array of {"id", "group", "min_up", "members", "up",
 * "slack", "weight"}, the least slack first. Slack 0 is at risk, below 0 is down. Where "weight", that of
 * all members, is not null, "min_up", "up" and "slack" are weights too. */
itom_status itom_impact_groups(const itom_impact *impact, itom_bytes **out, itom_error **error);

/* Everything an item depends on: a JSON array of {"id", "class", "level"}, nearest first; 1 is direct. */
itom_status itom_view_dependencies(const itom_view *view, const char *id, size_t id_len, itom_bytes **out,
                                   itom_error **error);

/* Which failures explain that all of these items are down: {"causes": [{"failed", "down", "unseen"}],
 * "complete"}. `down` is an array of ids, each ending with a NUL; `query` is JSON {"max_size": 1 to 3,
 * "classes", "max_trials", "limit"}, each of which may be left out, or NULL. */
itom_status itom_view_causes(const itom_view *view, const char *const *down, size_t down_len,
                             const char *query, size_t query_len, itom_bytes **out, itom_error **error);

/* The minimal sets of failures that take a service down: {"id", "sets", "complete"}. `query` is JSON
 * {"max_size": 1 to 3, "classes", "max_trials", "max_sets"}, each of which may be left out, or NULL. */
itom_status itom_view_cut_sets(const itom_view *view, const char *service, size_t service_len,
                               const char *query, size_t query_len, itom_bytes **out, itom_error **error);

/* May these items go down at once? {"safe", "lost", "degraded", "without_spare", "groups"}, of the
 * classes named, or of any for none. Ids and classes end with a NUL. */
itom_status itom_view_maintenance(const itom_view *view, const char *const *down, size_t down_len,
                                  const char *const *classes, size_t classes_len, itom_bytes **out,
                                  itom_error **error);

/* The statuses that follow from those observed (JSON {id: status}) by rules (JSON, the name "opennms",
 * "bmc" or "up_or_down", or NULL): a JSON array of {"id", "class", "status", "observed", "path"}, the
 * worst first; what is at the best status is left out. */
itom_status itom_view_statuses(const itom_view *view, const char *observed, size_t observed_len,
                               const char *rules, size_t rules_len, itom_bytes **out, itom_error **error);

/* The items near one: {"nodes": [{"id", "class", "layer"}], "relations", "truncated"}, the distance as
 * layer. `direction` as in itom_view_neighbours; `filter` is JSON {"kinds", "classes", "depth", "limit"},
 * each of which may be left out, or NULL. */
itom_status itom_view_neighbourhood(const itom_view *view, const char *id, size_t id_len,
                                    const char *direction, const char *filter, size_t filter_len,
                                    itom_bytes **out, itom_error **error);

/* What a service stands on, in layers to draw; answer and `filter` as of itom_view_neighbourhood. */
itom_status itom_view_service_map(const itom_view *view, const char *service, size_t service_len,
                                  const char *filter, size_t filter_len, itom_bytes **out,
                                  itom_error **error);

/* All shortest chains of dependence: {"paths", "truncated"}; `filter` as of itom_view_neighbourhood. */
itom_status itom_view_shortest_paths(const itom_view *view, const char *source, size_t source_len,
                                     const char *target, size_t target_len, const char *filter,
                                     size_t filter_len, itom_bytes **out, itom_error **error);

/* The items that depend on each other in circles: a JSON array of arrays of ids. */
itom_status itom_view_cycles(const itom_view *view, itom_bytes **out, itom_error **error);

/* ---- cmdb: health ---- */

typedef struct itom_health_monitor itom_health_monitor;

/* How healthy the database is at the view's moment, as JSON (schema "health_report"): {"now": ..., "all": {"score":
 * ..., "completeness": ..., "correctness": ..., "compliance": ..., "relationship": ..., "metrics":
 * {"correctness.orphan": {"checked": 4, "failed": 1, "score": 0.75}, ...}}, "classes": [{"name": ..., "scores":
 * {...}}], "services": [...], "owners": [...], "sources": [...], "failing": 1, "worst": [{"id": ..., "failures":
 * [{"metric": ..., "reason": ...}]}]}. `definition` is JSON (schema "health_definition"), NULL for the default;
 * `now` is what staleness is told by, ITOM_NEVER for the view's valid time or, of the latest view, the latest of
 * which anything was said. */
itom_status itom_view_health(const itom_view *view, const char *definition, size_t definition_len,
                             int64_t now, itom_bytes **out, itom_error **error);

/* Health kept up to date: a monitor of a database looks again only at what was touched since the last time. Its
 * report is that of itom_view_health for the latest view. It holds nothing of the database, which is given with
 * every call and must be the one it was made for. */
itom_status itom_health_monitor_new(itom_cmdb *cmdb, const char *definition, size_t definition_len,
                                    itom_health_monitor **out, itom_error **error);
itom_status itom_health_monitor_update(itom_health_monitor *monitor, const itom_cmdb *cmdb,
                                       itom_error **error);
itom_status itom_health_monitor_report(itom_health_monitor *monitor, const itom_cmdb *cmdb, int64_t now,
                                       itom_bytes **out, itom_error **error);
void itom_health_monitor_free(itom_health_monitor *monitor);

/* ---- end of cmdb ---- */

/* ---- anomaly: what looks wrong --------------------------------------------------------------- */

/* A streaming anomaly detector for one series. It needs to be told nothing: no scale, no period, no
 * training, and judges from the first point, with doubt that shrinks as it learns. Use one per series.
 *
 *     itom_detector *detector;
 *     itom_verdict verdict;
 *     itom_detector_new(&detector, NULL);
 *     itom_detector_update(detector, now_ns, 42.0, &verdict, NULL);
 *     if (verdict.alert >= 0.5) wake_someone();
 *     itom_detector_free(detector);
 */
typedef struct itom_detector itom_detector;

/* What a detector says about one point. This struct is frozen: it will never change. NaN stands for
 * what is not known: the value of a missing point, the band before the second point. */
typedef struct itom_verdict {
    int64_t time;       /* the point's time */
    double value;       /* the point's value; NaN where it is missing */
    double score;       /* how odd, in [0, 1]; the fence is 0.5; stays high while the oddity lasts */
    double alert;       /* 0, but where an alarm starts or escalates: its strength; the fence is 0.5 */
    double p_value;     /* about how likely a point as odd is when all is as usual, in (0, 1] */
    double expected;    /* the best prediction made beforehand */
    double lower;       /* about one point in a hundred falls below */
    double upper;       /* about one point in a hundred rises above */
    double times_usual; /* the strongest deviation as a multiple of its usual size */
    int32_t anomalous;  /* 1 where score >= 0.5, else 0 */
    int32_t direction;  /* ITOM_DIRECTION_... */
    int32_t evidence;   /* ITOM_EVIDENCE_...: what speaks most strongly */
    int32_t reserved;   /* 0 */
} itom_verdict;

enum { ITOM_DIRECTION_NONE = 0, ITOM_DIRECTION_ABOVE = 1, ITOM_DIRECTION_BELOW = 2 };

enum {
    ITOM_EVIDENCE_USUAL = 0,
    ITOM_EVIDENCE_MISSING = 1,
    ITOM_EVIDENCE_LATE = 2,     /* older than the point before: counted, not judged */
    ITOM_EVIDENCE_LEARNING = 3, /* too few points */
    ITOM_EVIDENCE_LEVEL = 4,
    ITOM_EVIDENCE_CHANGE = 5,
    ITOM_EVIDENCE_RECENT_LEVEL = 6,
    ITOM_EVIDENCE_SHIFT = 7,
    ITOM_EVIDENCE_RESTLESSNESS = 8,
    ITOM_EVIDENCE_TIME_OF_DAY = 9,
    ITOM_EVIDENCE_TIME_OF_DAY_LASTING = 10,
    ITOM_EVIDENCE_TIME_OF_WEEK = 11,
    ITOM_EVIDENCE_AFTERMATH = 12, /* the oddity of the points before is dying away */
    ITOM_EVIDENCE_NEW_VALUE = 13, /* far from every value seen before */
    ITOM_EVIDENCE_RECORD = 14,    /* beyond the highest or the lowest value seen */
    ITOM_EVIDENCE_COURSE = 15,    /* the course of the last points is unlike every one seen */
    ITOM_EVIDENCE_TIME_OF_WEEK_LASTING = 16
};

itom_status itom_detector_new(itom_detector **out, itom_error **error);

/* A detector that raises about so many alarms a week on a series where nothing happens, and hardly more on
 * a troubled one. itom_detector_new() keeps a fixed fence instead: about one false alarm in two thousand
 * points. The budget is above 0 and at most 604800. */
itom_status itom_detector_with_budget(double alarms_per_week, itom_detector **out, itom_error **error);

/* Judges one point, then learns it. A NaN value is missing: only the clock moves. A point older than the
 * one before is counted, not judged; after 32 in a row the clock is taken to have been set back. */
itom_status itom_detector_update(itom_detector *detector, int64_t time, double value,
                                 itom_verdict *out, itom_error **error);

/* Many points at once: bit for bit what as many updates give, and the state advances as by those.
 * `out` has room for `len` results: scores, alerts, or whole verdicts. */
itom_status itom_detector_score(itom_detector *detector, const int64_t *times, const double *values,
                                size_t len, double *out, itom_error **error);
itom_status itom_detector_alerts(itom_detector *detector, const int64_t *times, const double *values,
                                 size_t len, double *out, itom_error **error);
itom_status itom_detector_verdicts(itom_detector *detector, const int64_t *times,
                                   const double *values, size_t len, itom_verdict *out,
                                   itom_error **error);

/* The whole state; a detector made from it goes on bit for bit. */
itom_status itom_detector_to_bytes(const itom_detector *detector, itom_bytes **out,
                                   itom_error **error);
itom_status itom_detector_from_bytes(const uint8_t *bytes, size_t bytes_len, itom_detector **out,
                                     itom_error **error);
void itom_detector_free(itom_detector *detector);

/* The verdict's reason as a sentence, such as "rose by 12 times the usual change from the point before". */
itom_status itom_verdict_reason(const itom_verdict *verdict, itom_bytes **out, itom_error **error);

/* The weights of the Numenta Anomaly Benchmark. */
enum {
    ITOM_NAB_STANDARD = 0,
    ITOM_NAB_REWARD_LOW_FP_RATE = 1,
    ITOM_NAB_REWARD_LOW_FN_RATE = 2
};

/* A NAB score with the counts that belong beside it. Frozen. */
typedef struct itom_nab_result {
    double score;     /* 0 for silence, 100 for the perfect detector */
    double threshold; /* the one given, or the best in hindsight */
    uint64_t windows;
    uint64_t windows_hit;
    uint64_t false_positive_points;
} itom_nab_result;

/* The NAB score of a detector on a corpus of `series` series. Series k has rows[k] scores, one after the
 * other in `scores`, and windows[k] labelled windows, one after the other in `window_firsts` and
 * `window_lasts`: first and last row within the series, inclusive. A NaN threshold asks for the best. */
itom_status itom_nab_score(const double *scores, const size_t *rows, size_t series,
                           const size_t *window_firsts, const size_t *window_lasts,
                           const size_t *windows, int32_t profile, double threshold,
                           itom_nab_result *out, itom_error **error);

/* ---- anomaly: how good scores, alarms, changepoints and forecasts are ---- */

/* The volume under the precision-recall and under the ROC surface, as the TSB-AD leaderboard defines them:
 * for every buffer length from 0 to `window` near misses count in part. A label is 0 or not; only the
 * order of the scores matters, NaN ranks last. TSB-AD takes 250 thresholds and the window that
 * itom_dominant_period() gives for the values, or 125 where it gives 0: no period. */
itom_status itom_vus_pr(const uint8_t *labels, const double *scores, size_t len, size_t window,
                        size_t thresholds, double *out, itom_error **error);
itom_status itom_vus_roc(const uint8_t *labels, const double *scores, size_t len, size_t window,
                         size_t thresholds, double *out, itom_error **error);
itom_status itom_dominant_period(const double *values, size_t len, size_t *out, itom_error **error);

/* Range-based precision and recall (Tatbul et al. 2018) of flagged points. `options` is JSON such as
 * {"existence_weight": 0.5, "bias": "front", "cardinality": "reciprocal"}; NULL means all defaults. */
itom_status itom_range_precision_recall(const uint8_t *labels, const uint8_t *flagged, size_t len,
                                        const char *options, size_t options_len, itom_bytes **out,
                                        itom_error **error);

/* F1 by the rule of the AIOps challenge: an anomalous segment is found if one of its first `delay` + 1 points
 * reaches the threshold; NaN asks for the best one. Series k has rows[k] labels and scores. */
itom_status itom_delay_f1(const uint8_t *labels, const double *scores, const size_t *rows, size_t series,
                          size_t delay, double threshold, itom_bytes **out, itom_error **error);

/* F1 within `margin` points and covering of predicted changepoints. Annotator k marked counts[k] indices, one
 * annotator after the other in `annotations`. */
itom_status itom_changepoint_score(const size_t *annotations, const size_t *counts, size_t annotators,
                                   const size_t *predicted, size_t predicted_len, size_t length,
                                   size_t margin, itom_bytes **out, itom_error **error);

/* sMAPE, MASE and OWA beside naive2, as in the M4 competition. Series k has history_rows[k] values that were
 * known, and horizons[k] that came and were forecast, one series after the other. */
itom_status itom_forecast_score(const double *histories, const size_t *history_rows,
                                const double *actuals, const double *forecasts, const size_t *horizons,
                                size_t series, size_t season, itom_bytes **out, itom_error **error);

/* How often intervals of that level held, how wide they were, and Winkler's score of both. */
itom_status itom_interval_score(const double *actual, const double *lower, const double *upper, size_t len,
                                double level, itom_bytes **out, itom_error **error);

/* ---- anomaly: decomposition ---- */

/* The periods of a series in points, shortest first: `count` of them (at most 3), of which the first
 * `periods_len` are written; places left over become 0. NaN is a missing value. */
itom_status itom_seasonal_periods(const double *values, size_t len, size_t *periods, size_t periods_len,
                                  size_t *count, itom_error **error);

/* Trend, seasons and remainder by MSTL. `trend` and `remainder` have room for `len` numbers, `seasons` for
 * `len` for each period, one period after the other; a period the series has not two cycles of is all 0.
 * `robust` nonzero keeps outliers from pulling at trend and seasons. */
itom_status itom_decompose(const double *values, size_t len, const size_t *periods, size_t periods_len,
                           int32_t robust, double *trend, double *seasons, double *remainder,
                           itom_error **error);

/* ---- anomaly: changepoints ---- */

/* The indices at which a series changed for good: `count` of them, of which the first `indices_len` are
 * written; places left over become 0. There is no penalty to choose. `options` is JSON such as
 * {"kind": "mean", "least": 10, "periods": [24], "penalty": 30.0}; NULL means all defaults. */
itom_status itom_changepoints(const double *values, size_t len, const char *options, size_t options_len,
                              size_t *indices, size_t indices_len, size_t *count, itom_error **error);

/* ---- anomaly: forecasts ---- */

/* The next `horizon` values of a series, and the bounds between which they lie with the probability of each
 * level. `out_times` and `expected` have room for `horizon` each, `lower` and `upper` for `horizon` for each
 * level, one level after the other. Points may be irregular, missing (NaN) and in any order. */
itom_status itom_series_forecast(const int64_t *times, const double *values, size_t len, size_t horizon,
                                 const double *levels, size_t levels_len, int64_t *out_times,
                                 double *expected, double *lower, double *upper, itom_error **error);

/* When a series reaches a threshold; ITOM_NEVER where that is not in sight. Frozen. */
typedef struct itom_threshold_forecast {
    int64_t now;         /* the time of the last point */
    int64_t eta;         /* as likely reached as not */
    int64_t earliest;    /* reached with a probability of one in ten */
    int64_t latest;      /* reached with a probability of nine in ten */
    double saturates_at; /* the limit of growth that slows down; NaN without */
    int32_t sawtooth;    /* 1 where the tips of a saw were continued */
    int32_t reserved;    /* 0 */
} itom_threshold_forecast;

/* `probabilities` gets, for each of the `within` (nanoseconds from the last point on), the probability that
 * the threshold is reached within it. */
itom_status itom_time_to_threshold(const int64_t *times, const double *values, size_t len, double threshold,
                                   const int64_t *within, size_t within_len, double *probabilities,
                                   itom_threshold_forecast *out, itom_error **error);

/* ---- end of anomaly ---- */

/* ---- event: what happened -------------------------------------------------------------------- */

/* Turns events into alerts and alerts into incidents, by time and topology.
 *
 * Events may come in any order within the definition's lateness and in batches of any size; the result
 * is the same. They wait until their time is closed: by an event that is younger by more than the
 * lateness, or by itom_correlator_advance().
 *
 *     itom_correlator *correlator;
 *     itom_bytes *updates;
 *     itom_correlator_new(NULL, 0, &correlator, NULL);
 *     itom_correlator_set_edges(correlator, "[[\"shop\", \"db\"]]", ITOM_TEXT, NULL);
 *     itom_correlator_push(correlator,
 *         "[{\"id\": \"1\", \"time\": \"2026-06-15T10:00:00Z\", \"item\": \"db\", \"name\": \"disk full\"}]",
 *         ITOM_TEXT, &updates, NULL);
 *     itom_bytes_free(updates);
 *     itom_correlator_advance(correlator, now_ns, &updates, NULL);
 */
typedef struct itom_correlator itom_correlator;

/* `json` is a correlator definition such as {"time_window": "15m", "max_distance": 2}; every field has
 * a default, and NULL means all of them. */
itom_status itom_correlator_new(const char *json, size_t json_len, itom_correlator **out,
                                itom_error **error);

/* Who depends on whom: a list of pairs [consumer, provider]. Replaces what was known before; alerts
 * that are correlated already stay as they are. Not part of a snapshot. */
itom_status itom_correlator_set_edges(itom_correlator *correlator, const char *json, size_t json_len,
                                      itom_error **error);

/* Takes a list of events in and gives out the list of updates of what they close, each with its
 * "kind": alert_fired, alert_repeated, alert_resolved, flapping_started, flapping_stopped,
 * incident_opened, alert_joined, incidents_merged, incident_resolved, late, duplicate,
 * alert_forgotten, incident_forgotten. If one event is not valid, none is taken. */
itom_status itom_correlator_push(itom_correlator *correlator, const char *json, size_t json_len,
                                 itom_bytes **updates, itom_error **error);

/* The same for a table with a row per event: the columns id, time, item and name, and optionally
 * source, kind, severity, text, value, fingerprint and label.x for label x. */
itom_status itom_correlator_push_table(itom_correlator *correlator, const itom_table *events,
                                       itom_bytes **updates, itom_error **error);

/* Closes everything up to and including `now`, which is when timers fall due, too. */
itom_status itom_correlator_advance(itom_correlator *correlator, int64_t now, itom_bytes **updates,
                                    itom_error **error);

/* The alerts in the order in which they were first seen, and the incidents in the order in which
 * they started, as lists; and the counts of everything that came in. */
itom_status itom_correlator_alerts(const itom_correlator *correlator, itom_bytes **out,
                                   itom_error **error);
itom_status itom_correlator_incidents(const itom_correlator *correlator, itom_bytes **out,
                                      itom_error **error);
itom_status itom_correlator_statistics(const itom_correlator *correlator, itom_bytes **out,
                                       itom_error **error);

/* Everything before this instant is closed; ITOM_NEVER before the first event. */
itom_status itom_correlator_watermark(const itom_correlator *correlator, int64_t *out,
                                      itom_error **error);

itom_status itom_correlator_to_bytes(const itom_correlator *correlator, itom_bytes **out,
                                     itom_error **error);
itom_status itom_correlator_from_bytes(const uint8_t *bytes, size_t bytes_len, itom_correlator **out,
                                       itom_error **error);
void itom_correlator_free(itom_correlator *correlator);

/* Finds the templates of log lines as they come: lines that differ only in values have one.
 *
 * What is variable is told by its looks and its neighbours (numbers with their units, addresses, paths,
 * dates, hosts, names of users), by masks of yours, and by the number of words seen in one place. An id is
 * a hash of the template, below 2^53: the same on every machine and after every restart.
 *
 *     itom_template_miner *miner;
 *     uint64_t id;
 *     itom_template_miner_new(NULL, 0, &miner, NULL);
 *     itom_template_miner_add(miner, (const uint8_t *)line, strlen(line), &id, NULL);
 */
typedef struct itom_template_miner itom_template_miner;

/* `json` is a definition such as {"max_templates": 500, "masks": [{"name": "order", "pattern": "o-[a-z]+"}]}
 * (schema "template_miner_definition"); every field has a default, and NULL means all of them. */
itom_status itom_template_miner_new(const char *json, size_t json_len, itom_template_miner **out,
                                    itom_error **error);

/* The id of a line's template, which is made if there is none. A line is any bytes without the line break:
 * what is not UTF-8 counts as letters, control characters as spaces; an empty line is a template without
 * text. Of a line longer than max_line_bytes the rest is one parameter. */
itom_status itom_template_miner_add(itom_template_miner *miner, const uint8_t *line, size_t line_len,
                                    uint64_t *id, itom_error **error);

/* The same with all that is known of the line: {"id", "text", "parameters": [{"kind", "value", "start",
 * "end", "mask"}], "new", "count"} (schema "template_match"). */
itom_status itom_template_miner_add_match(itom_template_miner *miner, const uint8_t *line, size_t line_len,
                                          itom_bytes **out, itom_error **error);

/* The ids of `lines` lines that lie one behind the other in `bytes`; `ends` says behind which byte each
 * ends, as the offsets of an Arrow column do from their second on. `ids` is room for as many. */
itom_status itom_template_miner_add_many(itom_template_miner *miner, const uint8_t *bytes, size_t bytes_len,
                                         const uint64_t *ends, size_t lines, uint64_t *ids,
                                         itom_error **error);

/* Ends an interval at `now` and gives out what changed, each with its "kind": template_new and
 * template_evicted since the last call, and rate_changed for a count in the interval that is not what the
 * intervals before let expect. The lines added since the last call are those of the interval. */
itom_status itom_template_miner_advance(itom_template_miner *miner, int64_t now, itom_bytes **updates,
                                        itom_error **error);

/* The templates in the order of their birth, as a list of {"id", "text", "count", "first_line",
 * "last_line"}; the one of an id, or null; and the counts of everything that came in. */
itom_status itom_template_miner_templates(const itom_template_miner *miner, itom_bytes **out,
                                          itom_error **error);
itom_status itom_template_miner_template(const itom_template_miner *miner, uint64_t id, itom_bytes **out,
                                         itom_error **error);
itom_status itom_template_miner_statistics(const itom_template_miner *miner, itom_bytes **out,
                                           itom_error **error);

/* Takes in what `other`, of the same definition, has learned from other lines of the same stream:
 * templates of the same id become one, counts and rates are added up. */
itom_status itom_template_miner_merge(itom_template_miner *miner, const itom_template_miner *other,
                                      itom_error **error);

itom_status itom_template_miner_to_bytes(const itom_template_miner *miner, itom_bytes **out,
                                         itom_error **error);
itom_status itom_template_miner_from_bytes(const uint8_t *bytes, size_t bytes_len, itom_template_miner **out,
                                           itom_error **error);
void itom_template_miner_free(itom_template_miner *miner);

/* Ranks what may have caused a symptom, best first. `json` is
 *
 *     {"edges": [["shop", "db"]], "symptom": {"ci": "shop", "metric": "latency"},
 *      "at": "2026-06-15T10:00:00Z",
 *      "series": [{"ci": "shop", "metric": "latency", "timestamps": [...], "values": [...]}],
 *      "alerts": [{"ci": "db", "time": "...", "severity": 17}],
 *      "changes": [{"ci": "db", "time": "..."}]}
 *
 * where a missing value is null; the result a list of {"ci", "score", "evidence", "path"}, empty if
 * nothing is out of the ordinary. */
itom_status itom_rank_causes(const char *json, size_t json_len, itom_bytes **out, itom_error **error);

/* Learns from history which types of alarms cause which others. `json` is
 *
 *     {"types": ["power", "unreachable"], "items": ["router", "host"],
 *      "times": ["2026-06-15T10:00:00Z", "2026-06-15T10:01:10Z"],
 *      "links": [["host", "router"]], "definition": {"half_life": "720h"}}
 *
 * where alarm n is of type n, on item n, at time n, in any order; an influence may run over a link either
 * way; and every field of the definition has a default. The result is a list of {"cause", "effect",
 * "strength", "support", "expected", "lag", "share", "by_distance", "p_value"}, the strongest first. */
itom_status itom_learn_dependencies(const char *json, size_t json_len, itom_bytes **out,
                                    itom_error **error);

/* The same while alarms come in, in any order and in batches of any size. */
typedef struct itom_dependency_learner itom_dependency_learner;

/* `json` is a dependency definition such as {"lag": "2m", "max_runs": 100000}; NULL means defaults. */
itom_status itom_dependency_learner_new(const char *json, size_t json_len, itom_dependency_learner **out,
                                        itom_error **error);

/* Takes {"types": [...], "items": [...], "times": [...]} in, all of it or nothing. */
itom_status itom_dependency_learner_add(itom_dependency_learner *learner, const char *json,
                                        size_t json_len, itom_error **error);

/* What the alarms so far say over the links, a list of pairs of items; NULL means none. The result is
 * as that of itom_learn_dependencies(). */
itom_status itom_dependency_learner_learned(const itom_dependency_learner *learner, const char *json,
                                            size_t json_len, itom_bytes **out, itom_error **error);

/* Forgets runs of equal alarms that ended before an instant, and says how many. */
itom_status itom_dependency_learner_forget(itom_dependency_learner *learner, int64_t before,
                                           uint64_t *forgotten, itom_error **error);

/* How many runs of equal alarms are kept, and how many were forgotten. */
itom_status itom_dependency_learner_runs(const itom_dependency_learner *learner, uint64_t *runs,
                                         uint64_t *forgotten, itom_error **error);

itom_status itom_dependency_learner_to_bytes(const itom_dependency_learner *learner, itom_bytes **out,
                                             itom_error **error);
itom_status itom_dependency_learner_from_bytes(const uint8_t *bytes, size_t bytes_len,
                                               itom_dependency_learner **out, itom_error **error);
void itom_dependency_learner_free(itom_dependency_learner *learner);

/* ---- end of event ---- */

/* ---- operations: the join -------------------------------------------------------------------- */

/* Observations in, a few explained incidents out. Time is what the observations say and what
 * itom_operations_advance is told; how the input is cut into calls never shows in the results. */
typedef struct itom_operations itom_operations;

/* An engine after a definition (JSON, schema "operations_definition"; {"name": "shop"} is a whole one)
 * over a copy of a CMDB, or over an empty one for NULL. */
itom_status itom_operations_new(const char *json, size_t json_len, const itom_cmdb *cmdb,
                                itom_operations **out, itom_error **error);

/* Takes a JSON array of observations in, in their order:
 *     [{"metric": {"time": "2026-06-15T10:00:00Z", "item": "web", "metric": "latency", "value": 0.2}},
 *      {"event": {...}}, {"topology": {"at": "...", "changes": [...]}}]
 * `updates` may be NULL; else *updates becomes a JSON array of what they led to, among it samples that
 * came too late and what the present state cannot take. An observation that no state could take is
 * ITOM_STATUS_INVALID_ARGUMENT, and nothing of the call is applied. */
itom_status itom_operations_ingest(itom_operations *operations, const char *json, size_t json_len,
                                   itom_bytes **updates, itom_error **error);

/* The same for metric samples in columns: instants, ids of items and names of metrics (each ends with a
 * NUL), values (NaN is missing). */
itom_status itom_operations_ingest_metrics(itom_operations *operations, const int64_t *times,
                                           const char *const *items, const char *const *metrics,
                                           const double *values, size_t len, itom_bytes **updates,
                                           itom_error **error);

/* The same for a table with the columns time, item, metric and value. */
itom_status itom_operations_ingest_table(itom_operations *operations, const itom_table *samples,
                                         itom_bytes **updates, itom_error **error);

/* Says what time it is: what has been quiet for long enough ends. `updates` may be NULL. */
itom_status itom_operations_advance(itom_operations *operations, int64_t now, itom_bytes **updates,
                                    itom_error **error);

/* The incidents with their explanation, oldest first, as a JSON array. */
itom_status itom_operations_incidents(const itom_operations *operations, itom_bytes **out,
                                      itom_error **error);

/* The alerts, firing and recent, as a JSON array sorted by fingerprint. */
itom_status itom_operations_alerts(const itom_operations *operations, itom_bytes **out,
                                   itom_error **error);

/* The id of the incident with the most alerts among those active at `since` or later; *out is NULL if
 * there is none. */
itom_status itom_operations_worst_incident(const itom_operations *operations, int64_t since,
                                           itom_bytes **out, itom_error **error);

itom_status itom_operations_to_bytes(const itom_operations *operations, itom_bytes **out,
                                     itom_error **error);
itom_status itom_operations_from_bytes(const uint8_t *bytes, size_t bytes_len, itom_operations **out,
                                       itom_error **error);
void itom_operations_free(itom_operations *operations);

/* One incident as a person reads it; it lives apart from the engine. */
typedef struct itom_report itom_report;

/* The report of one incident as of an instant. */
itom_status itom_operations_report(const itom_operations *operations, const char *incident,
                                   size_t incident_len, int64_t at, itom_report **out,
                                   itom_error **error);

/* For a terminal, at most 100 columns wide; with ANSI colours unless `colour` is 0. */
itom_status itom_report_to_text(const itom_report *report, int32_t colour, itom_bytes **out,
                                itom_error **error);

/* One self-contained HTML page: no network, no script. */
itom_status itom_report_to_html(const itom_report *report, itom_bytes **out, itom_error **error);

/* The record, schema "report". */
itom_status itom_report_to_json(const itom_report *report, itom_bytes **out, itom_error **error);

void itom_report_free(itom_report *report);

/* ---- end of operations ---- */

#ifdef __cplusplus
}
#endif

#endif /* ITOM_H */
