//! Fields by name: what is misspelt is told, what never was is reported, values keep their type.

use itom_core::sla::{
    Agreements, AgreementsDefinition, AttainmentOptions, BreachForecast, BreachForecastDefinition,
    RecordLog, RecordUpdate, Replay, replay,
};
use itom_core::table::{Column, Table};
use itom_core::{ErrorKind, Timestamp};
use serde_json::{Value, json};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn definition(metric: Value) -> AgreementsDefinition {
    serde_json::from_value(json!({"agreements": [{"name": "Gold", "metrics": [metric]}]})).unwrap()
}

fn desk() -> AgreementsDefinition {
    definition(json!({"name": "resolution", "stop": "state = 'Closed'",
        "pause": [{"reason": "user", "when": "state = 'Awaiting'"}],
        "targets": [{"target": "4h"}]}))
}

/// One met in three hours, one that waits, one that was closed when it was first seen.
fn log() -> RecordLog {
    let mut log = RecordLog::new();
    let update = |record: &str, instant| RecordUpdate::new(record, at(instant));
    log.extend(vec![
        update("A", "2026-06-15T08:00:00Z").set("state", "New").set("team", "desk").set("hops", 0),
        update("A", "2026-06-15T09:00:00Z").set("team", "network").set("hops", 1),
        update("A", "2026-06-15T11:00:00Z").set("state", "Closed").set("vip", true),
        update("B", "2026-06-15T09:00:00Z").set("state", "New").set("team", "desk").set("hops", 2),
        update("B", "2026-06-15T10:00:00Z").set("state", "Awaiting"),
        update("C", "2026-06-15T10:00:00Z").set("state", "Closed").set("team", "desk"),
        update("C", "2026-06-15T11:00:00Z").set("team", "network"),
    ])
    .unwrap();
    log
}

fn replayed() -> (Replay, RecordLog) {
    let log = log();
    (replay(&desk(), &log, Some(at("2026-06-15T12:00:00Z"))).unwrap(), log)
}

#[test]
fn a_misspelt_field_is_an_error_with_the_names_there_are() {
    let (replay, log) = replayed();
    let agreements = Agreements::over(desk(), log.clone()).unwrap();
    let options = AttainmentOptions { group: Some("taem".into()), ..Default::default() };
    let now = replay.at();
    for (argument, error) in [
        ("group", replay.attainment(&log, &options).unwrap_err()),
        ("fields", replay.table(&log, &["team", "taem"]).unwrap_err()),
        ("fields", replay.history(&log, &["taem"], None).unwrap_err()),
        ("fields", replay.running(&log, &["taem"], None).unwrap_err()),
        ("field", replay.accounting(&log, "taem").unwrap_err()),
        ("field", agreements.accounting("A", "taem", now).unwrap_err()),
    ] {
        assert_eq!((error.kind(), error.argument()), (ErrorKind::InvalidArgument, Some(argument)));
        let expected = format!("{argument} must be a field of the records: hops, state, team, vip");
        assert_eq!(error.to_string(), format!("{expected}, got \"taem\""));
    }
    assert!(replay.history(&log, &[], Some("response")).is_err());
    // A log in which nothing was set knows no names.
    let empty = RecordLog::new();
    let nothing = itom_core::sla::replay(&desk(), &empty, None).unwrap();
    assert_eq!(nothing.attainment(&empty, &options).unwrap(), []);
    assert_eq!(nothing.unknown_fields(), [""; 0]);
}

#[test]
fn a_field_that_conditions_read_and_no_record_had_is_reported() {
    let metric = json!({"name": "resolution", "start": "vip = true or impotrance > 2",
        "stop": "sate = 'Closed'", "targets": [{"when": "state = 'New'", "target": "4h"}]});
    let replay = replay(&definition(metric), &log(), None).unwrap();
    assert_eq!(replay.unknown_fields(), ["impotrance", "sate"]);
    assert_eq!(replayed().0.unknown_fields(), [""; 0]);
    // The priority that a matrix gives is nobody's to set.
    let rules = json!({"priority": {"impact": "state", "urgency": "urgnecy", "field": "rank",
        "matrix": {"New": {"1": 1}}}, "agreements": [{"name": "Gold", "metrics": [
        {"name": "resolution", "stop": "rank = 1", "targets": [{"target": "4h"}]}]}]});
    let rules: AgreementsDefinition = serde_json::from_value(rules).unwrap();
    let replay = itom_core::sla::replay(&rules, &log(), None).unwrap();
    assert_eq!(replay.unknown_fields(), ["urgnecy"]);
}

