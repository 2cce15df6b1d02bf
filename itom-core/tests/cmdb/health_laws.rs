//! Health over random histories: what is kept up to date is what is made anew, and both are what the
//! questions of a view say, asked one by one.

use std::collections::{BTreeMap, BTreeSet};

use itom_core::Timestamp;
use itom_core::cmdb::{
    AttributeLock, Change, Cmdb, ConfirmItems, GraphFilter, HealthDefinition,
    HealthMetric as Metric, HealthMonitor, HealthReport, HealthScores, ImpactDirection, ItemRecord,
    ModelDefinition, PutItem, PutRelation, ReconciliationRules, RecordEnd, RelationRecord,
    RemoveItem, RemoveRelation, SweepAction, SweepDefinition, Transaction, Value, View,
};
use proptest::prelude::*;

const DAY: i64 = 86_400;
const ITEMS: [&str; 6] = ["p", "q", "h", "i", "j", "s"];
const CLASSES: [&str; 3] = ["host", "process", "service"];
const KINDS: [&str; 3] = ["runs_on", "depends_on", "connected_to"];
const ATTRIBUTES: [&str; 4] = ["serial", "owner", "state", "os"];
const VALUES: [&str; 4] = ["u", "v", "absent", ""];

fn model(strict: bool) -> ModelDefinition {
    let json = format!(
        r#"{{"classes": {{
            "thing": {{"abstract": true, "attributes": {{
                "owner": {{"type": "string", "recommended": {strict}}},
                "serial": {{"type": "string"}}, "note": {{"type": "string"}}, "state": {{"type": "string"}},
                "os": {{"type": "string", "recommended": true}}}}}},
            "host": {{"extends": "thing", "identification": [{{"attributes": ["serial"]}}],
                      "reclassification": {{"upgrade": true, "downgrade": true, "switch": true}}}},
            "process": {{"extends": "thing", "identification": [
                {{"kind": "dependent", "attributes": ["serial"], "relation": "runs_on"}}]}},
            "service": {{"extends": "thing"}}}},
        "relations": {{"runs_on": {{"targets_per_source": {{"min": 1}}}},
            "depends_on": {{"impact": {strict}, "sources_per_target": {{"min": 2}}, "ends": [{{"target": "host"}}, {{"target": "process"}}]}},
            "connected_to": {{"symmetric": true, "impact": false}}}}}}"#
    );
    serde_json::from_str(&json).unwrap()
}

fn rules(n: usize) -> ReconciliationRules {
    let lifecycle = r#""lifecycle": {"thing": {"states": {"u": ["absent", "v"], "v": ["u", "absent"],
        "absent": ["u", "v"], "": ["u", "v", "absent"]}, "absent": "absent"}}"#;
    let json = match n {
        0 => "{}".to_owned(),
        1 => format!("{{{lifecycle}}}"),
        2 => r#"{"rules": [{"sources": ["s1", "s0"], "refresh_after": "PT48H"}]}"#.to_owned(),
        _ => format!(r#"{{"rules": [{{"choose": "smallest"}}], {lifecycle}}}"#),
    };
    serde_json::from_str(&json).unwrap()
}

fn definitions() -> [HealthDefinition; 2] {
    let other = r#"{
        "stale_after": "PT72H", "owner": "os",
        "scope": "not (state = \"v\")",
        "classes": {"thing": {"required": ["serial"], "weight": 3},
                    "process": {"stale_after": "PT24H", "related": [{"kinds": ["runs_on"], "direction": "providers", "class": "host"}]},
                    "service": {"weight": 2, "exempt": ["relationship.stale"], "related": []}},
        "rules": [{"name": "u", "class": "host", "condition": "serial = \"u\" or os exists"},
                  {"name": "v", "when": "owner exists", "condition": "state in (\"u\", \"v\")"}]}"#;
    [HealthDefinition::default(), serde_json::from_str(other).unwrap()]
}

#[derive(Clone, Debug)]
enum Step {
    Put(Option<usize>, usize, usize, Vec<(usize, usize)>),
    Record(usize, usize, Vec<(usize, usize)>, Option<usize>),
    Confirm(usize, Vec<usize>),
    Remove(Option<usize>, usize),
    Relate(Option<usize>, usize, usize, usize, Option<bool>),
    Part(Option<usize>, usize, usize, usize, Option<bool>),
    Merge(usize, usize),
    Unmerge(usize),
    Lock(usize, usize, bool),
    Sweep(usize, i64, bool),
    Rules(usize),
    Model(bool),
    Baseline,
}

