/* Calendars from and to iCalendar, from opening_hours, and rules of recurrence. The two formats are
 * features of the library: ITOM_HAS_ICAL and ITOM_HAS_OPENING_HOURS say whether they are in. */
#include "check.h"

#define HOUR INT64_C(3600000000000)

static int holds(const itom_bytes *bytes, const char *part)
{
    size_t length = itom_bytes_len(bytes), wanted = strlen(part);
    const char *data = itom_bytes_data(bytes);
    for (size_t at = 0; at + wanted <= length; at++) {
        if (memcmp(data + at, part, wanted) == 0) {
            return 1;
        }
    }
    return 0;
}

static void test_occurrences(void)
{
    itom_bytes *windows = NULL;
    const char *first_sundays =
        "{\"rrule\": \"FREQ=MONTHLY;BYDAY=1SU\", \"dtstart\": \"2026-01-04T02:00:00\","
        " \"tz\": \"Europe/Berlin\", \"duration\": \"4h\"}";
    int64_t start = INT64_C(1775001600000000000) /* 2026-04-01 */, end = INT64_C(1777593600000000000) /* 2026-05-01 */;
    CHECK_OK(itom_occurrences(first_sundays, ITOM_TEXT, start, end, &windows, &error));
    CHECK(holds(windows, "\"opens\":\"2026-04-05T00:00:00Z\""));
    CHECK(holds(windows, "\"closes\":\"2026-04-05T04:00:00Z\""));
    itom_bytes_free(windows);
    const char *bomb = "{\"rrule\": \"FREQ=SECONDLY;COUNT=999999999999\","
                       " \"dtstart\": \"0001-01-01T00:00:00\", \"tz\": \"UTC\", \"duration\": \"1s\"}";
    CHECK_FAILS(itom_occurrences(bomb, ITOM_TEXT, start, end, &windows, &error),
                ITOM_STATUS_LIMIT_EXCEEDED, "steps");
    const char *wrong = "{\"rrule\": \"FREQ=WEEKLY;BYDAY=1MO\", \"dtstart\": \"2026-01-05\","
                        " \"tz\": \"UTC\", \"duration\": \"1h\"}";
    CHECK_FAILS(itom_occurrences(wrong, ITOM_TEXT, start, end, &windows, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "ordinal");
}

#ifdef ITOM_HAS_ICAL
static void test_ics(void)
{
    itom_calendar *calendar = NULL, *back = NULL;
    itom_bytes *ics = NULL;
    const char *week = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n"
                       "DTSTART;TZID=Europe/Berlin:20260105T090000\r\n"
                       "DTEND;TZID=Europe/Berlin:20260105T170000\r\n"
                       "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR\r\n"
                       "EXDATE;TZID=Europe/Berlin:20260501T090000\r\n"
                       "END:VEVENT\r\nEND:VCALENDAR\r\n";
    CHECK_OK(itom_calendar_from_ics(week, ITOM_TEXT, "{}", ITOM_TEXT, &calendar,
                                    &error));
    int64_t start = INT64_C(1777248000000000000) /* 2026-04-27 */, end = INT64_C(1777852800000000000) /* 2026-05-04 */;
    int64_t elapsed = 0;
    CHECK_OK(itom_calendar_elapsed(calendar, start, end, &elapsed, &error));
    CHECK(elapsed == 32 * HOUR);
    CHECK_OK(itom_calendar_to_ics(calendar, "{\"from\": \"2026-01-01\"}", ITOM_TEXT, &ics,
                                  &error));
    CHECK(holds(ics, "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR\r\n"));
    CHECK_OK(itom_calendar_from_ics(itom_bytes_data(ics), itom_bytes_len(ics), "{}", 2, &back,
                                    &error));
    CHECK_OK(itom_calendar_elapsed(back, start, end, &elapsed, &error));
    CHECK(elapsed == 32 * HOUR);
    itom_bytes_free(ics);
    itom_calendar_free(back);
    itom_calendar_free(calendar);

    const char *bad = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:2026\nEND:VEVENT\nEND:VCALENDAR\n";
    calendar = NULL;
    CHECK_FAILS(itom_calendar_from_ics(bad, ITOM_TEXT, "{}", 2, &calendar, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "line 3");
    CHECK_FAILS(itom_calendar_from_ics("BEGIN:\xff\xfe", ITOM_TEXT, "{}", 2, &calendar,
                                       &error),
                ITOM_STATUS_INVALID_ARGUMENT, "ics");
    CHECK_FAILS(itom_calendar_from_ics("BEGIN:VCALENDAR\n\0", 17, "{}", 2, &calendar, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "line 2");
    CHECK_FAILS(itom_calendar_from_ics(week, ITOM_TEXT, "{\"event\": 1}",
                                       ITOM_TEXT, &calendar, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "event");
    CHECK(calendar == NULL);
}
#endif

#ifdef ITOM_HAS_OPENING_HOURS
static void test_opening_hours(void)
{
    itom_calendar *calendar = NULL;
    const char *options = "{\"tz\": \"Europe/Berlin\", \"holidays\": [\"2026-05-01\"]}";
    CHECK_OK(itom_calendar_from_opening_hours("Mo-Fr 09:00-17:00; PH off", ITOM_TEXT,
                                              options, ITOM_TEXT, &calendar, &error));
    int64_t elapsed = 0;
    CHECK_OK(itom_calendar_elapsed(calendar, INT64_C(1777248000000000000) /* 2026-04-27 */,
                                   INT64_C(1777852800000000000) /* 2026-05-04 */, &elapsed, &error));
    CHECK(elapsed == 32 * HOUR);
    itom_calendar_free(calendar);
    calendar = NULL;
    CHECK_FAILS(itom_calendar_from_opening_hours("Mo sunrise-17:00", ITOM_TEXT, options,
                                                 ITOM_TEXT, &calendar, &error),
                ITOM_STATUS_INVALID_ARGUMENT, "character 4");
    CHECK(calendar == NULL);
}
#endif

int main(void)
{
    test_occurrences();
#ifdef ITOM_HAS_ICAL
    test_ics();
#endif
#ifdef ITOM_HAS_OPENING_HOURS
    test_opening_hours();
#endif
    return check_report("sla_formats");
}
