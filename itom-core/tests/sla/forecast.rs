//! What a breach forecast promises, on histories whose truth is known.

use itom_core::sla::{BreachForecast, BreachForecastDefinition, auc, brier, reliability_curve};
use itom_core::table::{Column, Table};
use itom_core::{Duration, ErrorKind, Timestamp};
use proptest::prelude::*;

use crate::common::golden;

const TARGET_S: f64 = 36_000.0;
const HOUR: i64 = 3_600;

/// A stream of numbers in [0, 1): the same every time.
struct Stream(u64);

impl Stream {
    fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The rate at which a team's work ends, in tenths of the target.
fn rate(team: usize) -> f64 {
    [0.05, 0.1, 0.2, 0.4][team]
}

/// Work that ends at a constant rate by team: a clock that has used `share` breaches with
/// probability exp(-10 · rate · (1 - share)).
fn truth(team: usize, share: f64) -> f64 {
    (-10.0 * rate(team) * (1.0 - share)).exp()
}

#[derive(Clone)]
struct Work {
    name: String,
    opened: i64,
    team: usize,
    /// Seconds of its target that it takes.
    takes: f64,
}

fn work(n: usize, seed: u64) -> Vec<Work> {
    let mut stream = Stream(seed);
    (0..n)
        .map(|i| {
            let team = (stream.next() * 4.0) as usize;
            let takes = -(1.0 - stream.next()).ln() / (10.0 * rate(team)) * TARGET_S;
            Work { name: format!("case-{i}"), opened: i as i64 * HOUR / 10, team, takes }
        })
        .collect()
}

/// The history at `at`, where business time is time: what has not ended is still running.
fn history(work: &[Work], at: i64) -> Table {
    let known: Vec<&Work> = work.iter().filter(|work| work.opened <= at).collect();
    let ends = |work: &Work| work.opened as f64 + work.takes;
    let used = |work: &Work| work.takes.min((at - work.opened) as f64);
    let column = |cell: &dyn Fn(&Work) -> f64| {
        Column::Float(known.iter().map(|work| Some(cell(work))).collect())
    };
    Table::new([
        ("case", Column::Text(known.iter().map(|work| &*work.name).collect())),
        (
            "opened",
            Column::Time(known.iter().map(|w| Some(Timestamp::from_secs(w.opened))).collect()),
        ),
        ("target_s", column(&|_| TARGET_S)),
        ("used_s", column(&used)),
        ("ended", Column::Bool(known.iter().map(|w| Some(ends(w) <= at as f64)).collect())),
        ("team", Column::Int(known.iter().map(|work| Some(work.team as i64)).collect())),
        ("size", column(&|work| (work.team * 10) as f64)),
    ])
    .unwrap()
}

fn clocks(teams: &[Option<i64>], share: f64) -> Table {
    let n = teams.len();
    Table::new([
        ("target_s", Column::Float(vec![Some(TARGET_S); n])),
        ("used_s", Column::Float(vec![Some(share * TARGET_S); n])),
        ("team", Column::Int(teams.to_vec())),
    ])
    .unwrap()
    .with_blank(["size"])
}

fn by_team() -> BreachForecastDefinition {
    BreachForecastDefinition { groups: vec!["team".into()], ..Default::default() }
}

const TEAMS: [Option<i64>; 4] = [Some(0), Some(1), Some(2), Some(3)];

#[test]
fn the_probability_of_work_that_ends_at_a_constant_rate_is_found_at_every_share() {
    let at = 20_000 * HOUR / 10;
    let forecast =
        BreachForecast::fit(by_team(), &history(&work(20_000, 1), at), Timestamp::from_secs(at))
            .unwrap();
    for share in [0.0, 0.15, 0.3, 0.5, 0.65, 0.8] {
        let found = forecast.probabilities(&clocks(&TEAMS, share)).unwrap();
        for (team, p) in found.into_iter().enumerate() {
            let truth = truth(team, share);
            assert!((p - truth).abs() < 0.06, "team {team} at {share}: {p}, not {truth}");
        }
    }
}

#[test]
fn running_work_is_not_taken_for_quick_work() {
    // Seen after little more than one target, what has ended was quick; counting it alone would
    // promise too much.
    let at = 12 * HOUR;
    let mut known = work(3_000, 2);
    for (i, work) in known.iter_mut().enumerate() {
        work.opened = i as i64 * 14;
    }
    let forecast =
        BreachForecast::fit(by_team(), &history(&known, at), Timestamp::from_secs(at)).unwrap();
    let found: f64 = forecast.probabilities(&clocks(&TEAMS, 0.0)).unwrap().iter().sum();
    let truth: f64 = (0..4).map(|team| truth(team, 0.0)).sum();
    let ended_alone = known
        .iter()
        .filter(|work| work.opened as f64 + work.takes <= at as f64)
        .map(|work| f64::from(u8::from(work.takes > TARGET_S)));
    let n = ended_alone.clone().count() as f64;
    let naive = ended_alone.sum::<f64>() / n;
    assert!(naive < 0.2, "{naive}");
    assert!((found / 4.0 - truth / 4.0).abs() < 0.1, "{found} {truth}");
}

#[test]
fn a_forecast_says_why_and_adds_up() {
    let at = 3_000 * HOUR / 10;
    let definition = BreachForecastDefinition {
        groups: vec!["team".into()],
        numbers: vec!["size".into()],
        ..Default::default()
    };
    let forecast =
        BreachForecast::fit(definition, &history(&work(3_000, 3), at), Timestamp::from_secs(at))
            .unwrap();
    let teams = [Some(0), Some(3), Some(99), None];
    let found = forecast.forecast(&clocks(&teams, 0.25)).unwrap();
    assert_eq!(
        found.iter().map(|f| f.probability).collect::<Vec<_>>(),
        forecast.probabilities(&clocks(&teams, 0.25)).unwrap()
    );
    for one in &found {
        let sum: f64 = one.contributions.iter().map(|term| term.log_odds).sum();
        assert!((one.base + sum - one.log_odds).abs() < 1e-9);
        assert!((1.0 / (1.0 + (-one.log_odds).exp()) - one.probability).abs() < 1e-9);
        let fields: Vec<&str> = one.contributions.iter().map(|term| &*term.field).collect();
        assert_eq!(fields, ["team", "size", "idle"]);
        assert_eq!(one.used_share, 0.25);
    }
    // The slow team is a risk, the quick one the opposite; nothing is said of the unknown one.
    assert!(found[0].contributions[0].log_odds > 0.3);
    assert!(found[1].contributions[0].log_odds < -0.3);
    assert_eq!(found[2].contributions[0].log_odds, 0.0);
    assert_eq!((found[2].cases, found[2].contributions[0].cases), (0, 0));
    assert_eq!(found[2].contributions[0].value.as_deref(), Some("99"));
    assert_eq!(found[3].contributions[0].value, None);
    assert!(found[0].contributions[0].cases > 500);
}

#[test]
fn remaining_time_is_that_of_work_like_it() {
    let at = 20_000 * HOUR / 10;
    let forecast =
        BreachForecast::fit(by_team(), &history(&work(20_000, 4), at), Timestamp::from_secs(at))
            .unwrap();
    let found = forecast.forecast(&clocks(&[Some(3)], 0.2)).unwrap();
    // Half of what ends at 4 a target has ended after ln 2 / 4 of it.
    let half = found[0].remaining_p50.unwrap().as_secs_f64() / TARGET_S;
    assert!((half - 2.0_f64.ln() / 4.0).abs() < 0.05, "{half}");
    assert!(found[0].remaining_p10 < found[0].remaining_p50);
    assert!(found[0].remaining_p50 < found[0].remaining_p90);
}

#[test]
fn the_verdict_is_not_forecast_once_it_has_fallen() {
    let at = 3_000 * HOUR / 10;
    let forecast =
        BreachForecast::fit(by_team(), &history(&work(3_000, 5), at), Timestamp::from_secs(at))
            .unwrap();
    let asked = Table::new([
        ("target_s", Column::Float(vec![Some(100.0); 4])),
        ("used_s", Column::Float(vec![Some(100.5), Some(100.0), Some(50.0), Some(50.0)])),
        ("ended", Column::Bool(vec![Some(false), Some(true), Some(true), Some(false)])),
        ("breached", Column::Bool(vec![None, None, Some(true), Some(true)])),
        ("team", Column::Int(vec![Some(1); 4])),
    ])
    .unwrap();
    let found = forecast.forecast(&asked).unwrap();
    let decided: Vec<(f64, bool)> = found.iter().map(|f| (f.probability, f.decided)).collect();
    assert_eq!(decided[..3], [(1.0, true), (0.0, true), (1.0, true)]);
    assert!(!decided[3].1 && decided[3].0 < 1.0);
    assert_eq!(found[1].remaining_p50, Some(Duration::ZERO));
    let expected = forecast.expected_attainment(&asked, 0.9).unwrap();
    assert_eq!((expected.cases, expected.decided, expected.met), (4, 3, 1));
    assert!((expected.expected - (2.0 - decided[3].0) / 4.0).abs() < 1e-12);
    assert!(expected.low <= expected.expected && expected.expected <= expected.high);
}

#[test]
fn the_probability_goes_to_one_at_the_target() {
    let at = 3_000 * HOUR / 10;
    let forecast =
        BreachForecast::fit(by_team(), &history(&work(3_000, 6), at), Timestamp::from_secs(at))
            .unwrap();
    let p = |share| forecast.probabilities(&clocks(&TEAMS, share)).unwrap();
    assert!(p(1.0).iter().all(|p| *p > 0.999_99));
    for (near, nearer) in p(0.95).iter().zip(p(0.99)) {
        assert!(near < &nearer);
    }
}

#[test]
fn what_is_wrong_is_named() {
    let at = Timestamp::from_secs(300 * HOUR);
    let good = history(&work(300, 7), 300 * HOUR);
    let with = |name: &str, column: Column| {
        let columns = good.columns().map(|(own, cells)| {
            (own.to_owned(), if own == name { column.clone() } else { cells.clone() })
        });
        let table = Table::new(columns).unwrap();
        BreachForecast::fit(by_team(), &table, at).unwrap_err().to_string()
    };
    let n = good.rows();
    for wrong in [f64::NAN, -1.0, f64::INFINITY, 1e300] {
        assert!(with("used_s", Column::Float(vec![Some(wrong); n])).contains("used_s"));
    }
    assert!(with("target_s", Column::Float(vec![Some(0.0); n])).contains("target_s"));
    assert!(with("target_s", Column::Float(vec![None; n])).contains("target_s"));
    assert!(with("opened", Column::Time(vec![None; n])).contains("opened"));
    assert!(with("opened", Column::Time(vec![Some(Timestamp::MAX); n])).contains("opened"));
    let naive = vec![Some("2026-01-01T00:00:00"); n];
    assert!(with("opened", Column::Text(naive.into_iter().collect())).contains("opened"));
    assert!(with("ended", Column::Int(vec![Some(1); n])).contains("ended"));
    assert!(with("case", Column::Text(vec![None; n].into_iter().collect())).contains("case"));
    assert!(with("case", Column::Text(vec![Some("one"); n].into_iter().collect())).contains("one"));
    let lost = BreachForecastDefinition { groups: vec!["tema".into()], ..Default::default() };
    let error = BreachForecast::fit(lost, &good, at).unwrap_err();
    assert!(error.to_string().contains("tema"), "{error}");
    let empty = Table::new(good.columns().map(|(name, cells)| {
        let none = match cells {
            Column::Text(_) => Column::Text(Default::default()),
            Column::Time(_) => Column::Time(Vec::new()),
            Column::Bool(_) => Column::Bool(Vec::new()),
            _ => Column::Float(Vec::new()),
        };
        (name.to_owned(), none)
    }))
    .unwrap();
    let no_groups = BreachForecastDefinition::default();
    let error = BreachForecast::fit(no_groups, &empty, at).unwrap_err();
    assert!(error.to_string().contains("none decided"), "{error}");
}

#[test]
fn one_case_and_the_ends_of_time_are_fitted() {
    for (opened, at) in [(Timestamp::MIN, Timestamp::MAX), (Timestamp::MAX, Timestamp::MAX)] {
        let table = Table::new([
            ("case", Column::Text(["only"].into_iter().collect())),
            ("opened", Column::Time(vec![Some(opened)])),
            ("target_s", Column::Float(vec![Some(1e-9)])),
            ("used_s", Column::Float(vec![Some(9e9)])),
            ("ended", Column::Bool(vec![Some(true)])),
            ("team", Column::Text([None].into_iter().collect())),
        ])
        .unwrap();
        let forecast = BreachForecast::fit(by_team(), &table, at).unwrap();
        let p = forecast.probabilities(&clocks(&TEAMS, 0.5)).unwrap();
        assert!(p.iter().all(|p| (0.0..=1.0).contains(p)), "{p:?}");
    }
}

fn fitted() -> BreachForecast {
    let at = 400 * HOUR / 10;
    BreachForecast::fit(by_team(), &history(&work(400, 8), at), Timestamp::from_secs(at)).unwrap()
}

/// The golden forecast as a release wrote it.
fn restored(name: &str) -> BreachForecast {
    let bytes = golden(name, || fitted().to_bytes());
    let restored = BreachForecast::from_bytes(&bytes).unwrap();
    assert_eq!(restored.cases(), 400);
    assert_eq!(restored.definition().groups, ["team"]);
    restored
}

#[test]
fn a_snapshot_is_readable_and_forecasts_the_same() {
    let p = restored("sla.forecast.v2.itom").probabilities(&clocks(&TEAMS, 0.25)).unwrap();
    let fresh = fitted().probabilities(&clocks(&TEAMS, 0.25)).unwrap();
    for (old, new) in p.iter().zip(&fresh) {
        assert!((old - new).abs() < 1e-6, "{p:?} {fresh:?}");
    }
    assert!(p[0] > 0.4 && p[3] < 0.2, "{p:?}");
}

/// Version 1 had no map of log-odds: what it forecast then it forecasts now.
#[test]
fn a_snapshot_of_the_first_version_forecasts_as_it_did() {
    let old = restored("sla.forecast.v1.itom");
    let p = old.probabilities(&clocks(&TEAMS, 0.25)).unwrap();
    assert!(p[0] > 0.4 && p[3] < 0.2, "{p:?}");
    let again = BreachForecast::from_bytes(&old.to_bytes()).unwrap();
    assert_eq!(again.probabilities(&clocks(&TEAMS, 0.25)).unwrap(), p);
}

/// At its start a clock is what its first row says; a later row that also came before business time
/// began to count is not known yet.
#[test]
fn a_clock_starts_with_its_first_row() {
    const NEW: i64 = 1;
    const LOST: i64 = 2;
    const WON: i64 = 3;
    let n = 400_usize;
    let names: Vec<String> = (0..2 * n).map(|row| (row / 2).to_string()).collect();
    let breaches = |row: usize| (row / 2).is_multiple_of(4);
    let used = |row| Some(if breaches(row) { 1.5 * TARGET_S } else { 0.5 * TARGET_S });
    // Every case is new, then its state gives away what comes of it, at the same instant.
    let state = |row: usize| match row % 2 {
        0 => NEW,
        _ if breaches(row) => LOST,
        _ => WON,
    };
    let table = Table::new([
        ("case", Column::Text(names.iter().map(|name| &**name).collect())),
        (
            "opened",
            Column::Time(
                (0..2 * n).map(|row| Some(Timestamp::from_secs((row / 2) as i64 * HOUR))).collect(),
            ),
        ),
        ("target_s", Column::Float(vec![Some(TARGET_S); 2 * n])),
        ("used_s", Column::Float((0..2 * n).map(used).collect())),
        ("since_s", Column::Float(vec![Some(0.0); 2 * n])),
        ("ended", Column::Bool(vec![Some(true); 2 * n])),
        ("team", Column::Int((0..2 * n).map(|row| Some(state(row))).collect())),
    ])
    .unwrap();
    let at = Timestamp::from_secs(n as i64 * HOUR);
    let forecast = BreachForecast::fit(by_team(), &table, at).unwrap();
    let p = forecast.probabilities(&clocks(&[Some(NEW)], 0.0)).unwrap();
    assert!((p[0] - 0.25).abs() < 0.05, "{p:?}");
    let p = forecast.probabilities(&clocks(&[Some(LOST), Some(WON)], 0.25)).unwrap();
    assert!(p[0] > 0.8 && p[1] < 0.1, "{p:?}");
}

#[test]
fn damaged_snapshots_are_refused() {
    let bytes = fitted().to_bytes();
    assert_eq!(BreachForecast::from_bytes(&bytes).unwrap(), fitted());
    for at in (0..bytes.len()).step_by(97) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        let error = BreachForecast::from_bytes(&damaged).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(BreachForecast::from_bytes(&bytes[..at]).is_err());
    }
}

