"""Turns case files of the form of testdata/sla/sla_cases.json into lines that C reads.

    python sla_case_lines.py sla_cases.json [more.json ...] > lines.tsv

C has no JSON reader in its tests, and an answer must not be made by the library that is asked. So
this says, with nothing but Python's own library, what each case is as arguments of C functions and
as an answer; test_sla_cases.c calls the functions and compares. Tabs separate the parts of a line:

    count     op, how many cases, how many alternatives: of the file, before any conversion
    calendar  name, definition
    case      op, id, the arguments of this op ..., =>, what has to hold of the result ...

What has to hold is `path=JSON` (exactly this text at this path of the result) or
`path~number~tolerance`. Instants and durations among the arguments are nanoseconds, as in itom.h.
What this script does not know, an input or an answer or an alternative, is an error; an op that it
does not know becomes a line, for the C program to refuse.
"""

import datetime as dt
import json
import re
import sys
from collections import Counter
from decimal import Decimal
from fractions import Fraction

NEVER = -(2**63)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
# Any instant will do where a case gives counts and no times: 2027-01-15T08:00:00Z.
SOME_TIME = 1_800_000_000 * 10**9


class Given(dict):
    """A mapping of which every key has to be taken: what is left was not understood."""

    def take(self, key, default=None):
        return self.pop(key, default)


class Unknown(Exception):
    pass


# ---- numbers, instants and durations as C and JSON have them


def nanos(instant):
    if instant is None:
        return NEVER
    delta = dt.datetime.fromisoformat(instant.replace("Z", "+00:00")) - EPOCH
    return (delta // dt.timedelta(microseconds=1)) * 1000


def span_nanos(seconds):
    exact = Fraction(seconds) * 10**9
    assert exact.denominator == 1, f"{seconds} s is no whole number of nanoseconds"
    return exact.numerator


def iso(seconds):
    """A whole number of seconds as ISO 8601, hours at most: PT36H, -PT1M5S."""
    left, parts = abs(seconds), []
    for unit, length in (("H", 3600), ("M", 60), ("S", 1)):
        count, left = divmod(left, length)
        parts += [f"{count}{unit}"] if count else []
    return ("-" if seconds < 0 else "") + "PT" + ("".join(parts) or "0S")


def exact(text):
    """A ratio in lowest terms: 14.4 is 72/5."""
    return None if text is None else str(Fraction(str(text)))


def percent(share):
    return str(100 * Fraction(str(share)))


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=float)


def numbers(values):
    return " ".join(str(value) for value in values)


def flat(pairs):
    return numbers(nanos(instant) for pair in pairs for instant in pair)


def same(path, value):
    return f"{path}={compact(value)}"


def near(path, number):
    """Within half of the last digit that is given."""
    digits = -number.as_tuple().exponent
    return f"{path}~{number}~{Decimal(5).scaleb(-digits - 1)}"


def answers(expected, table):
    """What has to hold: `table` says for each key of the answer how it is written."""
    unknown = set(expected) - set(table)
    if unknown:
        raise Unknown(f"answers {sorted(unknown)}")
    return [holds for key, value in expected.items() for holds in listed(table[key](value))]


def listed(holds):
    return [holds] if isinstance(holds, str) else holds


# ---- calendars


def under(name, definition):
    """What a calendar becomes under an alternative, by the name that this has in the file."""
    conventions = {
        "membership": {"local_time": "membership"},
        "isdst": {"local_time": "isdst"},
        "last occurrence": {"local_time": "last_occurrence"},
        "naive RFC 5545 endpoint mapping": {"skipped_date": "endpoint_mapping"},
        "clip at midnight": {"holidays": "clip_at_midnight"},
        "next-open": {"deadline": "next_opening"},
        "next open": {"deadline": "next_opening"},
        "GLPI perpetual holiday": {"yearly_range": "text_compare"},
    }
    found = [rule for start, rule in conventions.items() if name.startswith(start)]
    if len(found) != 1:
        raise Unknown(f"alternative {name!r}")
    changed = {**definition, "conventions": found[0]}
    if "yearly_range" in found[0]:
        # GLPI has the closed days as one range of every year, which the note says.
        assert definition["note"].startswith("closed 24 Dec to 2 Jan every year")
        changed["holidays"] = ["--12-24/--01-02"]
    return changed


