/* The incident room: an incident of the PetShop data from raw metrics to one explained report.
 *
 *     incident_room [--issue N] [--scenario NAME] [--split NAME] [--data DIR] [--definition FILE]
 *                   [--html FILE] [--json]
 *
 * The same job as `cargo run --release --example incident_room`, with the same bytes as result. Run
 * it from the root of the repository, or name the folder of the data with --data. */
#include <itom.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "petshop.h"

typedef struct {
    const char *data, *scenario, *split, *issue, *definition, *html;
    bool json;
} options;

static void die(itom_error *error) {
    fprintf(stderr, "incident_room: %s\n", itom_error_message(error));
    itom_error_free(error);
    exit(1);
}

static options read_options(int argc, char **argv) {
    options chosen = {.data = "examples/data/petshop", .scenario = "high_traffic", .split = "train",
                      .issue = "0", .definition = "examples/data/petshop/definition.json",
                      .html = "incident.html", .json = false};
    const char *names[] = {"--data", "--scenario", "--split", "--issue", "--definition", "--html"};
    const char **values[] = {&chosen.data, &chosen.scenario, &chosen.split,
                             &chosen.issue, &chosen.definition, &chosen.html};
    for (int i = 1; i < argc; i++) {
        size_t known = 0, count = sizeof names / sizeof *names;
        if (strcmp(argv[i], "--help") == 0) {
            printf("options are --issue N (0 to 7 are bundled), --data DIR, --scenario NAME, --split NAME,\n"
                   "--definition FILE, --html FILE, --json (the record instead of text and page)\n");
            exit(0);
        }
        if (strcmp(argv[i], "--json") == 0) {
            chosen.json = true;
            continue;
        }
        while (known < count && strcmp(argv[i], names[known]) != 0) known++;
        if (known == count || i + 1 == argc) {
            fprintf(stderr, "incident_room: %s is unknown or needs a value\n", argv[i]);
            exit(2);
        }
        *values[known] = argv[++i];
    }
    return chosen;
}

/* Topology and observations in, the report of the issue's incident out. */
static itom_report *investigate(const char *definition, const petshop *shop) {
    itom_error *error = NULL;
    itom_operations *operations = NULL;
    itom_report *report = NULL;
    itom_bytes *incident = NULL;
    itom_cmdb *cmdb = petshop_cmdb(shop);
    if (itom_operations_new(definition, ITOM_TEXT, cmdb, &operations, &error)) die(error);
    itom_cmdb_free(cmdb);
    petshop_ingest(shop, operations);
    if (itom_operations_advance(operations, shop->end, NULL, &error)) die(error);
    if (itom_operations_worst_incident(operations, shop->issue_start, &incident, &error)) die(error);
    if (!incident) {
        fprintf(stderr, "incident_room: no incident was found in the rows of the issue\n");
        exit(1);
    }
    if (itom_operations_report(operations, itom_bytes_data(incident), itom_bytes_len(incident),
                               shop->end, &report, &error)) die(error);
    itom_bytes_free(incident);
    itom_operations_free(operations);
    return report;
}

static void write_bytes(const itom_bytes *bytes, FILE *file) {
    fwrite(itom_bytes_data(bytes), 1, itom_bytes_len(bytes), file);
}

static void write_html(const itom_report *report, const char *path) {
    itom_error *error = NULL;
    itom_bytes *page = NULL;
    FILE *file = fopen(path, "wb");
    if (!file) {
        perror(path);
        exit(1);
    }
    if (itom_report_to_html(report, &page, &error)) die(error);
    write_bytes(page, file);
    itom_bytes_free(page);
    fclose(file);
}

int main(int argc, char **argv) {
    options chosen = read_options(argc, argv);
    itom_error *error = NULL;
    itom_bytes *text = NULL;
    char *definition = petshop_read_text(chosen.definition);
    petshop *shop = petshop_read(chosen.data, chosen.scenario, chosen.split, chosen.issue);
    itom_report *report = investigate(definition, shop);
    if (chosen.json) {
        if (itom_report_to_json(report, &text, &error)) die(error);
        write_bytes(text, stdout);
        printf("\n");
    } else {
        write_html(report, chosen.html);
        if (itom_report_to_text(report, 0, &text, &error)) die(error);
        write_bytes(text, stdout);
        printf("\nThe same with pictures: %s\n", chosen.html);
    }
    itom_bytes_free(text);
    itom_report_free(report);
    petshop_free(shop);
    free(definition);
    return 0;
}
