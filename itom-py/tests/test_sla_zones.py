"""Zone databases: every zone against zoneinfo's answers, files of the host, what a release moves.

The package `tzdata` is the newest release there is. Offsets that are read from *its* files must be
zoneinfo's from 1970 to 2100 whatever its version. The release that is compiled in is compared with
it only if both are of one version; otherwise the zones that differ are shown, and the test skips.
"""

import datetime as dt
import importlib.resources
import pickle
import zoneinfo

import itom
import numpy as np
import pytest

tzdata = pytest.importorskip("tzdata")

UTC = dt.timezone.utc
START = dt.datetime(1970, 1, 1, tzinfo=UTC)
END = dt.datetime(2100, 1, 1, tzinfo=UTC)
WEEK = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


@pytest.fixture(scope="module")
def newest():
    return itom.sla.ZoneDatabase.from_tzdata()


def package_zone(name):
    """zoneinfo's own reading of the package's file, not of the operating system's."""
    path = importlib.resources.files("tzdata").joinpath("zoneinfo", *name.split("/"))
    with path.open("rb") as file:
        return zoneinfo.ZoneInfo.from_file(file, key=name)


def offset_in_seconds(zone, second):
    offset = dt.datetime.fromtimestamp(second, zone).utcoffset()
    return offset.days * 86_400 + offset.seconds


def test_every_zone_agrees_with_zoneinfo_from_1970_to_2100(newest):
    assert len(newest) > 500
    end = int(END.timestamp())
    checked = 0
    for name in newest.names():
        ours, theirs = newest.zone(name), package_zone(name)
        near = [int(change.at.timestamp()) for change in ours.changes(START, END)]
        seconds = sorted(
            {at + away for at in near for away in (-1, 0, 1)} | set(range(0, end, 61 * 86_400))
        )
        instants = np.array(seconds, dtype="datetime64[s]").astype("datetime64[ns]")
        got = ours.offset(instants).astype("timedelta64[s]").astype(np.int64)
        expected = [offset_in_seconds(theirs, second) for second in seconds]
        wrong = np.flatnonzero(got != np.array(expected))
        assert not wrong.size, f"{name} at {instants[wrong[0]]}"
        checked += len(seconds)
    assert checked > 500_000


def test_the_bundle_is_as_new_as_the_package_or_the_zones_that_differ_are_named(newest):
    bundled = itom.sla.ZoneDatabase.bundled()
    differences = bundled.differences(newest, START, END)
    moved = [difference.zone for difference in differences if difference.change == "moved"]
    if bundled.version != newest.version:
        pytest.skip(f"bundled {bundled.version}, tzdata {newest.version}: moved {moved}")
    assert moved == []


def test_a_calendar_follows_the_database_it_is_given(newest):
    calendar = itom.sla.Calendar.with_zones({"tz": "Europe/Berlin", "weekly": WEEK}, newest)
    assert calendar.tz_version == newest.version
    assert calendar.zones == newest
    again = pickle.loads(pickle.dumps(calendar))
    assert again == calendar and again.zones == newest
    with pytest.raises(itom.ItomError, match="Nowhere"):
        itom.sla.Calendar.with_zones({"tz": "Nowhere/At_All"}, newest)


def old_database(newest):
    """British Columbia as all releases before 2026 had it: the rule of Los Angeles."""
    folder = importlib.resources.files("tzdata").joinpath("zoneinfo", "America")
    return itom.sla.ZoneDatabase.from_tzif(
        "old", {"America/Vancouver": folder.joinpath("Los_Angeles").read_bytes()}
    )


def test_what_a_new_release_moves(newest):
    old = old_database(newest)
    start = dt.datetime(2024, 1, 1, tzinfo=UTC)
    differences = old.differences(newest, start)
    vancouver = next(one for one in differences if one.zone == "America/Vancouver")
    if newest.version < "2026b":
        pytest.skip(f"tzdata {newest.version} does not have the change of 2026")
    assert vancouver.change == "moved"
    for span in vancouver.spans[:5]:
        middle = span.start + (span.end - span.start) / 2
        assert old.zone("America/Vancouver").offset(middle) == span.before
        assert newest.zone("America/Vancouver").offset(middle) == span.after
    begin = vancouver.spans[0].start
    calendar = itom.sla.Calendar.with_zones({"tz": "America/Vancouver", "weekly": WEEK}, old)
    other = calendar.recompiled(newest)
    week = dt.timedelta(days=7)
    windows = calendar.differences(other, begin - week, begin + week)
    assert windows and all(window.start >= begin for window in windows)
    clock = itom.sla.Clock(target=dt.timedelta(hours=40), calendar=calendar, start=begin - week)
    still = itom.sla.Clock(target=dt.timedelta(hours=1), calendar=calendar, start=begin - week)
    moved = itom.sla.moved_breaches([still, clock], newest, begin - week)
    assert [(one.clock, one.before != one.after) for one in moved] in ([], [(1, True)])
    later = itom.sla.Clock(target=dt.timedelta(hours=60), calendar=calendar, start=begin - week)
    (moved,) = itom.sla.moved_breaches([later], newest, begin - week)
    assert moved.after == later.recompiled(newest).status(begin - week).breach_at != moved.before


def test_local_times_resolve_as_rfc_5545_says(newest):
    berlin = newest.zone("Europe/Berlin")
    gap = dt.datetime(2026, 3, 29, 2, 30)
    assert berlin.instant(gap) == dt.datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert berlin.instant("2026-10-25T02:30:00") == dt.datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert berlin.local(dt.datetime(2026, 6, 15, 10, tzinfo=UTC)) == dt.datetime(2026, 6, 15, 12)
    with pytest.raises(itom.ItomError):
        berlin.instant("yesterday")


def test_a_folder_is_read_without_what_is_no_zone(tmp_path):
    zone = importlib.resources.files("tzdata").joinpath("zoneinfo", "Europe", "Paris").read_bytes()
    (tmp_path / "Europe").mkdir()
    (tmp_path / "right").mkdir()
    (tmp_path / "Europe" / "Paris").write_bytes(zone)
    (tmp_path / "right" / "Paris").write_bytes(zone)
    (tmp_path / "zone.tab").write_text("FR\n")
    (tmp_path / "tzdata.zi").write_text("# version 2031z\n")
    zones = itom.sla.ZoneDatabase.from_path(tmp_path)
    assert (zones.names(), zones.version) == (["Europe/Paris"], "2031z")
    assert itom.sla.ZoneDatabase.from_path(tmp_path, version="mine").version == "mine"
    with pytest.raises(itom.ItomError, match="missing"):
        itom.sla.ZoneDatabase.from_path(tmp_path / "missing")


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({}, "files"),
        ({"Bad/Zone": b"TZif"}, "Bad/Zone"),
        ({"Bad/Zone": b""}, "Bad/Zone"),
        ({"Bad/Zone": "text"}, "files"),
        (7, "files"),
    ],
)
def test_what_is_no_database_is_refused(files, named):
    with pytest.raises(itom.ItomError, match=named):
        itom.sla.ZoneDatabase.from_tzif("x", files)