def calendar_op(key, second):
    """elapsed, deadline, deadline_back: two numbers, and one as the answer."""

    def lines(case, file):
        given, name = Given(case["input"]), case["calendar"]
        arguments = [nanos(given.take("from")), second(given)]
        answer = lambda value: same("", length_or_instant(value))
        yield "", [name, *arguments], answers(case["expected"], {key: answer}), given
        for alternative, value in case.get("alternatives", {}).items():
            other, changed = f"{name}, {alternative}", under(alternative, file["calendars"][name])
            file["lines"].append(("calendar", other, compact(changed)))
            yield alternative, [other, *arguments], [answer(value)], given

    def length_or_instant(value):
        if key == "business_seconds":
            return span_nanos(value)
        return None if value is None else nanos(value)

    return lines


def relative(case, file):
    given = Given(case["input"])
    start = nanos(given.take("from"))
    if "seconds" in given:
        given["duration"] = iso(given.take("seconds"))
    arguments = [compact(given), case["calendar"], start]
    at = lambda value: same("", None if value is None else nanos(value))
    yield "", arguments, answers(case["expected"], {"at": at}), {}


# ---- clocks


def clock(case, file):
    given, calendars = Given(case["input"]), file["calendars"]
    options = {
        "target": iso(given.take("target_s")),
        "calendar": calendars[case["calendar"]],
        "start": given.take("start"),
    }
    for key in ("retroactive_start", "retroactive_pauses"):
        if key in given:
            options[key] = given.take(key)
    events = given.take("events")
    for event in events:
        if "calendar" in event:
            event["calendar"] = calendars[event["calendar"]]
    events = compact(events)
    at = nanos(given.take("eval_at"))

    def both(field):
        return lambda value: [
            same(f"status.{field}", iso(value)),
            same(f"ledger.{field}", span_nanos(value)),
        ]

    def cycles(expected):
        holds = [same("status.cycles.#", len(expected))]
        for index, cycle in enumerate(expected):
            path = f"status.cycles.{index}"
            table = {
                "business_s": lambda value: same(f"{path}.business", iso(value)),
                "breached": lambda value: same(f"{path}.breached", value),
            }
            holds += answers(cycle, table)
        return holds

    ppm = lambda path: lambda value: near(path, Decimal(value).scaleb(-6))
    table = {
        "business_s": both("business"),
        "actual_s": both("actual"),
        "paused_business_s": both("paused"),
        "remaining_s": both("remaining"),
        "breach_at": lambda value: [
            same("status.breach_at", value),
            same("ledger.breach_at", None if value is None else nanos(value)),
        ],
        "breached": lambda value: same("status.breached", value),
        "state": lambda value: same("status.state", value),
        "pct_ppm": ppm("ledger.ratio"),
        "actual_pct_ppm": ppm("ledger.actual_ratio"),
        "completed_cycles": cycles,
    }
    yield "", [compact(options), events, at], answers(case["expected"], table), given
    for alternative, value in case.get("alternatives", {}).items():
        if alternative != "due-date comparison":
            raise Unknown(f"alternative {alternative!r}")
        holds = [same("status.breached", {"breached": True, "met": False}[value])]
        yield alternative, [compact({**options, "breach": "due_date"}), events, at], holds, given


# ---- objectives


def objective(target, window_s, **more):
    return compact({"target": str(target), "window": iso(window_s), **more})


def page(factor, long_s=3600, short_s=300):
    return {"name": "page", "factor": str(factor), "long": iso(long_s), "short": iso(short_s)}


MONTH = 30 * 86400


def error_budget(case, file):
    given = Given(case["input"])
    target, window = given.take("target_pct"), given.take("window_s")
    definition = objective(target, window, alerts=[], resolution="1h")
    holds = answers(case["expected"], {"budget_s": lambda value: same("seconds", exact(value))})
    yield "", [definition, 0], holds, given


def burn_factor(case, file):
    given = Given(case["input"])
    long = iso(given.take("long_window_s"))
    alert = {"name": "page", "budget": str(given.take("budget_pct")), "long": long, "short": long}
    definition = objective("99.9", given.take("slo_window_s"), alerts=[])
    holds = answers(case["expected"], {"factor": lambda value: same("factor", exact(value))})
    yield "", [definition, compact(alert), "1"], holds, given


def detection_time(case, file):
    given = Given(case["input"])
    long = given.take("long_window_s")
    alert = page(given.take("factor"), long, long)
    definition = objective(given.take("target_pct"), MONTH, alerts=[])
    seconds = lambda value: same("detection_seconds", exact(value))
    arguments = [definition, compact(alert), given.take("error_ratio")]
    yield "", arguments, answers(case["expected"], {"seconds": seconds}), given


def time_to_exhaustion(case, file):
    given = Given(case["input"])
    arguments = [objective("99.9", given.take("slo_window_s"), alerts=[]), given.take("burn_rate")]
    seconds = lambda value: same("", exact(value))
    yield "", arguments, answers(case["expected"], {"seconds": seconds}), given


