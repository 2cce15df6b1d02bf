/* itom.h, sla: the cases that Rust, Python and C share, every operation with every alternative.
 *
 *     test_sla_cases lines.tsv [more.tsv ...]
 *
 * The lines are made of case files by tests/sla_case_lines.py, which says how they look. Each
 * operation has one function here that calls the library and gives back what it said, as JSON; what
 * has to hold of that stands in the line. */
#include "check.h"
#include "json.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>

#define MINUTE INT64_C(60000000000)
#define MOST_PARTS 64
#define MOST_OPS 64
#define MOST_CALENDARS 1024
#define MOST_NUMBERS 4096

/* ---- results and arguments ---- */

/* What an operation said, as JSON; empty if a call failed, which was reported. */
static char result[1 << 20];

static void say(const char *format, ...) {
    va_list values;
    int length;
    va_start(values, format);
    length = vsnprintf(result, sizeof result, format, values);
    va_end(values);
    CHECK(length >= 0 && (size_t)length < sizeof result);
}

/* Takes over the answer of a call that gives JSON. */
static void say_bytes(itom_bytes *bytes) {
    if (bytes != NULL) {
        say("%s", itom_bytes_data(bytes));
    }
    itom_bytes_free(bytes);
}

/* An instant or a duration, as a number or null. */
static const char *or_null(int64_t nanos, char *text, size_t size) {
    snprintf(text, size, nanos == ITOM_NEVER ? "null" : "%" PRId64, nanos);
    return text;
}

static void say_number(int64_t nanos) {
    char text[32];
    say("%s", or_null(nanos, text, sizeof text));
}

static int64_t number(const char *text) { return strtoll(text, NULL, 10); }

/* Numbers with blanks between them. */
static size_t numbers(const char *text, int64_t *out) {
    size_t count = 0;
    char *end;
    for (; count < MOST_NUMBERS; text = end) {
        out[count] = strtoll(text, &end, 10);
        if (end == text) {
            break;
        }
        count++;
    }
    CHECK(*(text + strspn(text, " ")) == '\0');
    return count;
}

/* ---- calendars ---- */

static struct {
    char *name, *definition;
    itom_calendar *calendar;
} calendars[MOST_CALENDARS];
static size_t calendar_count = 0;

static char *copied(const char *text) {
    char *copy = malloc(strlen(text) + 1);
    if (copy == NULL) {
        abort();
    }
    return strcpy(copy, text);
}

static void keep_calendar(const char *name, const char *definition) {
    CHECK(calendar_count < MOST_CALENDARS);
    if (calendar_count < MOST_CALENDARS) {
        calendars[calendar_count].name = copied(name);
        calendars[calendar_count].definition = copied(definition);
        calendars[calendar_count++].calendar = NULL;
    }
}

/* The calendar of a name, made when it is first asked for. */
static itom_calendar *calendar_of(const char *name) {
    for (size_t index = 0; index < calendar_count; index++) {
        if (strcmp(calendars[index].name, name) == 0) {
            if (calendars[index].calendar == NULL) {
                CHECK_OK(itom_calendar_new(calendars[index].definition, ITOM_TEXT,
                                           &calendars[index].calendar, &error));
            }
            return calendars[index].calendar;
        }
    }
    fprintf(stderr, "there is no calendar %s\n", name);
    CHECK(!"a calendar of that name");
    return NULL;
}

static void forget_calendars(void) {
    while (calendar_count > 0) {
        calendar_count--;
        free(calendars[calendar_count].name);
        free(calendars[calendar_count].definition);
        itom_calendar_free(calendars[calendar_count].calendar);
    }
}

typedef itom_status one_by_one(const itom_calendar *, int64_t, int64_t, int64_t *, itom_error **);
typedef itom_status all_at_once(const itom_calendar *, const int64_t *, const int64_t *, size_t,
                                int64_t *, itom_error **);

/* The single call and the one for arrays say the same. */
static void calendar_op(char **given, one_by_one *single, all_at_once *array) {
    const itom_calendar *calendar = calendar_of(given[0]);
    int64_t first[2] = {number(given[1]), number(given[1])};
    int64_t second[2] = {number(given[2]), number(given[2])};
    int64_t one = 1, many[2] = {2, 3};
    CHECK_OK(single(calendar, first[0], second[0], &one, &error));
    CHECK_OK(array(calendar, first, second, 2, many, &error));
    CHECK(many[0] == one && many[1] == one);
    say_number(one);
}

