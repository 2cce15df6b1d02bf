//! OpenSLO v1: what is read, where what is wrong is said to stand, and that no text costs too much.

use itom_core::formats::OpenSlo;
use itom_core::sla::{Budgeting, Indicator, Objective, ObjectiveState, ThresholdOperator};
use itom_core::{ErrorKind, Timestamp};
use proptest::prelude::*;

const SHOP: &str = "\
# Everything a small shop promises.
apiVersion: openslo/v1
kind: Service
metadata:
  name: shop
  displayName: The shop
  labels: {team: [web, data], tier: one}
spec:
  description: What customers see
---
apiVersion: openslo/v1
kind: DataSource
metadata: {name: metrics}
spec:
  type: Prometheus
  connectionDetails: {url: 'http://metrics:9090', retries: 3}
---
apiVersion: openslo/v1
kind: SLI
metadata: {name: paid}
spec:
  ratioMetric:
    counter: true
    bad:
      metricSource: {metricSourceRef: metrics, spec: {query: 'failed[5m]'}}
    total:
      metricSource: {metricSourceRef: metrics, spec: {query: 'all[5m]'}}
---
apiVersion: openslo/v1
kind: AlertNotificationTarget
metadata: {name: on-call}
spec: {target: pager}
---
apiVersion: openslo/v1
kind: AlertCondition
metadata: {name: fast}
spec:
  severity: page
  condition: {kind: burnrate, op: gte, threshold: 14.4, lookbackWindow: 1h, alertAfter: 5m}
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: wake}
spec:
  alertWhenBreaching: true
  conditions:
    - conditionRef: fast
  notificationTargets:
    - targetRef: on-call
---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: payments
  annotations: {openslo.com/owner: web}
spec:
  service: shop
  indicatorRef: paid
  timeWindow:
    - duration: 1M
      calendar: {startTime: 2026-01-31 12:30:00, timeZone: America/New_York}
  budgetingMethod: Occurrences
  objectives:
    - displayName: Most
      target: 0.999
    - displayName: Nearly all
      targetPercent: 99.99
  alertPolicies:
    - alertPolicyRef: wake
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: latency}
spec:
  service: shop
  timeWindow: [{duration: 4w, isRolling: true}]
  budgetingMethod: Timeslices
  objectives:
    - op: lte
      value: 0.3
      target: 0.95
      timeSliceTarget: 0.9
      timeSliceWindow: 5
      indicator:
        metadata: {name: seconds}
        spec: {thresholdMetric: {metricSource: {type: Any, spec: {query: [1, 2]}}}}
      compositeWeight: 2
    - target: 0.9
      timeSliceTarget: 1
      timeSliceWindow: 1h
      indicatorRef: paid
      compositeWeight: 0.5
";