def mwmb(case, file):
    given = Given(case["input"])
    alert = page(given.take("factor"), 60 * given.take("long_min"), 60 * given.take("short_min"))
    bad = [0] * given.take("minutes")
    for minutes, errors in given.take("error_minutes").items():
        first, _, last = minutes.partition("..")
        for minute in range(int(first), int(last or first) + 1):
            bad[minute] = errors
    definition = objective(given.take("target_pct"), MONTH, alerts=[alert])
    arguments = [definition, SOME_TIME, given.take("per_minute_total"), numbers(bad)]
    keys = ("first_firing_after_minute", "last_firing_after_minute")
    table = {key: lambda value, key=key: same(key, value) for key in keys}
    yield "", arguments, answers(case["expected"], table), given


def mwmb_point(case, file):
    given = Given(case["input"])
    definition = objective(given.take("target_pct"), MONTH, alerts=[page(given.take("factor"))])
    long, short = given.take("long"), given.take("short")
    before = [long[key] - short[key] for key in ("errors", "total")]
    # Half an hour ago is in the long window and not in the short one.
    counts = [30, *before, 0, short["errors"], short["total"]]
    table = {
        "fires": lambda value: [
            same("evaluated.firing", int(value)),
            same("status.alerts.0.firing", value),
        ],
        "state": lambda value: same("status.state", value),
    }
    yield "", [definition, SOME_TIME, numbers(counts)], answers(case["expected"], table), given


def pyrra_windows(case, file):
    given = Given(case["input"])

    def rows(expected):
        holds = [same("#", len(expected))]
        for index, (pending, long, short, factor) in enumerate(expected):
            holds += [
                same(f"{index}.pending", iso(pending)),
                same(f"{index}.long", iso(long)),
                same(f"{index}.short", iso(short)),
                same(f"{index}.factor", exact(factor)),
            ]
        return holds

    arguments = ["pyrra", span_nanos(given.take("slo_window_s"))]
    yield "", arguments, answers(case["expected"], {"rows": rows}), given


def budgeting(case, file):
    given = Given(case["input"])
    slices, name = given.take("slices"), given.take("method")
    slice_target = given.take("time_slice_target", "1")
    method = {
        "Occurrences": {},
        "Timeslices": {"budgeting": "timeslices", "slice_target": percent(slice_target)},
        "RatioTimeslices": {"budgeting": "ratio_timeslices"},
    }[name]
    definition = objective("95", 60 * len(slices), alerts=[], **method)
    arguments = [definition, SOME_TIME, numbers(count for pair in slices for count in pair)]
    holds = answers(case["expected"], {"sli": lambda value: same("sli", exact(value))})
    yield "", arguments, holds, given


def budget_slices(case, file):
    given = Given(case["input"])
    definition = objective(
        percent(given.take("target")),
        given.take("window_s"),
        resolution=iso(given.take("slice_s")),
        budgeting="timeslices",
        slice_target="99",
        alerts=[],
    )
    table = {
        "bad_slices_allowed": lambda value: same("slices", exact(value)),
        "seconds": lambda value: same("seconds", exact(value)),
    }
    yield "", [definition, 0], answers(case["expected"], table), given


def budget_ratio_slices(case, file):
    given = Given(case["input"])
    slice_s = given.take("slice_s")
    definition = objective(
        percent(given.take("target")),
        given.take("window_s"),
        resolution=iso(slice_s),
        budgeting="ratio_timeslices",
        alerts=[],
    )
    bad = lambda key: exact(1 - Fraction(given.take(key)))
    slices = lambda minutes: same("", exact(Fraction(minutes) * 60 / slice_s))
    holds = answers(case["expected"], {"attack_minutes": slices})
    yield "", [definition, bad("attack"), bad("baseline")], holds, given


def budget_occurrences(case, file):
    given = Given(case["input"])
    requests = given.take("requests")
    good = Fraction(given.take("baseline")) * requests
    assert good.denominator == 1
    definition = objective(percent(given.take("target")), 14 * 86400, alerts=[])
    table = {
        "failures_allowed": lambda value: same("budget.events", exact(value)),
        "left_after_baseline": lambda value: same("status.remaining", exact(value)),
    }
    yield "", [definition, SOME_TIME, good, requests], answers(case["expected"], table), given


def calendar_window(case, file):
    given = Given(case["input"])
    definition = compact({"duration": "P1M", "tz": given.take("tz")})
    middle = nanos(given.take("month") + "-15T12:00:00Z")
    length = lambda value: same("", span_nanos(value))
    yield "", [definition, middle], answers(case["expected"], {"seconds": length}), given


