"""Times, arrays and numbers on their way in and out: exact, in any zone, and refused by name."""

import array
import datetime as dt
import threading
import zoneinfo

import numpy as np
import pytest

import itom

UTC = dt.timezone.utc
EPOCH = dt.datetime(1970, 1, 1, tzinfo=UTC)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALWAYS = itom.sla.Calendar({"tz": "UTC", "weekly": {day: [["00:00", "24:00"]] for day in DAYS}})
ZERO = dt.timedelta(0)


def seen(instant):
    """The instant as the library sees it, as nanoseconds since 1970."""
    since = ALWAYS.elapsed(np.array(["1970-01-01"], "M8[ns]"), instant)
    return since.astype("int64")[0]


def score(values):
    times = np.datetime64("2026-01-01", "ns") + np.arange(3) * np.timedelta64(60, "s")
    return itom.anomaly.Detector().score(times, values)


def test_any_zone_is_exact_to_the_microsecond():
    rng = np.random.default_rng(1)
    names = "Europe/London America/New_York Asia/Kolkata Africa/Monrovia Australia/Lord_Howe UTC"
    zones = [zoneinfo.ZoneInfo(name) for name in names.split()]
    for us in rng.integers(-9 * 10**15, 9 * 10**15, 300).tolist():
        instant = EPOCH + dt.timedelta(microseconds=us)
        odd = dt.timezone(dt.timedelta(microseconds=int(rng.integers(-8 * 10**10, 8 * 10**10))))
        for zone in (*zones, odd):
            assert seen(instant.astimezone(zone)) == us * 1000
        back = ALWAYS.deadline(instant, ZERO)
        assert back == instant and back.tzinfo is UTC


def test_both_sides_of_a_fold():
    london = zoneinfo.ZoneInfo("Europe/London")
    before = dt.datetime(2026, 10, 25, 1, 30, tzinfo=london)
    assert ALWAYS.elapsed(before, before.replace(fold=1)) == dt.timedelta(hours=1)


def test_datetime64_of_any_unit():
    for unit in ("Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns"):
        instant = np.datetime64("2026-06-01", unit)
        assert seen(instant) == instant.astype("M8[ns]").astype("int64")
    assert seen(np.datetime64(5000, "ps")) == 5
    assert seen(np.array("2026-06-01", "M8[s]")) == seen(np.datetime64("2026-06-01"))


INSTANTS = np.array(["2026-01-01", "2026-01-02T03"], "M8[ns]")
AWARE = [dt.datetime(2026, 1, 1, tzinfo=UTC), dt.datetime(2026, 1, 2, 3, tzinfo=UTC)]


@pytest.mark.parametrize("form", [
    INSTANTS, INSTANTS.astype("M8[h]"), INSTANTS.astype(">M8[ns]"), np.repeat(INSTANTS, 3)[::3],
    AWARE, tuple(AWARE), list(INSTANTS), np.array(AWARE, dtype=object),
], ids=str)
def test_arrays_of_instants(form):
    out = ALWAYS.deadline(form, ZERO)
    assert out.dtype == np.dtype("M8[ns]") and (out == INSTANTS).all()
    out[0] = INSTANTS[1]


def test_arrays_of_instants_from_other_libraries():
    pa, pl, pd = (pytest.importorskip(name) for name in ("pyarrow", "polars", "pandas"))
    forms = [
        pa.array(INSTANTS), pa.chunked_array([INSTANTS[:1], INSTANTS[1:]]),
        pa.array(AWARE, pa.timestamp("ms", tz="Asia/Tokyo")), pl.Series(INSTANTS),
        pd.Series(INSTANTS), pd.DatetimeIndex(INSTANTS), pd.Series(pd.to_datetime(INSTANTS, utc=True)),
    ]
    for form in forms:
        answer = ALWAYS.deadline(form, ZERO)
        assert isinstance(answer, type(form)), form
        assert np.array_equal(pd.DatetimeIndex(np.asarray(answer)).tz_localize(None), INSTANTS), form
    assert seen(pd.Timestamp("2026-06-01T00:00:00.123456789Z")) % 10**9 == 123456789
    for wrong in (pa.array([1, 2]), pa.array(["x"]), pd.NaT, pd.Timestamp("2026")):
        with pytest.raises(itom.ItomError, match="start"):
            ALWAYS.deadline(wrong, ZERO)


@pytest.mark.parametrize("wrong", [
    "yesterday", 42, 4.2, None, True, object(), float("nan"), dt.datetime(2026, 1, 1), dt.date(2026, 1, 1),
    dt.timedelta(1), np.datetime64("NaT", "ns"), np.datetime64("9999-01-01"),
    np.datetime64("1600-01-01", "s"), np.datetime64(1, "ps"), dt.datetime.min.replace(tzinfo=UTC),
    dt.datetime.max.replace(tzinfo=UTC), ["x"], [dt.datetime(2026, 1, 1)], np.array(["x"]), np.zeros(3),
    np.zeros((2, 2), "M8[ns]"), np.array(["9999-01-01"], "M8[D]"),
    {"a": 1}, {1, 2}, b"abc", np.timedelta64(1, "s"), iter([1]),
], ids=repr)
def test_what_is_no_instant(wrong):
    with pytest.raises(itom.ItomError) as caught:
        ALWAYS.deadline(wrong, ZERO)
    assert "start" in str(caught.value) and isinstance(caught.value, ValueError)


