/* Reads the PetShop data: its call graph as a CMDB, its metrics as observations. */
#ifndef PETSHOP_H
#define PETSHOP_H

#include <itom.h>

typedef struct petshop_metrics petshop_metrics;

/* One issue of the data set, with the normal operation before it. */
typedef struct {
    int64_t issue_start; /* the first row of the issue, nanoseconds */
    int64_t end;         /* the last row of the issue */
    petshop_metrics *normal, *odd;
    char **consumers, **providers; /* the edges of the call graph */
    size_t edges;
    char **patterns, **classes;
    size_t class_count;
} petshop;

/* All of these print what is wrong and end the program if something is. */
char *petshop_read_text(const char *path);
petshop *petshop_read(const char *data, const char *scenario, const char *split, const char *issue);
itom_cmdb *petshop_cmdb(const petshop *shop);
void petshop_ingest(const petshop *shop, itom_operations *operations);
void petshop_free(petshop *shop);

#endif
