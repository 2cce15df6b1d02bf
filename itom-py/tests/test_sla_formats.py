"""Calendars from and to other tools: iCalendar, holidays, opening_hours, rules of recurrence."""

import datetime as dt
import random
import zoneinfo

import itom.sla
import pytest
from itom import ItomError
from itom.sla import Calendar

UTC = dt.timezone.utc
WEEK = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
OFFICE = {"tz": "Europe/Berlin", "weekly": WEEK}

needs_ical = pytest.mark.skipif(not hasattr(Calendar, "from_ics"), reason="built without ical")
needs_hours = pytest.mark.skipif(
    not hasattr(Calendar, "from_opening_hours"), reason="built without opening_hours"
)


def ics(*events: str) -> str:
    body = "".join(f"BEGIN:VEVENT\r\nUID:{i}\r\nDTSTAMP:20260101T000000Z\r\n{e}\r\nEND:VEVENT\r\n" for i, e in enumerate(events))
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\n{body}END:VCALENDAR\r\n"


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=UTC)


# ---- iCalendar


@needs_ical
def test_events_are_hours_of_service():
    calendar = Calendar.from_ics(
        ics("DTSTART;TZID=Europe/Berlin:20260105T090000\r\nDTEND;TZID=Europe/Berlin:20260105T170000\r\n"
            "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR")
    )
    assert calendar.definition["weekly"] == WEEK
    assert calendar.is_open(at("2262-04-10T08:00:00"))
    assert Calendar.from_ics(ics("DTSTART:20260105T090000Z\r\nDURATION:PT1H").encode()).is_open(
        at("2026-01-05T09:30:00")
    )


@needs_ical
def test_events_are_closures_of_a_base():
    text = ics("DTSTART;VALUE=DATE:20261225\r\nSUMMARY:Christmas\r\nTRANSP:TRANSPARENT")
    calendar = Calendar.from_ics(text, events="closed", base=OFFICE)
    assert calendar.definition["holidays"] == ["2026-12-25 Christmas"]
    assert calendar == Calendar.from_ics(text, events="closed", base=Calendar(OFFICE))
    skipped = Calendar.from_ics(text, events="closed", base=OFFICE, transparent="skip")
    assert skipped.definition["holidays"] == []


@needs_ical
@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: Calendar.from_ics(ics("DTSTART:2026")), "line 7"),
        (lambda: Calendar.from_ics(b"BEGIN:VCALENDAR\xff"), "UTF-8"),
        (lambda: Calendar.from_ics(3), "ics"),
        (lambda: Calendar.from_ics(ics("DTSTART:20260101T000000Z"), events="shut"), "shut"),
        (lambda: Calendar.from_ics(ics("DTSTART;VALUE=DATE:20261225"), events="closed"), "base"),
        (lambda: Calendar.from_ics(ics("DTSTART;VALUE=DATE:20261225")), "tz"),
        (lambda: Calendar.from_ics(ics("DTSTART:20260101T000000Z"), until=3), "until"),
        (lambda: Calendar(OFFICE).to_ics(from_="yesterday"), "from"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ItomError, match=message):
        call()


@needs_ical
def test_written_text_is_read_by_other_programs():
    """icalendar and recurring_ical_events expand what we write to the windows we have."""
    icalendar = pytest.importorskip("icalendar")
    recurring = pytest.importorskip("recurring_ical_events")
    definitions = [
        {**OFFICE, "holidays": ["2026-05-01", "2026-12-25"], "overrides": {"2026-12-24": [["09:00", "12:00"]]}},
        {"tz": "America/New_York", "weekly": {"fri": [["22:00", "30:00"]], "mon": [["08:00", "24:00"]]}},
        {"tz": "UTC", "weekly": WEEK, "versions": [{"until": "2026-03-01", "weekly": {"sat": [["10:00", "12:00"]]}}]},
        {**OFFICE, "breaks": {"2026-06-15": [["12:00", "13:00"]]}},
        {"tz": "Australia/Lord_Howe", "weekly": WEEK},
    ]
    for definition in definitions:
        calendar = Calendar(definition)
        parsed = icalendar.Calendar.from_ical(calendar.to_ics(from_=dt.date(2026, 1, 1)))
        start, end = at("2026-01-03T00:00:00"), at("2027-01-02T00:00:00")
        theirs = sorted(
            (event["DTSTART"].dt.astimezone(UTC), event["DTEND"].dt.astimezone(UTC))
            for event in recurring.of(parsed).between(start, end)
        )
        merged: list[tuple[dt.datetime, dt.datetime]] = []
        for opens, closes in theirs:
            if merged and opens <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(closes, merged[-1][1]))
            else:
                merged.append((opens, closes))
        assert merged == calendar.windows(start, end), definition


