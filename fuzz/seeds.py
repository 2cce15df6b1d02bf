"""Writes seeds/: what the targets start from, made of the case file of the tests."""

import json
import pathlib
import zoneinfo

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
ICS = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VTIMEZONE
TZID:Custom
BEGIN:STANDARD
DTSTART:16011028T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010325T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
UID:1
DTSTART;TZID=Custom:20260105T090000
DTEND;TZID=Custom:20260105T170000
RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR
EXDATE;TZID=Custom:20260501T090000
RDATE;TZID=Custom:20260509T090000
END:VEVENT
END:VCALENDAR
"""
OPENSLO = """apiVersion: openslo/v1
kind: SLO
metadata: {name: web}
spec:
  service: shop
  indicator:
    metadata: {name: good}
    spec:
      ratioMetric:
        counter: true
        good: {metricSource: {type: Prometheus, spec: {query: a}}}
        total: {metricSource: {type: Prometheus, spec: {query: b}}}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.99}]
"""
for name, text in {
    "ics": ICS,
    "openslo": OPENSLO,
    "opening_hours": "Mo-Fr 08:00-12:00,13:00-17:30; Sa 10:00-14:00; Dec 24-Jan 01 off; PH off",
    "rrule": "FREQ=MONTHLY;BYDAY=1SU,-1FR;BYSETPOS=1;INTERVAL=2;COUNT=12;BYMONTH=1,2;WKST=SU",
}.items():
    write("formats", name, f"{name}\n{text}")
CONDITIONS = [
    "priority in (1, 2) and state = 'Awaiting'",
    "not (vendor exists) or comments changed",
    "opened_at < '2026-06-15T10:00:00Z'",
    "P1Y2M3DT4H5.5S",
    '{"rule": "business_day_at", "days": 2, "time": "16:00"}',
]
for index, text in enumerate(CONDITIONS):
    write("condition", str(index), text)
for index, text in enumerate(["2026-06-15T10:00:00Z", "P1DT2H3.5S", "4h 30m", "717/718", "99.95"]):
    write("text", str(index), text)
DOCUMENTS = {
    2: "kubernetes.json",
    3: "backstage.yaml",
    4: "netbox.json",
    5: "otlp.jsonl",
    6: "jaeger.json",
    7: "aws_config.json",
}
for reader, name in DOCUMENTS.items():
    write("imports", name, chr(reader) + (HERE / "../testdata/cmdb" / name).read_text(encoding="utf-8"))
write("imports", "records", '\0[{"class": "x", "id": "a", "attributes": {"n": 1}}, {"source": "a", "kind": "k", "target": 0}]')
write("imports", "csv", '\1class,id,os\nhost,w,"Debian ""12"""\n')
QUERIES = [
    'service where criticality >= 2 -depends_on*1..4-> host where os ~ "Debian*" as of 2026-06-01',
    "host h <-runs_on|uses*0..2- * select h/id, os order by h/load desc limit 3 known at 2026-06-01T10:00:00Z",
    r'host where id matches /^web-\d+$/ and os not matches "(?i)windows" or tags =~ /a\/b|c{2,3}/',
    '* where not (os exists) and (id in ("shop", "web-1") or load < 1e3) -*2.. - "odd class"',
]
for index, text in enumerate(QUERIES):
    write("query", str(index), text)
for folder in map(pathlib.Path, zoneinfo.TZPATH):
    for name in ("Europe/Berlin", "Africa/Casablanca", "Pacific/Apia", "America/New_York"):
        if (folder / name).is_file():
            (HERE / "seeds/zone").mkdir(parents=True, exist_ok=True)
            (HERE / "seeds/zone" / name.replace("/", "_")).write_bytes((folder / name).read_bytes())
GOLDEN = HERE / "../itom-core/tests/golden"
(HERE / "seeds/cmdb_file").mkdir(parents=True, exist_ok=True)
for name in ("cmdb.log.v1.itom", "cmdb.log.v1.compact.itom", "cmdb.log.v1.checkpoint.itom"):
    data = (GOLDEN / name).read_bytes()
    (HERE / "seeds/cmdb_file" / name).write_bytes(b"\0" + data)
    at = 8192
    while at < len(data):  # each frame: a header of 56 bytes, at byte 16 of it the length of what follows
        length = int.from_bytes(data[at + 16 : at + 24], "little")
        kind = data[at + 4 : at + 5]  # 1 a block, 2 a checkpoint, as the target has it
        (HERE / "seeds/cmdb_file" / f"{name}.{at}").write_bytes(kind + data[at + 56 : at + 56 + length])
        at += 56 + length