fn step() -> impl Strategy<Value = Step> {
    let values = || proptest::collection::vec((0..4usize, 0..5usize), 0..4);
    let source = || proptest::option::weighted(0.6, 0..2usize);
    let (item, kind) = (0..6usize, 0..3usize);
    let group = || proptest::option::weighted(0.3, any::<bool>());
    let ends = (source(), item.clone(), kind, item.clone(), group());
    prop_oneof![
        8 => (source(), item.clone(), 0..3usize, values()).prop_map(|(s, i, c, v)| Step::Put(s, i, c, v)),
        6 => (0..2usize, item.clone(), values(), proptest::option::of(item.clone()))
            .prop_map(|(s, i, v, r)| Step::Record(s, i, v, r)),
        2 => (0..2usize, proptest::collection::vec(item.clone(), 0..4)).prop_map(|(s, i)| Step::Confirm(s, i)),
        2 => (source(), item.clone()).prop_map(|(s, i)| Step::Remove(s, i)),
        8 => ends.clone().prop_map(|(s, a, k, b, g)| Step::Relate(s, a, k, b, g)),
        2 => ends.prop_map(|(s, a, k, b, g)| Step::Part(s, a, k, b, g)),
        2 => (item.clone(), item.clone()).prop_map(|(a, b)| Step::Merge(a, b)),
        1 => item.clone().prop_map(Step::Unmerge),
        1 => (item, 0..4usize, any::<bool>()).prop_map(|(i, a, on)| Step::Lock(i, a, on)),
        1 => (0..2usize, 0..30i64, any::<bool>()).prop_map(|(s, t, m)| Step::Sweep(s, t, m)),
        1 => (0..4usize).prop_map(Step::Rules),
        1 => any::<bool>().prop_map(Step::Model),
        1 => Just(Step::Baseline),
    ]
}

fn values(given: &[(usize, usize)]) -> BTreeMap<String, Value> {
    let value = |n: usize| VALUES.get(n).map_or(Value::Null, |text| Value::from(*text));
    let given = given.iter().map(|(name, n)| (ATTRIBUTES[*name].to_owned(), value(*n)));
    // Whoever speaks of an item claims something of it.
    given.chain([("note".to_owned(), Value::from("n"))]).collect()
}