def anchored_windows(case, file):
    given = Given(case["input"])
    count = given.take("n")
    definition = compact({key: given.take(key) for key in ("duration", "tz", "start")})
    starts = lambda value: same("", [nanos(start) for start in value])
    yield "", [definition, count], answers(case["expected"], {"starts": starts}), given


# ---- availability


def availability(case, file):
    given = Given(case["input"])
    start, end = map(nanos, given.take("period"))
    outages, excluded = given.take("outages"), given.take("excluded", [])
    at = given.take("eval_at")
    records = compact([{"from": first, "until": last} for first, last in outages])
    options = {"excluded": excluded, **({"at": at} if at else {})}
    plain = [start, end, nanos(at), flat(outages), flat(excluded), records]
    table = {
        "downtime_s": lambda value: same("downtime", iso(value)),
        "availability": lambda value: same("availability", exact(value)),
    }
    yield "", [*plain, compact(options)], answers(case["expected"], table), given
    for alternative, value in case.get("alternatives", {}).items():
        if not alternative.startswith("denominator kept"):
            raise Unknown(f"alternative {alternative!r}")
        other = compact({**options, "excluded_is_agreed": True})
        yield alternative, [*plain, other], [table["availability"](value)], given


def mtbf(case, file):
    given = Given(case["input"])
    period = span_nanos(given.take("period_s"))
    lengths = numbers(span_nanos(length) for length in given.take("outages_s"))
    length = lambda field: lambda value: same(field, None if value is None else iso(value))
    table = {f"{field}_s": length(field) for field in ("mtrs", "mtbf", "mtbsi")}
    table["availability"] = lambda value: same("availability", exact(value))
    yield "", [period, lengths], answers(case["expected"], table), given


def composite(case, file):
    """rbd, dependency_graph, two_terminal: a document in, an exact share out."""
    document = dict(case["input"])
    if case["op"] == "two_terminal":
        document = {"source": "s", "target": "t", **document}
    share = lambda value: same("availability", exact(value))
    yield "", [compact(document)], answers(case["expected"], {"availability": share}), {}
    for alternative, value in case.get("alternatives", {}).items():
        if (case["op"], alternative) != ("dependency_graph", "naive independent branches"):
            raise Unknown(f"alternative {alternative!r}")
        yield alternative, [compact(drawn_apart(document))], [share(value)], {}


def drawn_apart(document):
    """The graph in which each branch has a copy of its own of what the branches share."""
    nodes, branches = dict(document["nodes"]), []
    for number, branch in enumerate(document["service"]["any_of"]):
        copies = {name: f"{name} of branch {number}" for name in branch["all_of"]}
        nodes |= {copy: document["nodes"][name] for name, copy in copies.items()}
        branches.append({"all_of": list(copies.values())})
    return {"nodes": nodes, "service": {"any_of": branches}}


def interval(case, file):
    """clopper_pearson, wilson."""
    given = Given(case["input"])
    sided = {"two": 0, "lower": -1, "upper": 1}[given.take("sided", "two")]
    arguments = [given.take("good"), given.take("total"), given.take("confidence"), sided]
    table = {end: lambda value, end=end: near(end, Decimal(value)) for end in ("lower", "upper")}
    yield "", arguments, answers(case["expected"], table), given


def attribution(case, file):
    given = Given(case["input"])
    causes = given.take("causes")
    start, end = map(nanos, given.take("period", (None, None)))
    place = {cause: index for index, cause in enumerate(sorted(causes))}

    def by_cause(field):
        def holds(expected):
            for cause, value in expected.items():
                path = f"causes.{place[cause]}"
                yield same(f"{path}.cause", cause)
                yield same(f"{path}.{field}", iso(value))

        return holds

    table = {
        "total_s": lambda value: same("total", iso(value)),
        "shared_s": lambda value: same("shared", iso(value)),
    }
    table |= {field: by_cause(field) for field in ("exclusive", "first_cause", "equal_split")}
    yield "", [compact(causes), start, end], answers(case["expected"], table), given


# ---- reports


def credit(case, file):
    given = Given(case["input"])
    tiers = given.take("tiers")
    arguments = [tiers if isinstance(tiers, str) else compact(tiers), given.take("uptime_pct")]
    holds = answers(case["expected"], {"credit_pct": lambda value: same("percent", exact(value))})
    yield "", arguments, holds, given


def attainment(case, file):
    counts = compact(case["input"])
    share = lambda value: same("", exact(value))
    yield "", [counts, "running_breached"], answers(case["expected"], {"attainment": share}), {}
    for alternative, value in case.get("alternatives", {}).items():
        yield alternative, [counts, alternative.replace(" ", "_")], [share(value)], {}


