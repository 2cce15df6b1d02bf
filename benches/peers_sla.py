"""The incident log parsed and replayed, beside pandas doing the same by hand.

    ITOM_DATA=... python benches/peers_sla.py [--repeats N]

Both read the columns they need from the unpacked CSV and give the number of incidents that were
closed within 62 hours of Mon-Fri 08-17. pandas has no business time: hours of whole days by numpy's
busday_count, the ends by hand, as an analyst would write it.
"""

from __future__ import annotations

import argparse
import gzip
import io
import os
import statistics
import time
from pathlib import Path

import numpy as np
import pandas as pd

import itom

WEEK = {day: [["08:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
RULES = {
    "calendars": {"desk": {"tz": "Etc/GMT+6", "weekly": WEEK}},
    "agreements": [
        {
            "name": "Incident",
            "metrics": [
                {
                    "name": "resolution",
                    "stop": "closed = true",
                    "retroactive_start": "opened_at",
                    "targets": [{"target": "62h", "calendar": "desk"}],
                }
            ],
        }
    ],
}
COLUMNS = ["number", "ident_state", "opened_at", "sys_updated_at", "closed_at", "sys_mod_count"]


def read(text: bytes) -> pd.DataFrame:
    rows = pd.read_csv(io.BytesIO(text), usecols=COLUMNS, dtype={"number": str})
    for name in ["opened_at", "sys_updated_at", "closed_at"]:
        rows[name] = pd.to_datetime(rows[name], format="%d/%m/%Y %H:%M", utc=True)
    return rows


def ours(text: bytes) -> int:
    rows = read(text)
    log = itom.sla.RecordLog()
    log.extend_table(
        {
            "number": rows["number"].to_list(),
            "at": rows["sys_updated_at"].dt.tz_localize(None).to_numpy("datetime64[ns]"),
            "opened_at": rows["opened_at"].dt.tz_localize(None).to_numpy("datetime64[ns]"),
            "order": rows["sys_mod_count"].to_numpy(),
            "closed": (
                (rows["ident_state"] == "Closed") & (rows["sys_updated_at"] >= rows["closed_at"])
            ).to_list(),
        },
        record="number",
        at="at",
        sequence="order",
    )
    return itom.sla.replay(RULES, log).counts().met


def theirs(text: bytes) -> int:
    rows = read(text)
    last = rows.groupby("number", sort=False).last()
    local = last[["opened_at", "closed_at"]] - pd.Timedelta(hours=6)
    first, end = (local[name].dt.tz_localize(None) for name in ("opened_at", "closed_at"))

    def hours(at: pd.Series) -> np.ndarray:
        """Open hours since 2016 began."""
        day = at.dt.normalize().to_numpy("datetime64[D]")
        whole = np.busday_count(np.datetime64("2016-01-01"), day) * 9
        clock = (at - at.dt.normalize()).dt.total_seconds().to_numpy() / 3600
        return whole + np.where(np.is_busday(day), np.clip(clock - 8, 0, 9), 0)

    return int((hours(end) - hours(first) <= 62 + 1e-9).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    path = Path(os.environ["ITOM_DATA"]) / "incidents/incident_event_log.csv.gz"
    text = gzip.decompress(path.read_bytes())
    assert ours(text) == theirs(text)
    times: dict[str, list[float]] = {"ours": [], "pandas": []}
    for _ in range(repeats):
        for name, work in (("ours", ours), ("pandas", theirs)):
            start = time.process_time()
            work(text)
            times[name].append(time.process_time() - start)
    for name, seconds in times.items():
        print(f"{name}: {1e3 * statistics.median(seconds):.0f} ms")


if __name__ == "__main__":
    main()
