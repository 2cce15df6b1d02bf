"""itom.sla.Ledger: the same as Clock for each of many, columns in and out, errors, snapshots."""

import datetime as dt
import pickle
import random

import itom
import numpy as np
import pytest

UTC = dt.timezone.utc
H = dt.timedelta(hours=1)
T = dt.datetime(2026, 6, 15, 9, tzinfo=UTC)
WEEK = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
CALENDAR = {"tz": "UTC", "weekly": WEEK}


def stamp(instant):
    return np.datetime64(instant.replace(tzinfo=None), "ns")


def test_a_ledger_is_many_clocks():
    chance = random.Random(7)
    calendar = itom.sla.Calendar(CALENDAR)
    ledger, clocks, rows = itom.sla.Ledger(), [], []
    for number in range(50):
        options = {"target": chance.randrange(1, 40) * H, "calendar": calendar, "start": T + number * H}
        assert ledger.open(f"INC{number}", **options) == number
        clocks.append(itom.sla.Clock(**options))
        for _ in range(chance.randrange(6)):
            name = chance.choice(["pause", "resume", "stop", "reopen", "cancel"])
            rows.append((number, T + chance.randrange(200) * H, name))
    chance.shuffle(rows)
    for number, at, name in rows:
        clocks[number].apply({"at": at, "do": name})
    ledger.apply_columns(
        [f"INC{row[0]}" for row in rows],
        np.array([stamp(row[1]) for row in rows]),
        [row[2] for row in rows],
    )
    for at in (T - H, T + 90 * H, T + 300 * H):
        columns = ledger.columns(at)
        states = ["pending", "running", "paused", "stopped", "cancelled"]
        for number, clock in enumerate(clocks):
            status = clock.status(at)
            assert ledger.status(f"INC{number}", at) == status == ledger.status(number, at)
            for name in ("business", "actual", "paused", "remaining"):
                assert columns[name][number].astype(int) == status[name] / dt.timedelta(microseconds=1) * 1000
            assert columns["ratio"][number] == status.ratio
            assert states[columns["state"][number]] == status.state
            breach = columns["breach_at"][number]
            assert np.isnat(breach) if status.breach_at is None else breach == stamp(status.breach_at)
    restored = pickle.loads(pickle.dumps(ledger))
    assert len(restored) == 50
    assert restored.advance(T + 500 * H) == ledger.advance(T + 500 * H)
    assert ledger.watermark == T + 500 * H


def test_columns_with_numbers_and_reasons():
    ledger = itom.sla.Ledger()
    opened = ledger.open(["a", "b"], target=np.array([4, 8], "timedelta64[h]"), calendar=CALENDAR, start=T)
    assert opened == range(2)
    assert ledger.clock("b") == 1 and ledger.key(1) == "b" and ledger.clock("c") is None
    at = np.array([stamp(T + H), stamp(T + 2 * H), stamp(T + 3 * H)])
    ledger.apply_columns(np.array([0, 0, 0]), at, ["pause", "pause", "resume"], ["user", "freeze", "user"])
    status = ledger.status("a", T + 4 * H)
    assert status.state == "paused"
    assert [one.reason for one in status.paused_by] == ["freeze", "user"]
    assert ledger.explain("a", T + 4 * H)[-1].reason == "paused: freeze"
    assert [(one.clock, one.at) for one in ledger.next_breaches(5)] == [(1, T + 8 * H)]
    assert ledger.breaches_before(T + 8 * H) == []
    assert ledger.memory().hot >= 96


def test_late_events_correct_what_was_announced():
    ledger = itom.sla.Ledger()
    ledger.open("a", target=4 * H, calendar=CALENDAR, start=T, thresholds=[])
    (breach,) = ledger.advance(T + 6 * H)
    assert breach.kind == "breach" and breach.at == T + 4 * H and not breach.late
    ledger.apply("a", [{"at": T + 3 * H, "do": "stop"}])
    (taken_back,) = ledger.advance(T + 6 * H)
    assert taken_back.withdrawn and taken_back.late and taken_back.at == breach.at