/// A history in another order of rows.
fn shuffled(table: &Table, seed: u64) -> Table {
    let mut stream = Stream(seed);
    let mut order: Vec<(f64, usize)> = (0..table.rows()).map(|row| (stream.next(), row)).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let rows: Vec<usize> = order.into_iter().map(|(_, row)| row).collect();
    Table::new(table.columns().map(|(name, cells)| {
        let cells = match cells {
            Column::Text(c) => Column::Text(rows.iter().map(|&row| c.get(row)).collect()),
            Column::Int(c) => Column::Int(rows.iter().map(|&row| c[row]).collect()),
            Column::Float(c) => Column::Float(rows.iter().map(|&row| c[row]).collect()),
            Column::Bool(c) => Column::Bool(rows.iter().map(|&row| c[row]).collect()),
            Column::Time(c) => Column::Time(rows.iter().map(|&row| c[row]).collect()),
            _ => unreachable!("a column of a type that is not made here"),
        };
        (name.to_owned(), cells)
    }))
    .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn the_order_of_rows_does_not_matter(n in 20_usize..120, seed: u64) {
        let at = n as i64 * HOUR / 10 + 100_000;
        let table = history(&work(n, seed), at);
        let fit = |table: &Table| BreachForecast::fit(by_team(), table, Timestamp::from_secs(at));
        let other = fit(&shuffled(&table, seed)).unwrap();
        prop_assert_eq!(fit(&table).unwrap().to_bytes(), other.to_bytes());
    }

    #[test]
    fn auc_is_the_share_of_pairs_in_order(
        cases in prop::collection::vec((0_u8..8, any::<bool>()), 2..60),
    ) {
        let p: Vec<f64> = cases.iter().map(|&(p, _)| f64::from(p) / 8.0).collect();
        let hits: Vec<bool> = cases.iter().map(|&(_, hit)| hit).collect();
        let (mut pairs, mut score) = (0.0, 0.0);
        for (i, _) in hits.iter().enumerate().filter(|&(_, &hit)| hit) {
            for (j, _) in hits.iter().enumerate().filter(|&(_, &hit)| !hit) {
                pairs += 1.0;
                score += if p[i] > p[j] { 1.0 } else if p[i] == p[j] { 0.5 } else { 0.0 };
            }
        }
        let expected = (pairs > 0.0).then(|| score / pairs);
        prop_assert_eq!(auc(&p, &hits).unwrap(), expected);
        let curve = reliability_curve(&p, &hits, 8).unwrap();
        prop_assert_eq!(curve.bins.iter().map(|bin| bin.cases).sum::<u64>(), p.len() as u64);
        prop_assert!((curve.brier - brier(&p, &hits).unwrap()).abs() < 1e-15);
        prop_assert!(curve.calibration_error <= curve.largest_error + 1e-12);
    }
}
