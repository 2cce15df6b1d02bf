"""Writes seeds/: what the targets start from, made of the case file of the tests."""

import json
import pathlib

HERE = pathlib.Path(__file__).parent
CASES = json.loads((HERE / "../testdata/sla/sla_cases.json").read_text(encoding="utf-8"))


def write(target, name, text):
    folder = HERE / "seeds" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def clock(case):
    """The instant of asking, what the clock is started with, then an event a line."""
    given = case["input"]
    options = {"target": f"PT{given['target_s']}S", "calendar": CASES["calendars"][case["calendar"]]}
    options |= {key: given[key] for key in ("start", "retroactive_start") if given.get(key)}
    lines = ["1781517600000000000", json.dumps(options)]
    for event in given["events"]:
        if "calendar" in event:
            event = event | {"calendar": CASES["calendars"][event["calendar"]]}
        lines.append(json.dumps(event))
    return "\n".join(lines)


for name, calendar in CASES["calendars"].items():
    numbers = "1781517600000000000 1813053600000000000 28800000000000"
    write("calendar", name, f"{numbers}\n{json.dumps(calendar)}")
for case in CASES["cases"]:
    if case["op"] == "clock":
        write("clock", case["id"], clock(case))
for index, text in enumerate(["2026-06-15T10:00:00Z", "P1DT2H3.5S", "4h 30m", "717/718", "99.95"]):
    write("text", str(index), text)