def test_what_if_and_another_calendar():
    ledger = itom.sla.Ledger()
    ledger.open("a", target=4 * H, calendar=CALENDAR, start=T)
    would = ledger.what_if(T + 3 * H, targets={4 * H: 2 * H})
    assert (would.breached_before, would.breached_after) == (0, 1)
    assert would.rows[0].key == "a" and would.rows[0].after.breach_at == T + 2 * H
    later = {"tz": "UTC", "weekly": {"mon": [["12:00", "17:00"]]}}
    would = ledger.what_if(T + 3 * H, calendars={0: itom.sla.Calendar(later)})
    assert would.rows[0].after.breach_at == T + 7 * H
    would = ledger.what_if(T + 3 * H, clocks={"a": H})
    assert would.rows[0].after.breach_at == T + H
    ledger.replace_calendar(0, later)
    assert ledger.next_breaches(1)[0].at == T + 7 * H
    ledger.replace_calendars({0: itom.sla.Calendar(CALENDAR)})
    assert ledger.next_breaches(1)[0].at == T + 4 * H
    with pytest.raises(itom.ItomError, match="calendar 5"):
        ledger.replace_calendars({0: later, 5: later})
    assert ledger.next_breaches(1)[0].at == T + 4 * H
    assert len(ledger.calendars()) == 1
    bundled = itom.sla.ZoneDatabase.bundled()
    assert ledger.moved_breaches(bundled, T) == [] and ledger.recompile(bundled) == 0


def test_refused_events_come_back_with_their_reasons():
    ledger = itom.sla.Ledger()
    ledger.open(["a", "b"], target=H, calendar=CALENDAR, start=T)
    at = np.array([stamp(T + n * H) for n in range(1, 5)])
    refused = ledger.apply_columns_lenient(["a", "z", "b", "b"], at, ["pause", "stop", "fly", "cancel"])
    assert [(event.row, event.argument) for event in refused] == [(1, "clock"), (2, "actions")]
    assert "z" in refused[0].reason and "fly" in refused[1].reason
    assert isinstance(refused[0], itom.types.RefusedEvent)
    assert ledger.status("a", T + 9 * H).state == "paused"
    assert ledger.status("b", T + 9 * H).state == "cancelled"
    refused = ledger.apply_columns_lenient([0, 7], at[:2], [3, 4], ["user", None])
    assert [(event.row, event.argument) for event in refused] == [(1, "clock")]
    assert ledger.apply_columns_lenient([0], at[3:], [3]) == []
    assert ledger.status("a", T + 9 * H).state == "running"
    with pytest.raises(itom.ItomError, match="as many"):
        ledger.apply_columns_lenient([0, 0], at, [3, 4])


def test_mistakes_are_named():
    ledger = itom.sla.Ledger()
    ledger.open("a", target=H, calendar=CALENDAR, start=T)
    at = np.array([stamp(T)])
    for call in (
        lambda: ledger.open("a", target=H, calendar=CALENDAR, start=T),
        lambda: ledger.open("b", target=-H, calendar=CALENDAR, start=T),
        lambda: ledger.open(["b", "c"], target=H, calendar=CALENDAR, start=at),
        lambda: ledger.apply("b", {"at": T, "do": "stop"}),
        lambda: ledger.apply(7, {"at": T, "do": "stop"}),
        lambda: ledger.apply_columns([0], at, ["explode"]),
        lambda: ledger.apply_columns([0.5], at, ["stop"]),
        lambda: ledger.apply_columns([0], at, [99]),
        lambda: ledger.apply_columns([0, 0], at, ["stop", "stop"]),
        lambda: ledger.apply_columns(["b"], at, ["stop"]),
        lambda: ledger.status("b", T),
        lambda: ledger.replace_calendar(3, CALENDAR),
        lambda: itom.sla.Ledger.from_bytes(ledger.to_bytes()[:-1]),
    ):
        with pytest.raises(itom.ItomError):
            call()
    assert len(ledger) == 1
    ledger.advance(T + H)
    with pytest.raises(itom.ItomError, match="now"):
        ledger.advance(T)


def test_columns_tell_target_and_breach():
    start = dt.datetime(2026, 6, 15, 10, tzinfo=dt.timezone.utc)
    hour = dt.timedelta(hours=1)
    ledger = itom.sla.Ledger()
    targets = [hour, 2 * hour, 3 * hour]
    ledger.open(["a", "b", "c"], target=targets, calendar={"tz": "UTC", "always": True}, start=start)
    columns = ledger.columns(start + 2 * hour)
    assert columns["target"].tolist() == [int(target / hour) * 3_600 * 10**9 for target in targets]
    assert columns["breached"].dtype == bool and columns["breached"].tolist() == [True, False, False]
    for clock in range(3):
        status = ledger.status(clock, start + 2 * hour)
        assert status.breached == columns["breached"][clock] and status.target == targets[clock]