/// Goes a step; what the database refuses does not happen.
fn go(db: &mut Cmdb, step: &Step, transaction: Transaction) {
    let from = |source: &Option<usize>| match source {
        Some(n) => transaction.clone().source(&format!("s{n}")),
        None => transaction.clone(),
    };
    let id = |n: &usize| ITEMS[*n].to_owned();
    let _ = match step {
        Step::Put(source, item, class, given) => {
            let class = Some(CLASSES[*class].to_owned());
            let attributes = values(given);
            let put = PutItem { id: id(item), class, attributes, drop_unknown: true };
            db.apply(&[Change::PutItem(put)], from(source))
        }
        Step::Record(source, item, given, runs_on) => {
            let class = CLASSES[item % 3];
            let mut record = ItemRecord::new(class).of_id(ITEMS[*item]);
            record.attributes = values(given);
            let host = runs_on.map(|host| RecordEnd::Id(ITEMS[host].to_owned()));
            let relation =
                host.map(|host| RelationRecord::new(RecordEnd::Index(0), "runs_on", host));
            let relations: Vec<RelationRecord> = relation.into_iter().collect();
            db.reconcile(&[record], &relations, from(&Some(*source))).map(|_| ())
        }
        Step::Confirm(source, items) => {
            let ids = items.iter().map(id).collect();
            db.apply(&[Change::Confirm(ConfirmItems { ids })], from(&Some(*source)))
        }
        Step::Remove(source, item) => {
            db.apply(&[Change::RemoveItem(RemoveItem { id: id(item) })], from(source))
        }
        Step::Relate(source, a, kind, b, group) => {
            let put = PutRelation::new(ITEMS[*a], KINDS[*kind], ITEMS[*b]);
            let put = match group {
                Some(first) => put.in_group(if *first { "g" } else { "f" }, 1),
                None => put,
            };
            db.apply(&[Change::PutRelation(put)], from(source))
        }
        Step::Part(source, a, kind, b, group) => {
            let group = group.map(|first| if first { "g" } else { "f" }.to_owned());
            let (source_id, kind, target) = (id(a), KINDS[*kind].to_owned(), id(b));
            let remove = RemoveRelation { source: source_id, kind, target, group };
            db.apply(&[Change::RemoveRelation(remove)], from(source))
        }
        Step::Merge(keep, other) => db.merge(ITEMS[*keep], &[ITEMS[*other]], transaction),
        Step::Unmerge(item) => db.unmerge(&[ITEMS[*item]], transaction),
        Step::Lock(item, attribute, true) => {
            db.lock(ITEMS[*item], ATTRIBUTES[*attribute], None, transaction)
        }
        Step::Lock(item, attribute, false) => {
            let lock = AttributeLock { id: id(item), attribute: ATTRIBUTES[*attribute].to_owned() };
            db.apply(&[Change::Release(lock)], transaction)
        }
        Step::Sweep(source, before, mark) => {
            let sweep = SweepDefinition {
                action: if *mark { SweepAction::Mark } else { SweepAction::Remove },
                guard: 1.0,
                ..SweepDefinition::new(&format!("s{source}"), Timestamp::from_secs(before * DAY))
            };
            db.sweep(&sweep, transaction).map(|_| ())
        }
        Step::Rules(n) => db.set_rules(rules(*n), transaction),
        Step::Model(strict) => db.set_model(model(*strict), transaction),
        Step::Baseline => db.set_baseline("b", transaction),
    };
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn a_monitor_is_never_behind(
        steps in proptest::collection::vec((step(), 0..30i64, any::<bool>(), 0..60i64), 1..40),
    ) {
        let mut db = Cmdb::new(model(true)).unwrap();
        let mut monitors = definitions().map(|definition| HealthMonitor::new(definition, &mut db).unwrap());
        for (n, (step, valid, looks, now)) in steps.iter().enumerate() {
            let known = Timestamp::from_secs(1000 * DAY + n as i64);
            let at = Timestamp::from_secs(if *looks { (n as i64).max(*valid) } else { *valid } * DAY);
            go(&mut db, step, Transaction::at(at).known(known));
            // Several transactions may go by before one looks.
            if !looks {
                continue;
            }
            let now = (*now > 0).then(|| Timestamp::from_secs(now * DAY));
            let view = db.at(None, None);
            for monitor in &mut monitors {
                let kept = monitor.report(&db, now).unwrap();
                let anew = view.health(monitor.definition(), now).unwrap();
                prop_assert_eq!(&kept, &anew, "after {} steps, {:?}", n + 1, step);
            }
        }
    }

    #[test]
    fn a_report_is_what_the_views_questions_say(
        steps in proptest::collection::vec((step(), 0..30i64), 1..40),
        valid in proptest::option::of(0..40i64),
        known in proptest::option::of(0..40i64),
        now in 0..60i64,
    ) {
        let mut db = Cmdb::new(model(true)).unwrap();
        let mut lifecycles = vec![false];
        for (n, (step, valid)) in steps.iter().enumerate() {
            let transaction = Transaction::at(Timestamp::from_secs(valid * DAY));
            go(&mut db, step, transaction.known(Timestamp::from_secs(1000 * DAY + n as i64)));
            lifecycles.push(!db.rules().lifecycle.is_empty());
        }
        let then = known.map_or(steps.len(), |n| steps.len().min(n as usize + 1));
        let valid = valid.map(|day| Timestamp::from_secs(day * DAY));
        let known = known.map(|n| Timestamp::from_secs(1000 * DAY + n));
        let (view, now) = (db.at(valid, known), Timestamp::from_secs(now * DAY));
        let report = view.health(&HealthDefinition::default(), Some(now)).unwrap();
        let counts = naive(&view, now, lifecycles[then]);
        prop_assert_eq!(counted(&report.all), counts.get(&("all", None)).cloned().unwrap_or_default());
        for (by, groups) in groups(&report) {
            for group in groups {
                let expected = counts.get(&(by, group.name.clone())).cloned().unwrap_or_default();
                prop_assert_eq!(counted(&group.scores), expected, "{} {:?}", by, &group.name);
            }
            prop_assert_eq!(groups.len(), counts.keys().filter(|(own, _)| *own == by).count(), "{}", by);
        }
    }
}

type Counts = BTreeMap<Metric, (u64, u64)>;

