"""Writes a C program that calls every function of the domain sla with arguments it should not get.

    nm -D --defined-only libitom.so | awk '{print $3}' | python calls.py > calls.c

It takes the functions from itom.h (of those that standard input names: a library may be built without
a format), their types from abi/symbols.txt, and documents to damage from the shared cases. What each
type gets, and what has to hold after a call, is in hostile.h.
"""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
FFI = HERE.parents[1]
sys.path.insert(0, str(FFI / "tests"))

import sla_case_lines  # noqa: E402

OFFICE = '{"tz":"UTC","weekly":{"mon":[["08:00","17:00"]],"tue":[["08:00","17:00"]]}}'
GOLD = (
    '{"calendars":{"office":%s},"agreements":[{"name":"Gold","metrics":[{"name":"resolution","stop":'
    "\"state = 'Closed'\",\"pause\":[{\"reason\":\"user\",\"when\":\"state = 'Awaiting'\"}],"
    '"targets":[{"when":"priority = 1","target":"4h","calendar":"office"},{"target":"8h"}]}]},'
    '{"name":"Network","kind":"ola","supports":"Gold","metrics":[{"name":"resolution","targets":'
    '[{"target":"9h"}]}]}]}' % OFFICE
)
ICS = "\n".join(
    [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "BEGIN:VEVENT",
        "UID:1",
        "DTSTART;TZID=Europe/Berlin:20260105T090000",
        "DTEND;TZID=Europe/Berlin:20260105T170000",
        "RRULE:FREQ=%s",
        "EXDATE;TZID=Europe/Berlin:20260501T090000",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
)
SLO = """apiVersion: openslo/v1
kind: SLO
metadata: {name: a}
spec:
  service: s
  indicator:
    metadata: {name: i}
    spec:
      ratioMetric:
        counter: true
        good: {metricSource: {type: p, spec: {query: a}}}
        total: {metricSource: {type: p, spec: {query: b}}}
  timeWindow: [{duration: 30d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.99}]
"""
HISTORY = (
    '{"case":["a","b","c","d"],"opened":["2026-01-01T00:00:00Z","2026-01-02T00:00:00Z",'
    '"2026-01-03T00:00:00Z","2026-01-04T00:00:00Z"],"target_s":[7200.0,7200.0,7200.0,7200.0],'
    '"used_s":[9000.0,3000.0,9000.0,3000.0],"ended":[true,true,true,true],"team":["a","b","a","b"]}'
)
RATIOS = ["14.4", "0", "-1", "1/3", "170141183460469231731687303715884105727", "0.99", "NaN"]

# By function and argument, or by argument alone.
TEXTS = {
    "itom_table_from_json.json": [
        HISTORY,
        '{"record":["INC1","INC2"],"at":[{"time":"2026-06-15T10:00:00Z"},{"time":"2026-06-16T10:00:00Z"}],'
        '"seq":[1,2],"state":["New",null]}',
    ],
    "itom_agreements_new.json": [GOLD],
    "itom_agreements_what_if.json": [GOLD, GOLD.replace("8h", "1h")],
    "itom_agreements_update.json": [
        '{"record":"INC1","at":"2026-06-15T10:00:00Z","fields":{"state":"New","priority":1}}',
        '[{"record":"INC2","at":"2026-06-15T12:00:00Z","fields":{"state":"Closed"}},'
        '{"record":"INC1","at":"2026-06-15T11:00:00Z","fields":{"state":"Awaiting"}}]',
    ],
    "itom_agreements_attainment.options": ["{}", '{"period":{"duration":"1M","tz":"UTC"}}'],
    "itom_forecast_fit.json": ['{"groups":["team"]}'],
    "itom_calendar_from_ics.options": ["{}", '{"until":"2030-12-31"}', '{"events":"closed","base":%s}' % OFFICE],
    "itom_calendar_to_ics.options": ["{}", '{"from":"2020-01-01","until":"2027-01-01"}'],
    "itom_calendar_from_opening_hours.options": ['{"tz":"Europe/Berlin","holidays":["2026-12-25"]}'],
    "itom_delivery.events": [
        '{"deployments":[{"at":"2026-06-10T00:00:00Z","changes":["2026-06-09T00:00:00Z"]}],"incidents":'
        '[{"opened_at":"2026-06-10T00:00:00Z","resolved_at":"2026-06-10T02:00:00Z"}]}'
    ],
    "itom_delivery.options": [
        '{"start":"2026-05-01T00:00:00Z","end":"2026-07-01T00:00:00Z"}',
        '{"start":"1700-01-01T00:00:00Z","end":"2200-01-01T00:00:00Z","period":{"duration":"PT1S","tz":"UTC"}}',
    ],
    "itom_occurrences.json": [
        '{"rrule":"FREQ=%s","dtstart":"2026-01-04T02:00:00","tz":"Europe/Berlin","duration":"4h"}' % rule
        for rule in ("MONTHLY;BYDAY=1SU", "SECONDLY", "YEARLY;BYMONTH=2;BYMONTHDAY=30")
    ],
    "itom_zone_new.name": ["UTC", "Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3"],
    "ics": [ICS % rule for rule in ("WEEKLY;BYDAY=MO,TU", "SECONDLY", "DAILY;BYHOUR=1,2;BYMINUTE=5,6")],
    "hours": ["Mo-Fr 09:00-17:00", "24/7", "Mo-Fr 08:00-12:00,13:00-17:30; PH off", "Jan-Mar Mo[1] 10:00+"],
    "text": [SLO, "a: &a [*a,*a]", "- - - - - -", '{"a":[1,2'],
    "tz": ["UTC", "Europe/Berlin", "Mars/Olympus_Mons"],
    "local": ["2026-03-29T02:30:00", "-9999-01-01T00:00:00", "2026-02-30T00:00:00"],
    "preset": ["pyrra", "sloth", "sre_workbook"],
    "matrix": ["itil", "servicenow", "{}"],
    "service": ['"db"', '{"any_of":["app1","app2"]}', '{"k_of_n":{"k":99999999999,"of":["db"]}}'],
    "record": ["INC1", "INC2", "record"],
    "fields": ['["state"]', "[]"],
    "impact": ["1", "high"],
    "urgency": ["1", "high"],
    **dict.fromkeys(("burn_rate", "outage", "usual", "error_ratio", "achieved", "fee"), RATIOS),
    **{name: [name] for name in ("at", "seq", "key", "reason", "version", "field", "sequence")},
}

# The arguments of the shared cases: which of an operation is which of a function.
FROM_CASES = {
    "clock": {
        0: ["itom_clock_from_json.json", "itom_ledger_open.json"],
        1: ["itom_clock_apply.json", "itom_ledger_apply.json"],
    },
    "relative": {0: ["itom_relative_resolve_all.json", "itom_relative_business_target.json"]},
    "mwmb": {0: ["itom_objective_new.json"]},
    "budget_slices": {0: ["itom_objective_new.json"]},
    "burn_factor": {1: ["alert_json"]},
    "calendar_window": {0: ["itom_calendar_window_new.json"]},
    "anchored_windows": {0: ["itom_calendar_window_new.json"]},
    "availability": {5: ["outages"], 6: ["itom_availability.options"]},
    "rbd": {0: ["expression"]},
    "dependency_graph": {0: ["itom_dependency_graph_new.json"]},
    "two_terminal": {0: ["itom_two_terminal.json"]},
    "credit": {0: ["policy"]},
    "attainment": {0: ["itom_attainment.counts"], 1: ["rule"]},
    "dora": {0: ["itom_dora.counts"]},
    "attribution": {0: ["causes"]},
    "parse_duration": {0: ["duration"]},
}

ARRAYS = {
    "const int64_t *": "any_int64s()",
    "const uint64_t *": "any_uint64s()",
    "const uint32_t *": "any_uint32s()",
    "const uint8_t *": "any_uint8s()",
    "const double *": "any_doubles()",
    "const size_t *": "any_sizes()",
    "const char *const *": "any_names()",
    "const uint8_t *const *": "any_files()",
}
SCALARS = {"int64_t", "uint64_t", "int32_t", "uint32_t", "double"}
RESULT = re.compile(r"(int64_t|uint64_t|int32_t|uint32_t|uint8_t|double|bool|size_t) \*$")


def texts():
    found = {key: list(values) for key, values in TEXTS.items()}
    for line in sla_case_lines.lines_of(FFI.parent / "testdata/sla/sla_cases.json"):
        keys = {}
        if line[0] == "calendar":
            keys = {2: ["itom_calendar_new.json", "itom_calendar_with_zones.json"]}
        elif line[0] == "case":
            keys = {3 + at: names for at, names in FROM_CASES.get(line[1], {}).items()}
        for at, names in keys.items():
            for name in names:
                pool = found.setdefault(name, [])
                if line[at] not in pool:
                    pool.append(line[at])
    return found


def quoted(text):
    plain = lambda byte: 32 <= byte < 127 and chr(byte) not in '"\\?'
    return '"' + "".join(chr(b) if plain(b) else f"\\{b:03o}" for b in text.encode()) + '"'


class Writer:
    def __init__(self):
        self.pools, self.text_of, self.kinds = {}, texts(), []

    def pool(self, function, argument):
        """The name of the array of texts for an argument."""
        family = re.sub("_(measure|explain|reliability|series)$", "", function)
        keys = (f"{function}.{argument}", f"{family}.{argument}", argument)
        key = next((key for key in keys if key in self.text_of), None)
        name = "texts_" + re.sub(r"\W", "_", key or "plain")
        self.pools[name] = self.text_of.get(key, ["", "{}", "[]", "null"])
        return name

    def kind(self, name):
        if name not in self.kinds:
            self.kinds.append(name)
        return f"&{name}"

    def call(self, function, parameters):
        """The C function that makes one call, line by line."""
        names = [name for _, name in parameters]
        lines, arguments, rooms, changed = ["size_t length = any_length();"], [], 0, None
        for kind, name in parameters:
            if kind == "itom_error **":
                value = "place"
            elif kind == "const char *" and f"{name}_len" in names:
                lines.append(f"size_t {name}_length;")
                lines.append(f"const char *{name} = any_text({self.pool(function, name)}, &{name}_length);")
                value = name
            elif kind == "const char *":
                value = f"any_name({self.pool(function, name)})"
            elif kind == "const uint8_t *" and name == "bytes":
                owner = self.kind(re.sub("_from_bytes$", "", function))
                lines += ["size_t bytes_length;", f"const uint8_t *bytes = any_bytes({owner}, &bytes_length);"]
                value = "bytes"
            elif kind == "size_t":
                text = name.removesuffix("_len")
                owned = name.endswith("_len") and f"size_t {text}_length;" in lines
                of_array = name.endswith("len") or function.endswith(("next_breaches", "breaches_before"))
                value = f"{text}_length" if owned else "length" if of_array else "any_size()"
            elif kind in ARRAYS:
                value = ARRAYS[kind]
            elif kind in SCALARS:
                value = f"any_{kind.removesuffix('_t')}()"
            elif RESULT.match(kind):
                value, rooms = f"any_room({rooms})", rooms + 1
            elif kind.endswith("*const *"):
                value = f"(void *)any_objects({self.kind(kind[6:-8].strip())})"
            elif kind.endswith("**"):
                value = f"(void *)place_for({self.kind(kind[:-2].strip())})"
            else:
                owner = kind.removeprefix("const ")[:-1].strip()
                lines.append(f"void *{name} = any_object({self.kind(owner)});")
                changed = (self.kind(owner), name) if not kind.startswith("const ") else changed
                value = name
            arguments.append(value)
        if changed:
            lines.append(f"itom_bytes *before = snapshot({', '.join(changed)});")
        lines.append("itom_error **place = place_for_error();")
        lines.append(f"itom_status status = {function}({', '.join(arguments)});")
        lines.append("(void)length;")
        if changed:
            lines.append(f"check_unchanged(status, {', '.join(changed)}, before);")
        lines.append("check_call(status, place);")
        body = "\n".join(f"    {line}" for line in lines)
        return f"static void call_{function}(void) {{\n{body}\n}}\n"


def kind_definition(name, functions):
    saves = f"{name}_to_bytes" in functions
    text = f"static void release_{name}(void *object) {{ {name}_free(object); }}\n"
    if saves:
        text += f"static itom_status save_{name}(const void *object, itom_bytes **out) {{\n"
        text += f"    return {name}_to_bytes(object, out, NULL);\n}}\n"
    saver = f"save_{name}" if saves else "NULL"
    return text + f'static struct kind kind_{name} = {{"{name}", release_{name}, {saver}, {{NULL}}, 0}};\n'


def main():
    exported = set(sys.stdin.read().split())
    header = (FFI / "include/itom.h").read_text(encoding="utf-8")
    section = header[header.index("/* ---- sla:") : header.index("/* ---- end of sla ---- */")]
    wanted = set(re.findall(r"^itom_status (itom_\w+)\(", section, re.M)) & exported
    wanted.add("itom_table_from_json")
    calls, writer = [], Writer()
    for line in (FFI / "abi/symbols.txt").read_text(encoding="utf-8").splitlines():
        found = re.fullmatch(r"itom_status (\w+)\((.*)\);", line.replace("struct ", ""))
        if found and found[1] in wanted:
            split = [re.fullmatch(r"(.*?)(\w+)", one.strip()).groups() for one in found[2].split(",")]
            parameters = [(kind.strip(), name) for kind, name in split]
            calls.append((found[1], writer.call(found[1], parameters)))
    missing = wanted - {name for name, _ in calls}
    if missing or len(calls) < 2:
        sys.exit(f"not in abi/symbols.txt: {sorted(missing)}")
    print('#include "hostile.h"\n')
    for name in writer.kinds:
        print(kind_definition(name, exported))
    for name, pool in writer.pools.items():
        print(f"static const char *const {name}[] = {{{', '.join(map(quoted, pool))}, NULL}};")
    for _, text in calls:
        print(re.sub(r"&(itom_\w+)", r"&kind_\1", text))
    rows = ", ".join(f'{{"{name}", call_{name}}}' for name, _ in calls)
    print(f"static const struct call CALLS[] = {{{rows}}};")
    print(f"static struct kind *const KINDS[] = {{{', '.join(f'&kind_{name}' for name in writer.kinds)}}};")
    print("int main(int argc, char **argv) {")
    print("    long times = argc > 1 ? atol(argv[1]) : 5000;")
    print("    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;")
    print("    return run_calls(CALLS, sizeof CALLS / sizeof *CALLS, KINDS, sizeof KINDS / sizeof *KINDS,")
    print("                     times, seed);\n}")


if __name__ == "__main__":
    main()