static void elapsed(char **given) {
    calendar_op(given, itom_calendar_elapsed, itom_calendar_elapsed_all);
}

static void deadline(char **given) {
    calendar_op(given, itom_calendar_deadline, itom_calendar_deadline_all);
}

static void deadline_back(char **given) {
    calendar_op(given, itom_calendar_deadline_back, itom_calendar_deadline_back_all);
}

static void relative(char **given) {
    int64_t from = number(given[2]), due = 1;
    CHECK_OK(itom_relative_resolve_all(given[0], ITOM_TEXT, calendar_of(given[1]), &from, 1, &due,
                                       &error));
    say_number(due);
}

static void parse_duration(char **given) {
    uint32_t months = 0, days = 0;
    int64_t exact = 0;
    itom_error *error = NULL;
    if (itom_nominal_duration_parse(given[0], ITOM_TEXT, &months, &days, &exact, &error) ==
        ITOM_STATUS_OK) {
        say("{\"nominal\":%s,\"months\":%" PRIu32 ",\"days\":%" PRIu32 ",\"exact\":%" PRId64 "}",
            months != 0 || days != 0 ? "true" : "false", months, days, exact);
    } else {
        say("{\"error\":\"%s\",\"argument\":\"%s\"}", itom_error_kind(error),
            itom_error_argument(error));
    }
    itom_error_free(error);
}

static void calendar_window(char **given) {
    itom_calendar_window *window = NULL;
    int64_t start = 0, end = 0;
    CHECK_OK(itom_calendar_window_new(given[0], ITOM_TEXT, &window, &error));
    CHECK_OK(itom_calendar_window_containing(window, number(given[1]), &start, &end, &error));
    say_number(end - start);
    itom_calendar_window_free(window);
}

static void anchored_windows(char **given) {
    itom_calendar_window *windows = NULL;
    int64_t count = number(given[1]), end = 0;
    size_t length = 1;
    char starts[4096] = "[";
    CHECK_OK(itom_calendar_window_new(given[0], ITOM_TEXT, &windows, &error));
    for (int64_t n = 0; n < count && length < sizeof starts - 32; n++) {
        int64_t start = 0, before = end;
        CHECK_OK(itom_calendar_window_nth(windows, n, &start, &end, &error));
        CHECK(n == 0 || start == before);
        length += (size_t)snprintf(starts + length, sizeof starts - length, "%s%" PRId64,
                                   n == 0 ? "" : ",", start);
    }
    say("%s]", starts);
    itom_calendar_window_free(windows);
}

/* ---- clocks ---- */

/* The columns of a ledger with one clock. */
static void ledger_columns(char **given, char *text, size_t size) {
    itom_ledger *ledger = NULL;
    uint32_t clock = 9;
    int64_t business = 0, actual = 0, paused = 0, remaining = 0, breach_at = 0;
    double ratio = 0;
    uint8_t state = 9;
    char breach[32];
    CHECK_OK(itom_ledger_new(&ledger, &error));
    CHECK_OK(itom_ledger_open(ledger, "case", ITOM_TEXT, given[0], ITOM_TEXT, &clock, &error));
    CHECK_OK(itom_ledger_apply(ledger, clock, given[1], ITOM_TEXT, &error));
    CHECK_OK(itom_ledger_status_all(ledger, number(given[2]), 1, &business, &actual, &paused,
                                    &remaining, &ratio, &breach_at, &state, &error));
    snprintf(text, size,
             "{\"business\":%" PRId64 ",\"actual\":%" PRId64 ",\"paused\":%" PRId64
             ",\"remaining\":%" PRId64 ",\"ratio\":%.17g,\"actual_ratio\":%.17g,\"breach_at\":%s}",
             business, actual, paused, remaining, ratio,
             (double)actual / (double)(business + remaining),
             or_null(breach_at, breach, sizeof breach));
    itom_ledger_free(ledger);
}