def dora(case, file):
    given = Given(case["input"])
    counts = {
        "window": iso(86400 * given.take("window_days")),
        "deployments": given.take("deployments"),
        "failed_deployments": given.take("failed_deployments"),
        "lead_times": [iso(length) for length in given.take("lead_times_s")],
        "recovery_times": [iso(length) for length in given.take("recovery_s")],
    }
    table = {
        "deploys_per_day": lambda value: same("deploys_per_day", exact(value)),
        "change_failure_rate": lambda value: same("change_fail_rate", exact(value)),
        "lead_time_median_s": lambda value: same("lead_time.median", iso(value)),
        "recovery_median_s": lambda value: same("recovery_time.median", iso(value)),
    }
    yield "", [compact(counts)], answers(case["expected"], table), given


def parse_duration(case, file):
    given, expected = Given(case["input"]), case["expected"]
    kind, seconds = expected["kind"], expected["exact_seconds"]
    if kind.startswith("reject"):
        holds = [same("error", "invalid_argument"), same("argument", "duration")]
    elif seconds is None:
        assert kind.startswith("nominal")
        holds = [same("nominal", True), *nominal_parts(kind)]
    else:
        assert kind.startswith("exact")
        holds = [same("nominal", False), same("exact", span_nanos(seconds))]
    yield "", [given.take("text")], holds, given


def nominal_parts(kind):
    """The parts that words such as "nominal 1 day + 2 h" name; none for other words."""
    units = {"month": ("months", 1), "day": ("days", 1), "h": ("exact", 3600 * 10**9)}
    part = r"(\d+) (month|day|h)s?"
    if not re.fullmatch(rf"nominal {part}( \+ {part})*", kind):
        return []
    parts = Counter(months=0, days=0, exact=0)
    for count, unit in re.findall(part, kind):
        field, length = units[unit]
        parts[field] += int(count) * length
    return [same(field, value) for field, value in parts.items()]


OPS = {
    "elapsed": calendar_op("business_seconds", lambda given: nanos(given.take("to"))),
    "deadline": calendar_op("at", lambda given: span_nanos(given.take("add_seconds"))),
    "deadline_back": calendar_op("at", lambda given: span_nanos(given.take("subtract_seconds"))),
    "relative": relative,
    "clock": clock,
    "error_budget": error_budget,
    "burn_factor": burn_factor,
    "detection_time": detection_time,
    "time_to_exhaustion": time_to_exhaustion,
    "mwmb": mwmb,
    "mwmb_point": mwmb_point,
    "pyrra_windows": pyrra_windows,
    "budgeting": budgeting,
    "budget_slices": budget_slices,
    "budget_ratio_slices": budget_ratio_slices,
    "budget_occurrences": budget_occurrences,
    "calendar_window": calendar_window,
    "anchored_windows": anchored_windows,
    "availability": availability,
    "mtbf": mtbf,
    "rbd": composite,
    "dependency_graph": composite,
    "two_terminal": composite,
    "clopper_pearson": interval,
    "wilson": interval,
    "attribution": attribution,
    "credit": credit,
    "attainment": attainment,
    "dora": dora,
    "parse_duration": parse_duration,
}


def unknown(case, file):
    yield "", [compact(case["input"])], [], {}


def lines_of(path):
    with open(path, encoding="utf-8") as text:
        file = json.load(text, parse_float=Decimal)
    cases, alternatives = Counter(), Counter()
    for case in file["cases"]:
        cases[case["op"]] += 1
        alternatives[case["op"]] += len(case.get("alternatives", {}))
    lines = file["lines"] = [("count", op, cases[op], alternatives[op]) for op in cases]
    for name, definition in file["calendars"].items():
        lines.append(("calendar", name, compact(definition)))
    for case in file["cases"]:
        try:
            for alternative, arguments, holds, left in OPS.get(case["op"], unknown)(case, file):
                if left:
                    raise Unknown(f"inputs {sorted(left)}")
                name = case["id"] + (f" ({alternative})" if alternative else "")
                lines.append(("case", case["op"], name, *arguments, "=>", *holds))
        except Unknown as what:
            sys.exit(f"{path}: {case['id']} ({case['op']}) has {what}, which nothing here converts")
    return lines


def main():
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    for path in sys.argv[1:]:
        for line in lines_of(path):
            parts = [str(part) for part in line]
            assert not any(separator in part for part in parts for separator in "\t\r\n"), line
            print("\t".join(parts))


if __name__ == "__main__":
    main()