#[test]
fn objects_become_objectives() {
    let document = OpenSlo::read(SHOP).unwrap();
    assert_eq!(document.services[0].labels["team"], ["web", "data"]);
    assert_eq!(document.services[0].labels["tier"], ["one"]);
    assert_eq!(document.data_sources[0].spec["connectionDetails"]["retries"], 3);
    assert_eq!(document.notification_targets[0].spec["target"], "pager");
    assert_eq!(document.notes, [""; 0]);
    let [most, nearly, latency, composite] = document.objectives.as_slice() else { panic!() };
    assert_eq!(
        (most.slo.as_str(), most.number, most.display_name.as_str()),
        ("payments", 0, "Most")
    );
    assert_eq!((nearly.number, nearly.definition.target.to_string()), (1, "9999/100".to_owned()));
    assert_eq!(most.definition.target.to_string(), "999/10");
    assert_eq!(most.annotations["openslo.com/owner"], "web");
    let calendar = most.definition.calendar.as_ref().unwrap();
    assert_eq!(calendar.start.unwrap().to_string(), "2026-01-31T12:30:00");
    assert_eq!(most.definition.window.to_string(), "P1M");
    assert!(most.indicator.counter && most.indicator.good.is_none());
    assert_eq!(most.indicator.bad.as_ref().unwrap().source.as_deref(), Some("metrics"));
    assert_eq!(most.indicator.total.as_ref().unwrap().spec["query"], "all[5m]");
    let policy = &most.alert_policies[0];
    assert_eq!((policy.name.as_str(), policy.condition.as_str()), ("wake", "fast"));
    assert_eq!((policy.severity.as_str(), &policy.targets), ("page", &vec!["on-call".to_owned()]));
    assert!(policy.when_breaching && !policy.when_no_data);
    let alert = &most.definition.alerts[0];
    assert_eq!((alert.long, alert.short), ("1h".parse().unwrap(), "1h".parse().unwrap()));
    assert_eq!((alert.pending, alert.inclusive), ("5m".parse().unwrap(), true));
    assert_eq!(alert.factor.unwrap().to_string(), "72/5");

    let definition = &latency.definition;
    let bound = Indicator::Threshold { op: ThresholdOperator::Lte, value: 0.3 };
    assert_eq!((definition.indicator, definition.budgeting), (bound, Budgeting::Timeslices));
    assert_eq!(definition.slice_target.unwrap().to_string(), "90");
    assert_eq!(definition.resolution, "5m".parse().unwrap());
    assert_eq!(latency.indicator.threshold.as_ref().unwrap().spec["query"][1], 2);
    assert_eq!(latency.weight.unwrap().to_string(), "2");
    assert_eq!(composite.weight.unwrap().to_string(), "1/2");
    assert_eq!(composite.definition.resolution, "1h".parse().unwrap());

    let mut objectives = document.build().unwrap();
    let at: Timestamp = "2026-02-28T17:29:00Z".parse().unwrap();
    objectives[0].record_bad(at, 2, 1000).unwrap();
    assert_eq!(objectives[0].status(at).unwrap().state, ObjectiveState::Exhausted);
    let next = "2026-02-28T17:30:00Z".parse().unwrap();
    assert_eq!(objectives[0].status(next).unwrap().total, 0, "a new month has begun");
    assert!(Objective::from_openslo(SHOP).unwrap_err().to_string().contains("4 objectives"));
    // The same as JSON: written, it is read again.
    let json = serde_json::to_string(&document).unwrap();
    assert_eq!(serde_json::from_str::<OpenSlo>(&json).unwrap(), document);
}

/// The least SLO, which others vary.
const LEAST: &str = "\
apiVersion: openslo/v1
kind: SLO
metadata:
  name: one
spec:
  service: shop
  indicator:
    metadata:
      name: paid
    spec:
      ratioMetric:
        good:
          metricSource: {type: Any, spec: {query: good}}
        total:
          metricSource: {type: Any, spec: {query: all}}
  timeWindow:
    - duration: 30d
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - target: 0.99
";

#[test]
fn json_lists_and_several_documents_are_read() {
    let least = OpenSlo::read(LEAST).unwrap();
    assert_eq!(least.objectives.len(), 1);
    assert_eq!(Objective::from_openslo(LEAST).unwrap().definition().alerts, []);
    let json = r#"[{"apiVersion": "openslo/v1", "kind": "Service", "metadata": {"name": "a"}},
                   {"apiVersion": "openslo/v1", "kind": "Service", "metadata": {"name": "b"},
                    "spec": {}}]"#;
    assert_eq!(OpenSlo::read(json).unwrap().services.len(), 2);
    for nothing in ["", "---\n", "---\n---\n", "# only words\n", "null", "[]"] {
        assert_eq!(OpenSlo::read(nothing).unwrap(), OpenSlo::default(), "{nothing:?}");
    }
    // The examples of the specification say `op` beside a ratio: no effect, and that is said.
    let noted = LEAST.replace("- target: 0.99", "- target: 0.99\n      op: gt");
    let noted = OpenSlo::read(&noted).unwrap();
    assert_eq!(noted.notes, ["line 22, column 11: op is of no effect on a ratio"]);
    // Quarters of minutes would be too many buckets: they are counted more coarsely.
    let quarter = LEAST.replace("30d", "1Q");
    let resolution = OpenSlo::read(&quarter).unwrap().objectives[0].definition.resolution;
    assert_eq!(resolution, "5m".parse().unwrap());
    let anchored = LEAST.replace("{query: all}", "*q").replace("{query: good}", "&q {query: x}");
    let anchored = OpenSlo::read(&anchored).unwrap();
    assert_eq!(anchored.objectives[0].indicator.total.as_ref().unwrap().spec["query"], "x");
}