@needs_ical
def test_the_vtimezone_we_write_is_the_zone():
    icalendar = pytest.importorskip("icalendar")
    for name in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia"):
        text = Calendar({"tz": name, "weekly": WEEK}).to_ics().replace(name, "Somewhere/Else")
        timezones = icalendar.Calendar.from_ical(text).walk("VTIMEZONE")
        zone, truth = timezones[0].to_tz(lookup_tzid=False), zoneinfo.ZoneInfo(name)
        generator = random.Random(name)
        for _ in range(300):
            # Not within the hours around a change, where naive times are told apart by fold.
            moment = dt.datetime(1972, 1, 1) + dt.timedelta(hours=generator.randrange(24 * 365 * 60))
            near = {moment.replace(tzinfo=truth).utcoffset(), (moment - dt.timedelta(hours=27)).replace(tzinfo=truth).utcoffset(),
                    (moment + dt.timedelta(hours=27)).replace(tzinfo=truth).utcoffset()}
            if len(near) == 1:
                assert zone.utcoffset(moment) == moment.replace(tzinfo=truth).utcoffset(), (name, moment)


@needs_ical
def test_round_trip():
    calendar = Calendar({**OFFICE, "holidays": ["2026-05-01"]})
    back = Calendar.from_ics(calendar.to_ics(from_="2020-01-01", summary="Büro, 1;2"))
    start, end = at("2020-01-06T00:00:00"), at("2100-01-01T00:00:00")
    assert back.elapsed(start, end) == calendar.elapsed(start, end)
    assert back.windows(start, at("2030-01-01T00:00:00")) == calendar.windows(start, at("2030-01-01T00:00:00"))


# ---- rules of recurrence


def rule(generator: random.Random) -> str:
    """A random rule that ends, of parts on whose meaning RFC 5545 and dateutil agree."""
    frequency = generator.choice(["YEARLY", "MONTHLY", "WEEKLY", "DAILY"])
    parts = [f"FREQ={frequency}", f"INTERVAL={generator.randint(1, 4)}"]
    choices = {"BYMONTH": ["1,6", "2", "12"], "BYDAY": ["MO", "TU,TH", "SA,SU,MO"], "BYHOUR": ["9", "0,23"]}
    if frequency in ("YEARLY", "MONTHLY"):
        choices["BYDAY"] += ["1MO", "-1FR,2WE", "5SU"]
    if frequency != "WEEKLY":
        choices["BYMONTHDAY"] = ["1,15", "-1", "31,-3"]
    if frequency == "YEARLY":
        choices["BYYEARDAY"] = ["1,-1", "60,366"]
    if frequency in ("DAILY", "WEEKLY"):
        choices["WKST"] = ["SU", "WE"]
    for name, values in choices.items():
        if generator.random() < 0.35:
            parts.append(f"{name}={generator.choice(values)}")
    if frequency != "WEEKLY" and any(part.startswith("BY") for part in parts) and generator.random() < 0.2:
        parts.append(f"BYSETPOS={generator.choice([1, -1, 2])}")
    # dateutil looks for a COUNT to the year 9999.
    selects = any(part.startswith("BY") for part in parts)
    parts.append("UNTIL=20281231T120000" if selects else f"COUNT={generator.choice([1, 5, 30])}")
    return ";".join(parts)


def test_rules_give_what_dateutil_gives():
    rrule = pytest.importorskip("dateutil.rrule")
    generator = random.Random(5545)
    compared = 0
    for _ in range(250):
        text = rule(generator)
        start = dt.datetime(2024, 1, 1, 9) + dt.timedelta(hours=generator.randrange(24 * 400))
        try:
            series = rrule.rrulestr(text, dtstart=start)
        except ValueError:  # hours that its interval never meets
            continue
        until = dt.datetime(2033, 1, 1)
        theirs = series.between(start - dt.timedelta(1), until)
        try:
            ours = itom.sla.occurrences(
                text, dtstart=start, tz="UTC", duration=dt.timedelta(seconds=1),
                start=at("2020-01-01T00:00:00"), end=until.replace(tzinfo=UTC),
            )
        except ItomError as error:
            assert "dtstart" in str(error) and start not in theirs, (text, start, error)
            continue
        assert [opens.replace(tzinfo=None) for opens, _ in ours] == theirs, (text, start)
        compared += 1
    assert compared > 40


