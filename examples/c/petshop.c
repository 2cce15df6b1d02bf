#include "petshop.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP_NS (300 * INT64_C(1000000000))
#define SECOND_NS INT64_C(1000000000)

/* The columns of a metrics file that are used, and its rows. */
struct petshop_metrics {
    char **items, **names;
    size_t columns, rows;
    int64_t *times;
    double *values; /* row after row */
};

typedef struct {
    char ***cells; /* row by row */
    size_t *widths, rows;
} sheet;

static void stop(const char *what, const char *detail) {
    fprintf(stderr, "incident_room: %s: %s\n", what, detail);
    exit(1);
}

static void die(itom_error *error) {
    stop("itom", itom_error_message(error));
}

static void *room(void *memory, size_t count, size_t size) {
    memory = realloc(memory, (count ? count : 1) * size);
    if (!memory) stop("memory", "not enough");
    return memory;
}

static char *copy(const char *text) {
    size_t length = strlen(text) + 1;
    return memcpy(room(NULL, length, 1), text, length);
}

char *petshop_read_text(const char *path) {
    FILE *file = fopen(path, "rb");
    size_t length = 0, got;
    char *text = NULL;
    if (!file) stop(path, "cannot be opened");
    do {
        text = room(text, length + 65536, 1);
        got = fread(text + length, 1, 65535, file);
        length += got;
    } while (got);
    fclose(file);
    text[length] = 0;
    return text;
}

/* Cells without quotes, as the data set has them; a file with quotes is refused. */
static sheet read_sheet(const char *path) {
    char *text = petshop_read_text(path), *rest = text;
    sheet read = {NULL, NULL, 0};
    if (strchr(text, '"')) stop(path, "quoted cells are not supported");
    while (*rest) {
        char *line = rest, *end = strchr(rest, '\n');
        char **row = NULL;
        size_t width = 0;
        rest = end ? end + 1 : rest + strlen(rest);
        if (end) *end = 0;
        if (*line && line[strlen(line) - 1] == '\r') line[strlen(line) - 1] = 0;
        for (char *cell = line; cell; width++) {
            char *comma = strchr(cell, ',');
            if (comma) *comma = 0;
            row = room(row, width + 1, sizeof *row);
            row[width] = copy(cell);
            cell = comma ? comma + 1 : NULL;
        }
        read.cells = room(read.cells, read.rows + 1, sizeof *read.cells);
        read.widths = room(read.widths, read.rows + 1, sizeof *read.widths);
        read.cells[read.rows] = row;
        read.widths[read.rows++] = width;
    }
    free(text);
    return read;
}

static void free_sheet(sheet *read) {
    for (size_t row = 0; row < read->rows; row++) {
        for (size_t cell = 0; cell < read->widths[row]; cell++) free(read->cells[row][cell]);
        free(read->cells[row]);
    }
    free(read->cells);
    free(read->widths);
}

static bool is_used(const char *metric, const char *statistic) {
    return (!strcmp(metric, "latency") && !strcmp(statistic, "Average")) ||
           (!strcmp(metric, "availability") && !strcmp(statistic, "Average")) ||
           (!strcmp(metric, "requests") && !strcmp(statistic, "Sum"));
}

static void add_row(petshop_metrics *metrics, char *const *cells, size_t width, const size_t *used) {
    char *end;
    double seconds = strtod(cells[0], &end);
    if (end == cells[0]) return; /* a header */
    size_t row = metrics->rows++;
    metrics->times = room(metrics->times, row + 1, sizeof *metrics->times);
    metrics->values = room(metrics->values, (row + 1) * metrics->columns, sizeof *metrics->values);
    metrics->times[row] = (int64_t)seconds * SECOND_NS;
    for (size_t column = 0; column < metrics->columns; column++) {
        const char *cell = used[column] < width ? cells[used[column]] : "";
        metrics->values[row * metrics->columns + column] = *cell ? strtod(cell, NULL) : NAN;
    }
}

/* Rows in the order of time; the files are nearly sorted, so insertion it is. */
static void sort_rows(petshop_metrics *metrics) {
    size_t columns = metrics->columns, bytes = columns * sizeof(double);
    double *moved = room(NULL, columns, sizeof *moved);
    for (size_t row = 1; row < metrics->rows; row++) {
        int64_t time = metrics->times[row];
        size_t place = row;
        memcpy(moved, metrics->values + row * columns, bytes);
        for (; place > 0 && metrics->times[place - 1] > time; place--) {
            metrics->times[place] = metrics->times[place - 1];
            memcpy(metrics->values + place * columns, metrics->values + (place - 1) * columns, bytes);
        }
        metrics->times[place] = time;
        memcpy(metrics->values + place * columns, moved, bytes);
    }
    free(moved);
}