/* A clock alone, the same restored from a snapshot, and the same in a ledger. */
static void clock_op(char **given) {
    itom_clock *clock = NULL, *restored = NULL;
    itom_bytes *status = NULL, *bytes = NULL, *again = NULL;
    char columns[1024];
    int64_t at = number(given[2]);
    CHECK_OK(itom_clock_from_json(given[0], ITOM_TEXT, &clock, &error));
    CHECK_OK(itom_clock_apply(clock, given[1], ITOM_TEXT, &error));
    CHECK_OK(itom_clock_status(clock, at, &status, &error));
    CHECK_OK(itom_clock_to_bytes(clock, &bytes, &error));
    CHECK_OK(itom_clock_from_bytes((const uint8_t *)itom_bytes_data(bytes), itom_bytes_len(bytes),
                                   &restored, &error));
    CHECK_OK(itom_clock_status(restored, at, &again, &error));
    if (status != NULL && again != NULL) {
        CHECK(strcmp(itom_bytes_data(status), itom_bytes_data(again)) == 0);
        ledger_columns(given, columns, sizeof columns);
        say("{\"status\":%s,\"ledger\":%s}", itom_bytes_data(status), columns);
    }
    itom_bytes_free(status);
    itom_bytes_free(bytes);
    itom_bytes_free(again);
    itom_clock_free(clock);
    itom_clock_free(restored);
}

/* ---- objectives ---- */

static itom_objective *objective_of(const char *definition) {
    itom_objective *objective = NULL;
    CHECK_OK(itom_objective_new(definition, ITOM_TEXT, &objective, &error));
    return objective;
}

static void objective_budget(char **given) {
    itom_objective *objective = objective_of(given[0]);
    itom_bytes *budget = NULL;
    CHECK_OK(itom_objective_budget(objective, (uint64_t)number(given[1]), &budget, &error));
    say_bytes(budget);
    itom_objective_free(objective);
}

static void alert_times(char **given) {
    itom_objective *objective = objective_of(given[0]);
    itom_bytes *times = NULL;
    CHECK_OK(itom_objective_alert_times(objective, given[1], ITOM_TEXT, given[2], ITOM_TEXT, &times,
                                        &error));
    say_bytes(times);
    itom_objective_free(objective);
}

static void time_to_exhaustion(char **given) {
    itom_objective *objective = objective_of(given[0]);
    itom_bytes *seconds = NULL;
    CHECK_OK(itom_objective_exhaustion_seconds(objective, given[1], ITOM_TEXT, &seconds, &error));
    say_bytes(seconds);
    itom_objective_free(objective);
}

static void budget_ratio_slices(char **given) {
    itom_objective *objective = objective_of(given[0]);
    itom_bytes *slices = NULL;
    CHECK_OK(itom_objective_outage_slices(objective, given[1], ITOM_TEXT, given[2], ITOM_TEXT,
                                          &slices, &error));
    say_bytes(slices);
    itom_objective_free(objective);
}

/* Counts minute by minute, asking after each whether the alert fires. Minutes count from one. */
static void mwmb(char **given) {
    static int64_t bad[MOST_NUMBERS];
    itom_objective *objective = objective_of(given[0]);
    int64_t start = number(given[1]), total = number(given[2]), first = 0, last = 0;
    size_t minutes = numbers(given[3], bad);
    for (size_t minute = 0; minute < minutes; minute++) {
        int64_t at = start + (int64_t)minute * MINUTE;
        int32_t state = 0;
        uint64_t firing = 0;
        CHECK_OK(itom_objective_record_bad(objective, at, (uint64_t)bad[minute], (uint64_t)total,
                                           &error));
        CHECK_OK(itom_objective_evaluate(objective, at, &state, &firing, &error));
        if (firing != 0) {
            first = first == 0 ? (int64_t)minute + 1 : first;
            last = (int64_t)minute + 1;
        }
    }
    say("{\"first_firing_after_minute\":%" PRId64 ",\"last_firing_after_minute\":%" PRId64 "}", first,
        last);
    itom_objective_free(objective);
}

/* Bad and all events so many minutes ago, in threes; then what is said now. */
static void mwmb_point(char **given) {
    static int64_t counts[MOST_NUMBERS];
    itom_objective *objective = objective_of(given[0]);
    itom_bytes *status = NULL;
    int64_t at = number(given[1]);
    int32_t state = 0;
    uint64_t firing = 0;
    size_t count = numbers(given[2], counts);
    for (size_t index = 0; index + 2 < count; index += 3) {
        CHECK_OK(itom_objective_record_bad(objective, at - counts[index] * MINUTE,
                                           (uint64_t)counts[index + 1], (uint64_t)counts[index + 2],
                                           &error));
    }
    CHECK_OK(itom_objective_evaluate(objective, at, &state, &firing, &error));
    CHECK_OK(itom_objective_status(objective, at, &status, &error));
    if (status != NULL) {
        say("{\"evaluated\":{\"state\":%" PRId32 ",\"firing\":%" PRIu64 "},\"status\":%s}", state,
            firing, itom_bytes_data(status));
    }
    itom_bytes_free(status);
    itom_objective_free(objective);
}