def test_occurrences_take_local_times():
    window = {"dtstart": dt.datetime(2026, 3, 28, 2, 30), "tz": "Europe/Berlin", "duration": dt.timedelta(hours=1),
              "start": at("2026-03-01T00:00:00"), "end": at("2026-04-01T00:00:00")}
    found = itom.sla.occurrences("FREQ=DAILY;COUNT=3", **window, except_=["2026-03-30T02:30:00"])
    # 02:30 does not exist on the 29th: it is read with the offset before the gap.
    assert [opens for opens, _ in found] == [at("2026-03-28T01:30:00"), at("2026-03-29T01:30:00")]
    assert len(itom.sla.occurrences(None, **window)) == 1
    with pytest.raises(ItomError, match="dtstart"):
        itom.sla.occurrences(None, **{**window, "dtstart": at("2026-03-28T02:30:00")})
    with pytest.raises(ItomError, match="rrule"):
        itom.sla.occurrences("FREQ=SECONDLY;COUNT=99999999999", **{**window, "dtstart": "0001-01-01"})


# ---- holidays


def test_a_holidays_object_by_year():
    holidays = pytest.importorskip("holidays")
    calendar = Calendar(OFFICE, holidays=holidays.Germany(years=range(2024, 2031)))
    assert not calendar.is_open(at("2026-12-25T10:00:00"))
    assert calendar == Calendar(OFFICE).with_holidays(holidays.Germany(years=range(2024, 2031)))
    lazy = Calendar(OFFICE).with_holidays(holidays.Germany(), years=range(2024, 2031))
    assert lazy == calendar
    truth = holidays.Germany(years=range(2024, 2031))
    assert calendar.definition["holidays"] == sorted(f"{day} {name}" for day, name in truth.items())
    assert len(truth) > 50
    with pytest.raises(ItomError, match="years="):
        Calendar(OFFICE, holidays=holidays.Germany())


def test_mappings_lists_and_workalendar():
    christmas = dt.date(2026, 12, 25)
    for value in ({christmas: "Christmas"}, [(christmas, "Christmas")], {"2026-12-25": "Christmas"},
                  {dt.datetime(2026, 12, 25): " Christmas\n"}):
        assert Calendar(OFFICE, holidays=value).definition["holidays"] == ["2026-12-25 Christmas"]
    for value in ([christmas], ["2026-12-25"], {christmas: None}, (christmas,)):
        assert Calendar(OFFICE, holidays=value).definition["holidays"] == ["2026-12-25"]

    class Workalendar:
        """What workalendar's calendars look like."""

        def holidays(self, year: int) -> list[tuple[dt.date, str]]:
            return [(dt.date(year, 1, 1), "New year")]

    calendar = Calendar(OFFICE, holidays=Workalendar(), years=[2026, 2027])
    assert calendar.definition["holidays"] == ["2026-01-01 New year", "2027-01-01 New year"]
    with pytest.raises(ItomError, match="years"):
        Calendar(OFFICE, holidays=Workalendar())
    for value in ("2026-12-25", 3, [3.5], ["2026-02-30"]):
        with pytest.raises(ItomError, match="holidays"):
            Calendar(OFFICE, holidays=value)


# ---- opening_hours


@needs_hours
def test_opening_hours():
    calendar = Calendar.from_opening_hours(
        "Mo-Fr 09:00-17:00; PH off", tz="Europe/Berlin", holidays={dt.date(2026, 5, 1): "Tag der Arbeit"}
    )
    assert calendar.definition["weekly"] == WEEK
    assert calendar.definition["overrides"] == {"2026-05-01": []}
    for text, message in [("Mo sunrise-17:00", "character 4"), ("PH off", "holidays"), ("Foo", "character")]:
        with pytest.raises(ItomError, match=message):
            Calendar.from_opening_hours(text, tz="Europe/Berlin")
    with pytest.raises(ItomError, match="tz"):
        Calendar.from_opening_hours("24/7", tz="Mars/Phobos")


@needs_ical
def test_dates_of_every_year_are_written_to_a_last_date():
    calendar = Calendar({**OFFICE, "holidays": ["--12-25 Christmas"]})
    with pytest.raises(itom.InvalidArgument, match="until must be a last date.*--12-25"):
        calendar.to_ics()
    text = calendar.to_ics(from_="2026-01-01", until=dt.date(2030, 12, 31))
    # Once for each of the windows that 25 December would have had, on a weekday.
    assert 3 <= text.count("EXDATE") <= 10 and "20301225" not in text.replace("EXDATE;TZID=Europe/Berlin:20301225", "")