/* Three header rows - component, metric, statistic - one of another kind, then the rows. */
static petshop_metrics *read_metrics(const char *path) {
    sheet read = read_sheet(path);
    petshop_metrics *metrics = room(NULL, 1, sizeof *metrics);
    size_t *used = NULL;
    memset(metrics, 0, sizeof *metrics);
    if (read.rows < 4) stop(path, "has no rows");
    for (size_t column = 1; column < read.widths[0]; column++) {
        if (column >= read.widths[1] || column >= read.widths[2]) break;
        if (!is_used(read.cells[1][column], read.cells[2][column])) continue;
        size_t place = metrics->columns++;
        used = room(used, place + 1, sizeof *used);
        metrics->items = room(metrics->items, place + 1, sizeof *metrics->items);
        metrics->names = room(metrics->names, place + 1, sizeof *metrics->names);
        used[place] = column;
        metrics->items[place] = copy(read.cells[0][column]);
        metrics->names[place] = copy(read.cells[1][column]);
    }
    for (size_t row = 3; row < read.rows; row++) add_row(metrics, read.cells[row], read.widths[row], used);
    if (!metrics->rows) stop(path, "has no rows");
    sort_rows(metrics);
    free(used);
    free_sheet(&read);
    return metrics;
}

/* The adjacency matrix: a row depends on the columns it calls. */
static void read_edges(petshop *shop, const char *path) {
    sheet read = read_sheet(path);
    for (size_t row = 1; row < read.rows; row++) {
        for (size_t column = 1; column < read.widths[row] && column < read.widths[0]; column++) {
            const char *cell = read.cells[row][column];
            if (!*cell || !strcmp(cell, "0") || !strcmp(cell, "0.0")) continue;
            size_t place = shop->edges++;
            shop->consumers = room(shop->consumers, place + 1, sizeof *shop->consumers);
            shop->providers = room(shop->providers, place + 1, sizeof *shop->providers);
            shop->consumers[place] = copy(read.cells[row][0]);
            shop->providers[place] = copy(read.cells[0][column]);
        }
    }
    free_sheet(&read);
}

static void read_classes(petshop *shop, const char *data) {
    char path[4096];
    FILE *own;
    snprintf(path, sizeof path, "%s/classes.csv", data);
    own = fopen(path, "rb");
    if (own) fclose(own);
    else snprintf(path, sizeof path, "examples/data/petshop/classes.csv");
    sheet read = read_sheet(path);
    for (size_t row = 1; row < read.rows; row++) {
        if (read.widths[row] < 2) continue;
        size_t place = shop->class_count++;
        shop->patterns = room(shop->patterns, place + 1, sizeof *shop->patterns);
        shop->classes = room(shop->classes, place + 1, sizeof *shop->classes);
        shop->patterns[place] = copy(read.cells[row][0]);
        shop->classes[place] = copy(read.cells[row][1]);
    }
    free_sheet(&read);
}

petshop *petshop_read(const char *data, const char *scenario, const char *split, const char *issue) {
    char path[4096];
    petshop *shop = room(NULL, 1, sizeof *shop);
    memset(shop, 0, sizeof *shop);
    snprintf(path, sizeof path, "%s/%s/noissue/metrics.csv", data, scenario);
    shop->normal = read_metrics(path);
    snprintf(path, sizeof path, "%s/%s/%s/issue_%s/metrics.csv", data, scenario, split, issue);
    shop->odd = read_metrics(path);
    shop->issue_start = shop->odd->times[0];
    shop->end = shop->odd->times[shop->odd->rows - 1];
    int64_t shift = shop->issue_start - STEP_NS - shop->normal->times[shop->normal->rows - 1];
    for (size_t row = 0; row < shop->normal->rows; row++) shop->normal->times[row] += shift;
    snprintf(path, sizeof path, "%s/%s/graph.csv", data, scenario);
    read_edges(shop, path);
    read_classes(shop, data);
    return shop;
}