fn groups(report: &HealthReport) -> [(&'static str, &[itom_core::cmdb::HealthGroup]); 4] {
    [
        ("class", &report.classes),
        ("service", &report.services),
        ("owner", &report.owners),
        ("source", &report.sources),
    ]
}

/// What a report says, without relations that lack an end: no question tells those.
fn counted(scores: &HealthScores) -> Counts {
    let counts = scores.metrics.iter().filter(|(metric, _)| **metric != Metric::RelationOrphan);
    counts.map(|(metric, count)| (*metric, (count.checked, count.failed))).collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The sources that claim something of an item, with when the last of them saw it.
fn speakers(view: &View, id: &str) -> (BTreeSet<Option<String>>, Timestamp) {
    let claims = view.claims(id).unwrap();
    let seen = claims.iter().map(|claim| claim.seen).max().unwrap();
    (claims.into_iter().map(|claim| claim.source).collect(), seen)
}

/// The default definition, taken literally.
fn naive(
    view: &View,
    now: Timestamp,
    lifecycle: bool,
) -> BTreeMap<(&'static str, Option<String>), Counts> {
    let relations = view.relations(None).unwrap();
    let model = view.model();
    let duplicates: BTreeSet<String> =
        view.duplicates().into_iter().flat_map(|found| found.ids).collect();
    let items = view.items(None).unwrap();
    let stale: BTreeSet<&str> = items
        .iter()
        .filter(|item| {
            let absent = item.attributes.get("state") == Some(&Value::from("absent"));
            let (_, seen) = speakers(view, &item.id);
            absent && lifecycle || (now - seen).as_nanos() > 60 * DAY * 1_000_000_000
        })
        .map(|item| item.id.as_str())
        .collect();
    let services: Vec<(String, BTreeSet<String>)> = view
        .items(Some("service"))
        .unwrap()
        .into_iter()
        .map(|service| {
            let carries = |kind: &&str| model.relations[*kind].impact != ImpactDirection::None;
            let kinds = KINDS.iter().copied().filter(carries).map(str::to_owned).collect();
            let filter = GraphFilter { kinds, ..GraphFilter::default() };
            let map = view.service_map(&service.id, &filter).unwrap();
            (service.id, map.nodes.into_iter().map(|node| node.id).collect())
        })
        .collect();
    let mut all = BTreeMap::new();
    for item in &items {
        let mut own: Vec<(Metric, bool)> = Vec::new();
        let strict = model.classes["thing"].attributes["owner"].recommended;
        let recommended: &[&str] = if strict { &["os", "owner"] } else { &["os"] };
        let says =
            |name: &str| item.attributes.get(name).is_some_and(|value| *value != Value::from(""));
        own.push((Metric::Recommended, !recommended.iter().all(|name| says(name))));
        let around = relations.iter().filter(|r| r.source != r.target);
        let mut around = around.filter(|r| r.source == item.id || r.target == item.id);
        own.push((Metric::Orphan, around.next().is_none()));
        own.push((Metric::Stale, stale.contains(item.id.as_str())));
        if item.class != "service" {
            own.push((Metric::Duplicate, duplicates.contains(&item.id)));
        }
        let others = |kind: &str, out: bool| -> usize {
            let of_kind = relations.iter().filter(|r| r.kind == kind && r.source != r.target);
            let ends =
                of_kind.map(|r| if out { (&r.source, &r.target) } else { (&r.target, &r.source) });
            ends.filter(|(here, _)| **here == item.id)
                .map(|(_, there)| there)
                .collect::<BTreeSet<_>>()
                .len()
        };
        let short = others("runs_on", true) < 1
            || item.class != "service" && others("depends_on", false) < 2;
        own.push((Metric::RelationMinimum, short));
        let mut doubles: BTreeSet<(&str, &str)> = BTreeSet::new();
        for relation in relations.iter().filter(|relation| relation.source == item.id) {
            let double = !doubles.insert((&relation.kind, &relation.target));
            own.push((Metric::RelationDuplicate, double));
            let ends = [relation.source.as_str(), relation.target.as_str()];
            own.push((Metric::RelationStale, ends.iter().any(|end| stale.contains(end))));
        }
        let owner = item.attributes.get("owner").filter(|_| says("owner")).map(text);
        let mut names = vec![("all", None), ("class", Some(item.class.clone())), ("owner", owner)];
        names.extend(speakers(view, &item.id).0.into_iter().map(|source| ("source", source)));
        let of = services.iter().filter(|(_, members)| members.contains(&item.id));
        names.extend(of.map(|(service, _)| ("service", Some(service.clone()))));
        for name in names {
            let counts: &mut Counts = all.entry(name).or_default();
            for (metric, failed) in &own {
                let count = counts.entry(*metric).or_default();
                *count = (count.0 + 1, count.1 + u64::from(*failed));
            }
        }
    }
    all
}