#[test]
fn a_fault_has_its_line_and_column() {
    let policy = "\
objectives:
    - target: 0.99
  alertPolicies:
    - kind: AlertPolicy
      metadata: {name: p}
      spec:
        conditions:
          - kind: AlertCondition
            metadata: {name: c}
            spec:
              severity: page
              condition: {threshold: 2, lookbackWindow: 1h}";
    let alerting = LEAST.replace("objectives:\n    - target: 0.99", policy);
    OpenSlo::read(&alerting).unwrap();
    let mut wrong = Vec::new();
    for (text, from, to, place, said) in [
        (LEAST, "openslo/v1", "openslo/v2alpha", (1, 13), "apiVersion must be openslo/v1"),
        (LEAST, "kind: SLO", "kind: Slo", (2, 7), "kind must be one of"),
        (LEAST, "name: one", "name: ''", (4, 9), "name must be"),
        (LEAST, "name: one", "name: [one]", (4, 9), "name must be a text, got a list"),
        (LEAST, "  name: one", "  nam: one", (4, 3), "name must be given here"),
        (
            LEAST,
            "name: one",
            "name: one\n  colour: red",
            (5, 3),
            "field must be a field that metadata has",
        ),
        (LEAST, "service: shop", "service: shop\n  servce: x", (7, 3), "the spec of an SLO has"),
        (LEAST, "service: shop", "labels: shop", (6, 3), "service must be given here"),
        (LEAST, "name: paid", "name: 7", (9, 13), "name must be a text, got 7"),
        (LEAST, "good:", "bad: {}\n        good:", (12, 14), "metricSource must be given here"),
        (LEAST, "        total:", "        raw:", (12, 9), "ratioMetric must be good and total"),
        (LEAST, "{query: good}", "{}", (13, 43), "spec must be a mapping that is not empty"),
        (LEAST, "30d", "30 days", (17, 17), "duration must be a duration such as"),
        (LEAST, "30d", "0d", (17, 17), "duration must be"),
        (LEAST, "30d", "30", (17, 17), "duration must be"),
        (LEAST, "30d", "99999999999999999999d", (17, 17), "duration must be"),
        (LEAST, "30d", "400Y", (17, 17), "window must be"),
        (LEAST, "isRolling: true", "isRolling: 1", (18, 18), "isRolling must be true or false"),
        (
            LEAST,
            "isRolling: true",
            "isRolling: false",
            (17, 7),
            "isRolling must be true, or calendar",
        ),
        (
            LEAST,
            "isRolling: true",
            "calendar: {startTime: 2026-02-30 00:00:00, timeZone: UTC}",
            (18, 29),
            "startTime must be a date and time",
        ),
        (
            LEAST,
            "isRolling: true",
            "calendar: {startTime: 2026-02-20 00:00:00, timeZone: Mars/One}",
            (18, 60),
            "tz must be the IANA name",
        ),
        (
            LEAST,
            "  timeWindow:\n    - duration: 30d\n      isRolling: true\n",
            "",
            (6, 3),
            "timeWindow must be given",
        ),
        (LEAST, "Occurrences", "Requests", (19, 20), "budgetingMethod must be"),
        (LEAST, "Occurrences", "Timeslices", (21, 7), "timeSliceTarget must be given here"),
        (LEAST, "Occurrences", "RatioTimeslices", (21, 7), "timeSliceWindow must be given here"),
        (
            LEAST,
            "target: 0.99",
            "target: 1.5",
            (21, 15),
            "target must be above 0 and below 1, got 1.5",
        ),
        (LEAST, "target: 0.99", "target: 0", (21, 15), "target must be"),
        (LEAST, "target: 0.99", "target: 1", (21, 15), "target must be"),
        (LEAST, "target: 0.99", "target: high", (21, 15), "target must be a number, got high"),
        (LEAST, "target: 0.99", "targetPercent: 100", (21, 22), "targetPercent must be"),
        (
            LEAST,
            "target: 0.99",
            "target: 0.99\n      targetPercent: 99",
            (22, 22),
            "absent beside target",
        ),
        (
            LEAST,
            "target: 0.99",
            "target: 0.9999999999999999",
            (21, 15),
            "target must be a percentage",
        ),
        (
            LEAST,
            "target: 0.99",
            "target: 1e-300",
            (21, 15),
            "target must be a number of at most 18 digits",
        ),
        (
            LEAST,
            "target: 0.99",
            "target: 0.99\n      compositeWeight: 0",
            (22, 24),
            "compositeWeight",
        ),
        (
            LEAST,
            "target: 0.99",
            "target: 0.99\n      timeSliceWindow: 1m",
            (22, 24),
            "absent without",
        ),
        (LEAST, "  objectives:\n    - target: 0.99\n", "", (6, 3), "objectives must be given"),
        (
            LEAST,
            "    - target: 0.99",
            "    []",
            (21, 5),
            "objectives must be a list that is not empty",
        ),
        (&alerting, "threshold: 2", "threshold: 0", (31, 38), "threshold must be above 0"),
        (&alerting, "1h", "1M", (31, 57), "lookbackWindow must be of minutes"),
        (&alerting, "1h", "9w", (31, 57), "no longer than the objective's window"),
        (&alerting, "1h", "1h, op: lt", (31, 65), "op must be gt or gte"),
        (&alerting, "1h", "1h, alertAfter: 1x", (31, 73), "alertAfter must be a duration"),
        (&alerting, "threshold: 2, ", "", (31, 26), "threshold must be given here"),
        (&alerting, "severity: page", "level: page", (30, 15), "severity must be given here"),
        (
            &alerting,
            "kind: AlertCondition",
            "kind: AlertPolicy",
            (27, 19),
            "kind must be AlertCondition",
        ),
    ] {
        assert!(text.contains(from), "{from}");
        let text = text.replacen(from, to, 1);
        let Err(error) = OpenSlo::read(&text) else {
            wrong.push(format!("{place:?} {to}: is read"));
            continue;
        };
        let message = error.to_string();
        let (line, column) = place;
        let placed = message.starts_with(&format!("line {line}, column {column}: "));
        if !placed || !message.contains(said) {
            wrong.push(format!("{place:?} {to}: {message}"));
        }
    }
    for (from, to, place, kind) in [
        ("indicatorRef: paid", "indicatorRef: sold", (58, 17), ErrorKind::NotFound),
        ("conditionRef: fast", "conditionRef: slow", (47, 21), ErrorKind::NotFound),
        ("targetRef: on-call", "targetRef: nobody", (49, 18), ErrorKind::NotFound),
        ("alertPolicyRef: wake", "alertPolicyRef: sleep", (69, 23), ErrorKind::NotFound),
        ("name: latency", "name: payments", (73, 11), ErrorKind::InvalidArgument),
        ("openslo/v1", "openslo/v1alpha", (2, 13), ErrorKind::Unsupported),
    ] {
        let error = OpenSlo::read(&SHOP.replacen(from, to, 1)).unwrap_err();
        let placed = format!("line {}, column {}: ", place.0, place.1);
        if !error.to_string().starts_with(&placed) {
            wrong.push(format!("{place:?} {to}: {error}"));
        }
        assert_eq!(error.kind(), kind, "{error}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_no_yaml_is_said_with_its_place() {
    for (text, line) in [
        ("apiVersion: [", 1),
        ("a: b\n  c: d\n", 2),
        ("a: 1\na: 2\n", 2),
        ("a: 'x\nb: y\n", 1),
        ("\tx: 1", 1),
        ("a: *nowhere\n", 1),
        ("? [a]\n: b\n", 1),
        ("{\"a\": 1,, }", 1),
    ] {
        let error = OpenSlo::read(text).unwrap_err();
        let message = error.to_string();
        assert!(message.contains("line "), "{text:?}: {message}");
        assert!(message.starts_with("line "), "{text:?}: {message}");
        let told: u64 = message["line ".len()..message.find(',').unwrap()].parse().unwrap();
        assert!(told.abs_diff(line) <= 2, "{text:?}: {message}");
    }
    for (text, line) in [("hello", 1), ("\n\n- 7\n", 3), ("true", 1)] {
        let message = OpenSlo::read(text).unwrap_err().to_string();
        assert!(message.starts_with(&format!("line {line}, column ")), "{message}");
        assert!(message.contains("document must be a mapping"), "{message}");
    }
}

#[test]
fn hostile_texts_cost_little_and_are_refused() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let before = format!("*a{}, ", level - 1).repeat(10);
        bomb.push_str(&format!("a{level}: &a{level} [{before}]\n"));
    }
    let many = "{apiVersion: openslo/v1, kind: Service, metadata: {name: x}, spec: {}}\n---\n";
    for (name, text) in [
        ("a bomb of aliases", bomb),
        ("an alias in itself", "a: &a [*a]\n".to_owned()),
        ("deep lists", "[".repeat(100_000)),
        ("deep and closed", format!("{}{}", "[".repeat(5000), "]".repeat(5000))),
        ("deep mappings", (0..2000).map(|n| format!("{}a:\n", " ".repeat(n))).collect()),
        ("deep dashes", "- ".repeat(20_000)),
        ("a long list", format!("[{}]", "1,".repeat(600_000))),
        ("a huge number", format!("a: {}", "9".repeat(300_000))),
        ("a long key", format!("{}: 1", "k".repeat(300_000))),
        ("ten megabytes", "#".repeat(10 << 20)),
        ("many documents", many.repeat(20_000)),
        ("merges", format!("a: &a {{x: 1}}\nb:\n{}", "  <<: *a\n".repeat(10_000))),
        ("anchors", (0..50_000).map(|n| format!("- &a{n} x\n")).collect()),
        ("control characters", "a: \u{0}\u{1}\u{7f}\n".to_owned()),
        ("quotes without end", "\"".repeat(100_001)),
        ("an exponent", "apiVersion: 1e999999999999\n".to_owned()),
    ] {
        let error = OpenSlo::read(&text).expect_err(name);
        assert!(error.to_string().len() < 1000, "{name}: {}", error.to_string().len());
    }
    let error = OpenSlo::read(&"#".repeat(10 << 20)).unwrap_err();
    assert_eq!((error.kind(), error.argument()), (ErrorKind::LimitExceeded, Some("text")));
    // Honest and large is read.
    let many = many.replace("name: x", "name: NAME");
    let large: String = (0..9_000).map(|n| many.replace("NAME", &format!("s{n}"))).collect();
    assert_eq!(OpenSlo::read(&large).unwrap().services.len(), 9_000);
}

proptest! {
    /// A text that was cut or changed anywhere is read or refused, and a fault has a place.
    #[test]
    fn no_change_of_a_text_panics(at in 0..SHOP.len(), with in "[ -~\n]{0,4}", skip in 0usize..9) {
        let until = (at + skip).min(SHOP.len());
        let text = format!("{}{with}{}", &SHOP[..at], &SHOP[until..]);
        if let Err(error) = OpenSlo::read(&text) {
            prop_assert!(error.to_string().starts_with("line "), "{error}");
        }
    }

    #[test]
    fn no_text_panics(text in "[a-z:\\-{}\\[\\]&*!|>'\"#, \n0-9.]{0,200}") {
        let _ = OpenSlo::read(&text);
    }
}