/* The class of the first pattern that the item's name contains. */
static const char *class_of(const petshop *shop, const char *item) {
    for (size_t place = 0; place < shop->class_count; place++)
        if (strstr(item, shop->patterns[place])) return shop->classes[place];
    return "service";
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Every component that is named or measured, sorted, each once. */
static size_t all_items(const petshop *shop, char ***items) {
    size_t count = 0, kept = 0, most = 2 * shop->edges + shop->normal->columns + shop->odd->columns;
    char **all = room(NULL, most, sizeof *all);
    for (size_t edge = 0; edge < shop->edges; edge++) {
        all[count++] = shop->consumers[edge];
        all[count++] = shop->providers[edge];
    }
    for (size_t c = 0; c < shop->normal->columns; c++) all[count++] = shop->normal->items[c];
    for (size_t c = 0; c < shop->odd->columns; c++) all[count++] = shop->odd->items[c];
    qsort(all, count, sizeof *all, by_text);
    for (size_t i = 0; i < count; i++)
        if (!kept || strcmp(all[kept - 1], all[i])) all[kept++] = all[i];
    *items = all;
    return kept;
}

/* A growing JSON text. The names of the data set need no escapes: quotes are refused on reading. */
typedef struct {
    char *text;
    size_t length;
} json;

static void put(json *document, const char *before, const char *text, const char *after) {
    size_t more = strlen(before) + strlen(text) + strlen(after);
    document->text = room(document->text, document->length + more + 1, 1);
    sprintf(document->text + document->length, "%s%s%s", before, text, after);
    document->length += more;
}

static itom_table *table(json *document) {
    itom_error *error = NULL;
    itom_table *read = NULL;
    if (itom_table_from_json(document->text, document->length, &read, &error)) die(error);
    free(document->text);
    return read;
}

static itom_table *items_table(const petshop *shop) {
    json document = {NULL, 0};
    char **items;
    size_t count = all_items(shop, &items);
    put(&document, "{\"id\": [", "", "");
    for (size_t i = 0; i < count; i++) put(&document, i ? ", \"" : "\"", items[i], "\"");
    put(&document, "], \"class\": [", "", "");
    for (size_t i = 0; i < count; i++) put(&document, i ? ", \"" : "\"", class_of(shop, items[i]), "\"");
    put(&document, "]}", "", "");
    free(items);
    return table(&document);
}

static itom_table *relations_table(const petshop *shop) {
    json document = {NULL, 0};
    put(&document, "{\"source\": [", "", "");
    for (size_t e = 0; e < shop->edges; e++) put(&document, e ? ", \"" : "\"", shop->consumers[e], "\"");
    put(&document, "], \"target\": [", "", "");
    for (size_t e = 0; e < shop->edges; e++) put(&document, e ? ", \"" : "\"", shop->providers[e], "\"");
    put(&document, "], \"kind\": [", "", "");
    for (size_t e = 0; e < shop->edges; e++) put(&document, e ? ", \"" : "\"", "depends_on", "\"");
    put(&document, "]}", "", "");
    return table(&document);
}

itom_cmdb *petshop_cmdb(const petshop *shop) {
    itom_error *error = NULL;
    itom_cmdb *cmdb = NULL;
    itom_table *items = items_table(shop), *relations = relations_table(shop);
    int64_t at = shop->normal->times[0];
    if (itom_cmdb_new("operations", ITOM_TEXT, &cmdb, &error)) die(error);
    itom_transaction transaction = {.at = at, .known = at};
    if (itom_cmdb_load(cmdb, items, relations, &transaction, &error)) die(error);
    itom_table_free(items);
    itom_table_free(relations);
    return cmdb;
}

static void ingest(const petshop_metrics *metrics, itom_operations *operations) {
    itom_error *error = NULL;
    size_t columns = metrics->columns;
    int64_t *times = room(NULL, columns, sizeof *times);
    for (size_t row = 0; row < metrics->rows; row++) {
        for (size_t column = 0; column < columns; column++) times[column] = metrics->times[row];
        if (itom_operations_ingest_metrics(operations, times, (const char *const *)metrics->items,
                                           (const char *const *)metrics->names,
                                           metrics->values + row * columns, columns, NULL, &error))
            die(error);
    }
    free(times);
}

void petshop_ingest(const petshop *shop, itom_operations *operations) {
    ingest(shop->normal, operations);
    ingest(shop->odd, operations);
}

static void free_texts(char **texts, size_t count) {
    for (size_t i = 0; i < count; i++) free(texts[i]);
    free(texts);
}

static void free_metrics(petshop_metrics *metrics) {
    free_texts(metrics->items, metrics->columns);
    free_texts(metrics->names, metrics->columns);
    free(metrics->times);
    free(metrics->values);
    free(metrics);
}

void petshop_free(petshop *shop) {
    free_metrics(shop->normal);
    free_metrics(shop->odd);
    free_texts(shop->consumers, shop->edges);
    free_texts(shop->providers, shop->edges);
    free_texts(shop->patterns, shop->class_count);
    free_texts(shop->classes, shop->class_count);
    free(shop);
}
