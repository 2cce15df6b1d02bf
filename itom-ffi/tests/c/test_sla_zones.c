/* itom.h, sla: releases of the time zone database, zones, and what another release moves. */
#include "check.h"

#define SECOND INT64_C(1000000000)
#define HOUR (3600 * SECOND)
/* 2026-06-15T00:00:00Z, a Monday. */
#define MONDAY (INT64_C(1781481600) * SECOND)

/* A TZif file of version 1 (RFC 9636) with one offset: seconds east of UTC in bytes 44 to 47. */
static void write_file(uint8_t *file, int32_t offset) {
    memset(file, 0, 54);
    memcpy(file, "TZif", 4);
    file[39] = 1;
    file[43] = 4;
    for (int byte = 0; byte < 4; byte++) {
        file[44 + byte] = (uint8_t)((uint32_t)offset >> (24 - 8 * byte));
    }
    memcpy(file + 50, "ABC", 4);
}

static itom_zone_database *database(const char *version, int32_t offset) {
    uint8_t file[54];
    const uint8_t *files[] = {file};
    const char *names[] = {"Moon/Base"};
    size_t lengths[] = {sizeof file};
    itom_zone_database *zones = NULL;
    write_file(file, offset);
    CHECK_OK(itom_zone_database_from_tzif(version, ITOM_TEXT, names, files, lengths, 1, &zones, &error));
    return zones;
}

static void bundled_zones(void) {
    itom_zone_database *zones = NULL;
    itom_zone *zone = NULL, *missing = NULL;
    itom_bytes *text = NULL;
    int64_t at[2] = {MONDAY, MONDAY - 180 * 24 * HOUR}, offsets[2] = {1, 1}, instant = 0;
    CHECK_OK(itom_zone_database_bundled(&zones, &error));
    CHECK_OK(itom_zone_database_version(zones, &text, &error));
    CHECK(strncmp(itom_bytes_data(text), "20", 2) == 0);
    itom_bytes_free(text);
    CHECK_OK(itom_zone_database_names(zones, &text, &error));
    CHECK(strstr(itom_bytes_data(text), "\"Europe/Berlin\"") != NULL);
    itom_bytes_free(text);
    CHECK_OK(itom_zone_new(zones, "Europe/Berlin", ITOM_TEXT, &zone, &error));
    CHECK_OK(itom_zone_offset(zone, at[0], &offsets[0], &error));
    CHECK(offsets[0] == 2 * HOUR);
    CHECK_OK(itom_zone_offset_all(zone, at, 2, offsets, &error));
    CHECK(offsets[0] == 2 * HOUR && offsets[1] == HOUR);
    /* 02:30 did not exist: it is read with the offset before the gap. */
    CHECK_OK(itom_zone_instant(zone, "2026-03-29T02:30:00", ITOM_TEXT, &instant, &error));
    CHECK(instant == INT64_C(1774747800) * SECOND);
    CHECK_OK(itom_zone_instant(zone, "9999-01-01T00:00:00", ITOM_TEXT, &instant, &error));
    CHECK(instant == ITOM_NEVER);
    CHECK_OK(itom_zone_changes(zone, MONDAY - 100 * 24 * HOUR, MONDAY, &text, &error));
    CHECK(strstr(itom_bytes_data(text), "2026-03-29T01:00:00Z") != NULL);
    itom_bytes_free(text);
    CHECK_FAILS(itom_zone_new(zones, "Mars/Base", ITOM_TEXT, &missing, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "Mars/Base");
    CHECK_FAILS(itom_zone_offset(zone, ITOM_NEVER, &instant, &error), ITOM_STATUS_INVALID_ARGUMENT,
                "at");
    itom_zone_free(zone);
    itom_zone_database_free(zones);
}

static void what_moves(void) {
    static const char definition[] = "{\"tz\": \"Moon/Base\", \"weekly\": {\"mon\": [[\"09:00\", \"17:00\"]]}}";
    itom_zone_database *old = database("old", 0), *new = database("new", 3600);
    itom_calendar *calendar = NULL, *other = NULL;
    itom_clock *clock = NULL;
    itom_bytes *text = NULL;
    int64_t due = 0;
    CHECK_OK(itom_zone_database_differences(old, new, MONDAY, MONDAY + HOUR, &text, &error));
    CHECK(strstr(itom_bytes_data(text), "\"moved\"") != NULL);
    CHECK(strstr(itom_bytes_data(text), "\"after\":\"PT1H\"") != NULL);
    itom_bytes_free(text);
    CHECK_OK(itom_calendar_with_zones(definition, ITOM_TEXT, old, &calendar, &error));
    CHECK_OK(itom_calendar_recompiled(calendar, new, &other, &error));
    CHECK_OK(itom_calendar_deadline(other, MONDAY, HOUR, &due, &error));
    CHECK(due == MONDAY + 9 * HOUR);
    CHECK_OK(itom_calendar_differences(calendar, other, MONDAY, MONDAY + 24 * HOUR, &text, &error));
    CHECK(strstr(itom_bytes_data(text), "2026-06-15T08:00:00Z") != NULL);
    itom_bytes_free(text);
    CHECK_OK(itom_clock_new(HOUR, calendar, MONDAY, &clock, &error));
    {
        const itom_clock *clocks[] = {clock};
        CHECK_OK(itom_moved_breaches(clocks, 1, new, MONDAY, &text, &error));
        CHECK(strstr(itom_bytes_data(text), "\"before\":\"2026-06-15T10:00:00Z\"") != NULL);
        CHECK(strstr(itom_bytes_data(text), "\"after\":\"2026-06-15T09:00:00Z\"") != NULL);
        itom_bytes_free(text);
        CHECK_OK(itom_moved_breaches(clocks, 1, old, MONDAY, &text, &error));
        CHECK(strcmp(itom_bytes_data(text), "[]") == 0);
        itom_bytes_free(text);
    }
    itom_clock_free(clock);
    itom_calendar_free(other);
    itom_calendar_free(calendar);
    itom_zone_database_free(new);
    itom_zone_database_free(old);
}

static void what_is_refused(void) {
    static const uint8_t bad[] = {'T', 'Z', 'i', 'f'};
    const uint8_t *files[] = {bad};
    const char *names[] = {"Bad/Zone"};
    size_t lengths[] = {sizeof bad};
    itom_zone_database *zones = NULL;
    CHECK_FAILS(itom_zone_database_from_tzif("x", ITOM_TEXT, names, files, lengths, 1, &zones, &error),
                ITOM_STATUS_CORRUPT, "Bad/Zone");
    CHECK_FAILS(itom_zone_database_from_tzif("x", ITOM_TEXT, NULL, files, lengths, 1, &zones, &error),
                ITOM_STATUS_NULL_POINTER, "names");
    CHECK_FAILS(itom_zone_database_from_tzif("x", ITOM_TEXT, NULL, NULL, NULL, 0, &zones, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "at least one");
    CHECK(zones == NULL);
}

int main(void) {
    bundled_zones();
    what_moves();
    what_is_refused();
    return check_report("sla zones");
}