#[test]
fn a_record_that_was_stopped_when_first_seen_is_counted() {
    let (replay, log) = replayed();
    let counts = replay.counts();
    assert_eq!((counts.met, counts.running, counts.already_stopped), (1, 1, 1));
    assert_eq!(counts.attainment(Default::default()).unwrap().to_string(), "1");
    let options = AttainmentOptions { group: Some("team".into()), ..Default::default() };
    let rows = replay.attainment(&log, &options).unwrap();
    let seen: Vec<_> =
        rows.iter().map(|row| (row.group.as_deref(), row.met, row.already_stopped)).collect();
    assert_eq!(seen, [(Some("desk"), 0, 1), (Some("network"), 1, 0)]);
    // Cut anywhere, the engine says the same.
    let whole = Agreements::over(desk(), log).unwrap();
    assert_eq!(whole.replay(replay.at()).counts(), counts);
    // Whoever comes back gets a clock, and is not among them any more.
    let mut back = self::log();
    let again = RecordUpdate::new("C", at("2026-06-15T11:30:00Z")).set("state", "New");
    back.extend(vec![again]).unwrap();
    let replay = itom_core::sla::replay(&desk(), &back, None).unwrap();
    assert_eq!((replay.counts().already_stopped, replay.counts().running), (0, 2));
    // Where the start does not hold the metric is not about the record.
    let metric = json!({"name": "resolution", "start": "state = 'New'", "stop": "team = 'desk'",
        "targets": [{"target": "4h"}]});
    let replay = itom_core::sla::replay(&definition(metric), &self::log(), None).unwrap();
    assert_eq!(replay.counts().already_stopped, 1);
}

#[test]
fn the_values_beside_verdicts_keep_their_type() {
    let (replay, log) = replayed();
    let table = replay.table(&log, &["team", "hops", "vip"]).unwrap();
    assert_eq!(table.int("hops").unwrap(), [Some(1), Some(2)]);
    assert_eq!(table.column("vip"), Some(&Column::Bool(vec![Some(true), None])));
    assert_eq!(table.text("team").unwrap().get(0), Some("network"));
}

#[test]
fn the_history_of_a_replay_is_what_a_forecast_takes() {
    let (replay, log) = replayed();
    let history = replay.history(&log, &["team", "hops"], Some("resolution")).unwrap();
    let cases: Vec<_> = history.text("case").unwrap().iter().collect();
    assert_eq!(cases, [Some("A"), Some("A"), Some("B")]);
    assert_eq!(history.float("since_s").unwrap(), [0.0, 3600.0, 0.0].map(Some));
    assert_eq!(history.float("used_s").unwrap(), [10_800.0, 10_800.0, 3600.0].map(Some));
    assert_eq!(history.int("hops").unwrap(), [0, 1, 2].map(Some));
    let column = |name| history.column(name).unwrap();
    assert_eq!(column("ended"), &Column::Bool([true, true, false].map(Some).to_vec()));
    assert_eq!(column("breached"), &Column::Bool(vec![Some(false), Some(false), None]));

    let definition = BreachForecastDefinition {
        groups: vec!["team".into()],
        numbers: vec!["hops".into()],
        ..Default::default()
    };
    let forecast = BreachForecast::fit(definition, &history, replay.at()).unwrap();
    let clocks = replay.running(&log, &["team", "hops"], None).unwrap();
    assert_eq!(clocks.text("record").unwrap().iter().collect::<Vec<_>>(), [Some("B")]);
    assert_eq!(forecast.probabilities(&clocks).unwrap().len(), 1);

    // A field that is not there is misspelt; one that is not known is there and missing.
    let columns = |team: &str| {
        Table::new([
            ("target_s", Column::Float(vec![Some(14_400.0)])),
            ("used_s", Column::Float(vec![Some(0.0)])),
            ("hops", Column::Int(vec![None])),
            (team, Column::Text([Some("desk")].into_iter().collect())),
        ])
        .unwrap()
    };
    assert!(forecast.probabilities(&columns("team")).is_ok());
    let error = forecast.probabilities(&columns("taem")).unwrap_err();
    assert_eq!(error.argument(), Some("clocks"));
    let text = error.to_string();
    assert!(text.contains("\"team\"") && text.contains("target_s, used_s, hops, taem"), "{text}");
    assert!(forecast.forecast(&columns("taem")).is_err());
    assert!(forecast.probabilities(&columns("taem").with_blank(["team"])).is_ok());
}

#[test]
fn a_clock_of_the_history_has_a_name_of_its_own() {
    let rules = json!({"agreements": [{"name": "Gold", "metrics": [
        {"name": "response", "stop": "team = 'network'", "targets": [{"target": "1h"}]},
        {"name": "resolution", "stop": "state = 'Closed'", "reopen": "new_cycle",
         "targets": [{"target": "4h"}]}]}]});
    let rules: AgreementsDefinition = serde_json::from_value(rules).unwrap();
    let mut log = log();
    log.extend(vec![
        RecordUpdate::new("A", at("2026-06-15T11:30:00Z")).set("state", "New").set("team", "desk"),
    ])
    .unwrap();
    let replay = replay(&rules, &log, Some(at("2026-06-15T12:00:00Z"))).unwrap();
    let history = replay.history(&log, &["team"], None).unwrap();
    let mut cases: Vec<_> = history.text("case").unwrap().iter().flatten().collect();
    cases.dedup();
    let unique: std::collections::BTreeSet<_> = cases.iter().collect();
    assert_eq!(unique.len(), cases.len(), "{cases:?}");
    assert!(cases.contains(&"A / Gold / resolution #1"), "{cases:?}");
    let groups = BreachForecastDefinition { groups: vec!["team".into()], ..Default::default() };
    BreachForecast::fit(groups, &history, replay.at()).unwrap();
}