static void pyrra_windows(char **given) {
    itom_bytes *alerts = NULL;
    CHECK_OK(itom_burn_alerts(given[0], ITOM_TEXT, number(given[1]), &alerts, &error));
    say_bytes(alerts);
}

/* Good and all events of one minute after the other. */
static void budgeting(char **given) {
    static int64_t counts[MOST_NUMBERS], at[MOST_NUMBERS];
    static uint64_t good[MOST_NUMBERS], total[MOST_NUMBERS];
    itom_objective *objective = objective_of(given[0]);
    itom_bytes *status = NULL;
    size_t slices = numbers(given[2], counts) / 2;
    for (size_t slice = 0; slice < slices; slice++) {
        at[slice] = number(given[1]) + (int64_t)slice * MINUTE;
        good[slice] = (uint64_t)counts[2 * slice];
        total[slice] = (uint64_t)counts[2 * slice + 1];
    }
    CHECK_OK(itom_objective_record_all(objective, at, good, total, slices, &error));
    CHECK_OK(itom_objective_status(objective, at[slices == 0 ? 0 : slices - 1], &status, &error));
    say_bytes(status);
    itom_objective_free(objective);
}

static void budget_occurrences(char **given) {
    itom_objective *objective = objective_of(given[0]);
    itom_bytes *budget = NULL, *status = NULL;
    int64_t at = number(given[1]);
    uint64_t good = (uint64_t)number(given[2]), total = (uint64_t)number(given[3]);
    CHECK_OK(itom_objective_budget(objective, total, &budget, &error));
    CHECK_OK(itom_objective_record(objective, at, good, total, &error));
    CHECK_OK(itom_objective_status(objective, at, &status, &error));
    if (budget != NULL && status != NULL) {
        say("{\"budget\":%s,\"status\":%s}", itom_bytes_data(budget), itom_bytes_data(status));
    }
    itom_bytes_free(budget);
    itom_bytes_free(status);
    itom_objective_free(objective);
}

/* ---- availability ---- */

/* From a document of outages, and from arrays where there is no option that these do not have. */
static void availability(char **given) {
    static int64_t outages[MOST_NUMBERS], excluded[MOST_NUMBERS];
    itom_bytes *measured = NULL, *plain = NULL;
    int64_t start = number(given[0]), end = number(given[1]);
    size_t outages_len = numbers(given[3], outages) / 2;
    size_t excluded_len = numbers(given[4], excluded) / 2;
    CHECK_OK(itom_availability_measure(start, end, given[5], ITOM_TEXT, given[6], ITOM_TEXT, &measured,
                                       &error));
    CHECK_OK(itom_availability(start, end, number(given[2]), outages, outages_len, excluded,
                               excluded_len, &plain, &error));
    if (measured != NULL && plain != NULL && strstr(given[6], "excluded_is_agreed") == NULL) {
        CHECK(strcmp(itom_bytes_data(measured), itom_bytes_data(plain)) == 0);
    }
    itom_bytes_free(plain);
    say_bytes(measured);
}

static void mtbf(char **given) {
    static int64_t outages[MOST_NUMBERS];
    itom_bytes *reliability = NULL;
    size_t count = numbers(given[1], outages);
    CHECK_OK(itom_reliability(number(given[0]), outages, count, 0.95, &reliability, &error));
    say_bytes(reliability);
}

static void rbd(char **given) {
    itom_bytes *share = NULL;
    CHECK_OK(itom_rbd(given[0], ITOM_TEXT, &share, &error));
    say_bytes(share);
}

static void dependency_graph(char **given) {
    itom_dependency_graph *graph = NULL;
    itom_bytes *share = NULL;
    CHECK_OK(itom_dependency_graph_new(given[0], ITOM_TEXT, &graph, &error));
    CHECK_OK(itom_dependency_graph_availability(graph, 1e-12, 0, &share, &error));
    say_bytes(share);
    itom_dependency_graph_free(graph);
}