@pytest.mark.parametrize("wrong", [
    "a while", 42, float("nan"), None, np.timedelta64("NaT", "ns"), np.timedelta64(1, "Y"),
    np.timedelta64(10**6, "D"), dt.timedelta.max, dt.timedelta.min, EPOCH, np.zeros(2), [1],
], ids=repr)
def test_what_is_no_duration(wrong):
    with pytest.raises(itom.ItomError, match="duration"):
        ALWAYS.deadline(EPOCH, wrong)


def test_arrays_of_durations():
    durations = np.array([1, 5], "m8[s]")
    forms = [durations, list(durations), [dt.timedelta(seconds=1), dt.timedelta(seconds=5)], durations.astype("m8[ns]")]
    for form in forms:
        assert (ALWAYS.deadline(EPOCH, form) == np.array([1, 5], "M8[s]")).all()


VALUES = np.array([1.5, np.nan, -2])


@pytest.mark.parametrize("form", [
    VALUES.astype("f4"), list(VALUES), (1.5, None, -2), np.array([1.5, None, -2], dtype=object), memoryview(VALUES),
    array.array("d", VALUES), np.repeat(VALUES, 2)[::2], np.frombuffer(VALUES.tobytes()), VALUES.astype(">f8"),
], ids=repr)
def test_arrays_of_numbers(form):
    assert np.array_equal(score(form), score(VALUES), equal_nan=True)


def test_arrays_of_numbers_from_arrow():
    pa, pl = pytest.importorskip("pyarrow"), pytest.importorskip("polars")
    cells = [1.5, None, -2]
    for form in (pa.array(cells), pa.array(cells, pa.float32()), pa.chunked_array([[1.5], [None, -2.0]]), pl.Series(cells)):
        assert np.array_equal(score(form), score(VALUES), equal_nan=True)
    whole = score(np.arange(3.0))
    for form in (range(3), [0, 1, 2], np.arange(3, dtype="u1"), pa.array([0, 1, 2], pa.uint8())):
        assert np.array_equal(score(form), whole)


@pytest.mark.parametrize("wrong", [
    "abc", b"abc", 42, None, ["a", 1, 2], np.array(["a", "b", "c"]), np.zeros((3, 3)), np.array(5.0), np.zeros(3, complex),
    {1: 2}, {1}, [[1], [2], [3]], [10**400, 1, 2], np.zeros(3, "M8[ns]"), [True, 1, 2], iter([1.0]), object(),
], ids=repr)
def test_what_is_no_array_of_numbers(wrong):
    with pytest.raises(itom.ItomError, match="values"):
        score(wrong)


class Evil:
    """Raises whatever is asked of it."""

    def __getattr__(self, name):
        raise RuntimeError("evil")

    def __repr__(self):
        raise RuntimeError("evil")

    def __float__(self):
        raise RuntimeError("evil")


class NoCapsule:
    def __arrow_c_stream__(self, requested_schema=None):
        return 3


@pytest.mark.parametrize("wrong", [Evil(), NoCapsule()], ids=["evil", "no capsule"])
def test_hostile_objects(wrong):
    for call in (score, itom.Table, itom.sla.Calendar, itom.to_json, lambda x: ALWAYS.is_open(x), lambda x: score([x, 1, 2])):
        with pytest.raises(itom.ItomError):
            call(wrong)


def test_interrupts_pass():
    class Interrupting:
        def __arrow_c_stream__(self, requested_schema=None):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        itom.Table(Interrupting())


def test_threads_take_turns_on_one_engine():
    detector = itom.anomaly.Detector()
    times = np.datetime64("2026-01-01", "ns") + np.arange(400) * np.timedelta64(60, "s")
    failures = []

    def work():
        try:
            for instant in times:
                detector.update(instant, 1.0)
        except itom.Internal as error:
            failures.append(error)
        except itom.ItomError:
            pass  # A thread that is late is told so.

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert 0 <= detector.update(times[-1] + np.timedelta64(60, "s"), 1.0).score <= 1


def test_a_mask_is_not_lost_in_silence():
    masked = np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0])
    times = np.array(["2026-01-01", "2026-01-02", "2026-01-03"], "datetime64[ns]")
    with pytest.raises(itom.ItomError, match="mask"):
        itom.anomaly.Detector().score(times, masked)
    assert itom.anomaly.Detector().score(times, masked.filled(np.nan)).shape == (3,)


def test_a_bad_document_is_named_by_its_place():
    bad = [{"metric": {"time": "2026-01-01T00:00:00Z", "item": "a", "metric": "m", "value": "x"}}]
    with pytest.raises(itom.InvalidArgument, match=r"observations\[0\].metric.value"):
        itom.Operations({"name": "x"}).ingest(bad)
    with pytest.raises(itom.ItomError, match="model"):
        itom.cmdb.Cmdb("\ud800")


@pytest.mark.parametrize("value", [np.int64(3), np.float64(3), np.bool_(True), np.array(1)])
def test_a_numpy_number_is_no_instant_and_no_duration(value):
    calendar = itom.sla.Calendar({"tz": "Etc/UTC", "weekly": {"mon": [["09:00", "17:00"]]}})
    now = dt.datetime(2026, 6, 15, 10, tzinfo=UTC)
    for call in (
        lambda: calendar.is_open(value),
        lambda: calendar.deadline(now, value),
        lambda: itom.anomaly.Detector().update(value, 1.0),
        lambda: itom.cmdb.Cmdb().at(value),
    ):
        with pytest.raises(itom.ItomError):
            call()
    assert calendar.is_open(np.array(np.datetime64(1, "ns"))) is False
