/* Files of the CMDB: a reader beside a writer, damage found and saved. */

#include "check.h"

static const char path[] = "itom-test-storage.itom";
static const char saved[] = "itom-test-storage-saved.itom";

static void put(itom_cmdb *db, const char *id, int64_t at) {
    char change[128];
    itom_transaction when = {at, at, NULL, NULL, NULL, NULL};
    snprintf(change, sizeof change, "[{\"put_item\": {\"id\": \"%s\", \"class\": \"host\"}}]", id);
    CHECK_OK(itom_cmdb_apply(db, change, ITOM_TEXT, &when, &error));
}

static size_t items(const itom_cmdb *db) {
    itom_view *view = NULL;
    CHECK_OK(itom_cmdb_at(db, ITOM_NEVER, ITOM_NEVER, &view, &error));
    size_t len = itom_view_len(view);
    itom_view_free(view);
    return len;
}

static void says(itom_bytes *bytes, const char *part) {
    CHECK(strstr(itom_bytes_data(bytes), part) != NULL);
    itom_bytes_free(bytes);
}

static void one_writes_and_another_reads(void) {
    itom_cmdb *db = NULL, *reader = NULL;
    itom_bytes *found = NULL;
    CHECK_OK(itom_cmdb_open(path, ITOM_TEXT, NULL, 0, &db, &error));
    CHECK_OK(itom_cmdb_commit_every(db, 0, &error));
    put(db, "host-1", 1);
    put(db, "host-2", 2);
    put(db, "host-3", 3);
    CHECK_OK(itom_cmdb_sync(db, &error));
    CHECK_OK(itom_cmdb_open_read_only(path, ITOM_TEXT, &reader, &error));
    CHECK(items(reader) == 3);
    CHECK_FAILS(itom_cmdb_compact(reader, &found, &error), ITOM_STATUS_CONFLICT, "read only");
    itom_cmdb_free(reader);
    itom_cmdb_free(db);
    CHECK_OK(itom_cmdb_verify(path, ITOM_TEXT, &found, &error));
    says(found, "\"transactions\":3");
}

static void damage_is_found_and_the_rest_saved(void) {
    itom_cmdb *db = NULL;
    itom_bytes *found = NULL;
    FILE *file = fopen(path, "r+b");
    char bytes[16384];
    size_t size = fread(bytes, 1, sizeof bytes, file), place = 0;
    while (place < size && memcmp(bytes + place, "host-2", 6) != 0) place++;
    CHECK(place < size);
    fseek(file, (long)place, SEEK_SET);
    fputc('H', file);
    fclose(file);
    CHECK_FAILS(itom_cmdb_open(path, ITOM_TEXT, NULL, 0, &db, &error), ITOM_STATUS_CORRUPT, "can be read");
    CHECK_OK(itom_cmdb_verify(path, ITOM_TEXT, &found, &error));
    says(found, "\"lost_blocks\":1");
    CHECK_OK(itom_cmdb_salvage(path, ITOM_TEXT, saved, ITOM_TEXT, &found, &error));
    says(found, "\"transactions\":2");
    CHECK_FAILS(itom_cmdb_salvage(path, ITOM_TEXT, saved, ITOM_TEXT, &found, &error), ITOM_STATUS_CONFLICT, "already");
    CHECK_OK(itom_cmdb_open(saved, ITOM_TEXT, NULL, 0, &db, &error));
    CHECK(items(db) == 2);
    CHECK_OK(itom_cmdb_compact(db, &found, &error));
    says(found, "\"blocks_after\":2");
    uint64_t taken = 0;
    CHECK_OK(itom_cmdb_checkpoint(db, &taken, &error));
    CHECK(taken > 100);
    CHECK_FAILS(itom_cmdb_checkpoint(db, NULL, &error), ITOM_STATUS_NULL_POINTER, "bytes");
    itom_cmdb_free(db);
    CHECK_OK(itom_cmdb_verify(saved, ITOM_TEXT, &found, &error));
    says(found, "\"checkpoints\":2");
    CHECK_OK(itom_cmdb_open(saved, ITOM_TEXT, NULL, 0, &db, &error));
    CHECK(items(db) == 2);
    itom_cmdb_free(db);
    CHECK_OK(itom_cmdb_new(NULL, 0, &db, &error));
    CHECK_FAILS(itom_cmdb_checkpoint(db, &taken, &error), ITOM_STATUS_UNSUPPORTED, "memory");
    itom_cmdb_free(db);
    CHECK_FAILS(itom_cmdb_checkpoint(NULL, &taken, &error), ITOM_STATUS_NULL_POINTER, "cmdb");
    CHECK_FAILS(itom_cmdb_verify("itom-no-such-file", ITOM_TEXT, &found, &error), ITOM_STATUS_IO, "itom-no-such-file");
    CHECK_FAILS(itom_cmdb_sync(NULL, &error), ITOM_STATUS_NULL_POINTER, "cmdb");
}

int main(void) {
    remove(path);
    remove(saved);
    one_writes_and_another_reads();
    damage_is_found_and_the_rest_saved();
    remove(path);
    remove(saved);
    return check_report("cmdb storage");
}