static void two_terminal(char **given) {
    itom_bytes *share = NULL;
    CHECK_OK(itom_two_terminal(given[0], ITOM_TEXT, &share, &error));
    say_bytes(share);
}

typedef itom_status bounds(uint64_t, uint64_t, double, int32_t, double *, double *, itom_error **);

static void interval(char **given, bounds *of) {
    double lower = 0, upper = 0;
    CHECK_OK(of((uint64_t)number(given[0]), (uint64_t)number(given[1]), strtod(given[2], NULL),
                (int32_t)number(given[3]), &lower, &upper, &error));
    say("{\"lower\":%.17g,\"upper\":%.17g}", lower, upper);
}

static void clopper_pearson(char **given) { interval(given, itom_clopper_pearson); }

static void wilson(char **given) { interval(given, itom_wilson); }

static void attribution(char **given) {
    itom_bytes *shares = NULL;
    CHECK_OK(itom_attribution(given[0], ITOM_TEXT, number(given[1]), number(given[2]), &shares,
                              &error));
    say_bytes(shares);
}

/* ---- agreements and delivery ---- */

static void credit(char **given) {
    itom_bytes *owed = NULL;
    CHECK_OK(itom_credit(given[0], ITOM_TEXT, given[1], ITOM_TEXT, NULL, 0, &owed, &error));
    say_bytes(owed);
}

static void attainment(char **given) {
    itom_bytes *share = NULL;
    CHECK_OK(itom_attainment(given[0], ITOM_TEXT, given[1], ITOM_TEXT, &share, &error));
    say_bytes(share);
}

static void dora(char **given) {
    itom_bytes *keys = NULL;
    CHECK_OK(itom_dora(given[0], ITOM_TEXT, &keys, &error));
    say_bytes(keys);
}

/* ---- the lines ---- */

/* Every operation, its function, and how many arguments that has. */
static const struct {
    const char *name;
    void (*run)(char **given);
    size_t arguments;
} OPERATIONS[] = {
    {"elapsed", elapsed, 3},
    {"deadline", deadline, 3},
    {"deadline_back", deadline_back, 3},
    {"relative", relative, 3},
    {"parse_duration", parse_duration, 1},
    {"calendar_window", calendar_window, 2},
    {"anchored_windows", anchored_windows, 2},
    {"clock", clock_op, 3},
    {"error_budget", objective_budget, 2},
    {"budget_slices", objective_budget, 2},
    {"burn_factor", alert_times, 3},
    {"detection_time", alert_times, 3},
    {"time_to_exhaustion", time_to_exhaustion, 2},
    {"budget_ratio_slices", budget_ratio_slices, 3},
    {"mwmb", mwmb, 4},
    {"mwmb_point", mwmb_point, 3},
    {"pyrra_windows", pyrra_windows, 2},
    {"budgeting", budgeting, 3},
    {"budget_occurrences", budget_occurrences, 4},
    {"availability", availability, 7},
    {"mtbf", mtbf, 2},
    {"rbd", rbd, 1},
    {"dependency_graph", dependency_graph, 1},
    {"two_terminal", two_terminal, 1},
    {"clopper_pearson", clopper_pearson, 4},
    {"wilson", wilson, 4},
    {"attribution", attribution, 3},
    {"credit", credit, 2},
    {"attainment", attainment, 2},
    {"dora", dora, 1},
};

/* What the case file holds of an operation, and what was run of it. */
static struct {
    char name[64];
    long expected, run;
} tally[MOST_OPS];
static size_t tallied = 0;

static void expect_count(char **parts) {
    CHECK(tallied < MOST_OPS && strlen(parts[1]) < sizeof tally[0].name);
    if (tallied < MOST_OPS) {
        snprintf(tally[tallied].name, sizeof tally[tallied].name, "%s", parts[1]);
        tally[tallied].expected = strtol(parts[2], NULL, 10) + strtol(parts[3], NULL, 10);
        tally[tallied++].run = 0;
    }
}

static void count_run(const char *op) {
    for (size_t index = 0; index < tallied; index++) {
        tally[index].run += strcmp(tally[index].name, op) == 0;
    }
}

/* Prints the counts by operation; each has to be what the file holds. */
static void compare_counts(const char *path) {
    long run = 0;
    printf("%s:", path);
    for (size_t index = 0; index < tallied; index++) {
        printf(" %s %ld/%ld", tally[index].name, tally[index].run, tally[index].expected);
        CHECK(tally[index].run == tally[index].expected);
        run += tally[index].run;
    }
    printf(" = %ld\n", run);
    CHECK(run > 0);
    tallied = 0;
}

/* `path=JSON`, `path=` for none, or `path~number~tolerance`. */
static int holds(const char *path, const char *value) {
    size_t split_at = strcspn(path, "=~");
    int exact = path[split_at] == '=', counted;
    char place[128];
    const char *got;
    if (split_at >= sizeof place || path[split_at] == '\0') {
        return 0;
    }
    memcpy(place, path, split_at);
    place[split_at] = '\0';
    path += split_at + 1;
    /* "cycles.#" is how many there are. */
    counted = split_at > 0 && place[split_at - 1] == '#';
    if (counted) {
        place[split_at > 1 ? split_at - 2 : 0] = '\0';
    }
    got = json_at(value, place);
    if (got == NULL) {
        return 0;
    }
    if (counted) {
        return *got == '[' && json_count(got) == strtoul(path, NULL, 10);
    }
    if (exact) {
        size_t length = strlen(path);
        return length > 0 && (size_t)(json_end(got) - got) == length && memcmp(got, path, length) == 0;
    } else {
        char *end;
        double expected = strtod(path, &end);
        /* A number in C has one more rounding than the decimal that is expected. */
        return *end == '~' && fabs(strtod(got, NULL) - expected) <= strtod(end + 1, NULL) + 1e-15;
    }
}

static void run_case(char **parts, size_t count) {
    const char *op = parts[1], *id = parts[2];
    size_t arrow = 3, index = 0;
    while (arrow < count && strcmp(parts[arrow], "=>") != 0) {
        arrow++;
    }
    while (index < sizeof OPERATIONS / sizeof *OPERATIONS && strcmp(OPERATIONS[index].name, op) != 0) {
        index++;
    }
    if (index == sizeof OPERATIONS / sizeof *OPERATIONS) {
        fprintf(stderr, "%s: there is no operation %s\n", id, op);
        CHECK(!"a known operation");
        return;
    }
    CHECK(arrow - 3 == OPERATIONS[index].arguments && arrow + 1 < count);
    if (arrow - 3 != OPERATIONS[index].arguments) {
        return;
    }
    result[0] = '\0';
    OPERATIONS[index].run(parts + 3);
    for (size_t part = arrow + 1; part < count; part++) {
        if (!holds(parts[part], result)) {
            fprintf(stderr, "%s %s: not %s in %s\n", op, id, parts[part], result);
        }
        CHECK(holds(parts[part], result));
    }
    count_run(op);
}

/* Cuts a line at its tabs; returns how many parts there are. */
static size_t split(char *line, char **parts, size_t most) {
    size_t count = 0;
    line[strcspn(line, "\r\n")] = '\0';
    while (count < most) {
        char *tab = strchr(line, '\t');
        parts[count++] = line;
        if (tab == NULL) {
            return count;
        }
        *tab = '\0';
        line = tab + 1;
    }
    CHECK(!"a line with so many parts");
    return count;
}

static void run_file(const char *path) {
    static char line[1 << 20];
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fprintf(stderr, "%s cannot be read\n", path);
        CHECK(!"a file that can be read");
        return;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        char *parts[MOST_PARTS];
        size_t count;
        CHECK(strchr(line, '\n') != NULL);
        count = split(line, parts, MOST_PARTS);
        if (count == 4 && strcmp(parts[0], "count") == 0) {
            expect_count(parts);
        } else if (count == 3 && strcmp(parts[0], "calendar") == 0) {
            keep_calendar(parts[1], parts[2]);
        } else if (count >= 5 && strcmp(parts[0], "case") == 0) {
            run_case(parts, count);
        } else {
            CHECK(!"a line of a known kind");
        }
    }
    fclose(file);
    compare_counts(path);
    forget_calendars();
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "give it files of lines, as sla_case_lines.py makes them\n");
        return EXIT_FAILURE;
    }
    for (int index = 1; index < argc; index++) {
        run_file(argv[index]);
    }
    return check_report("sla cases");
}
