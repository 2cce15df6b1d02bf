//! The forecast on a real incident log: split by time, nothing of the months ahead is known.
//!
//! `ITOM_DATA/incidents` holds 141,712 updates of 24,918 incidents. The promise is business time,
//! Monday to Friday 08-17 on a clock 6 h behind the printed one, 62 h from opening to closing. A
//! model is fitted on what the log said at a cut: incidents closed by then with their verdict, the
//! others as running clocks with the updates made so far. Forecast are the incidents opened at or
//! after the cut, against the log's own flag `made_sla`.

use std::collections::HashMap;

use itom_core::sla::{
    BreachForecast, BreachForecastDefinition, Calendar, ReliabilityCurve, reliability_curve,
};
use itom_core::table::{Column, Table};
use itom_core::{Duration, Timestamp};

use super::case_file::incident_log;

const TARGET_S: f64 = 62.0 * 3600.0;

const GROUPS: [&str; 13] = [
    "caller_id",
    "opened_by",
    "contact_type",
    "location",
    "category",
    "subcategory",
    "u_symptom",
    "priority",
    "assignment_group",
    "assigned_to",
    "ident_state",
    "sys_updated_by",
    "opened_hour",
];
const NUMBERS: [&str; 4] =
    ["reassignment_count", "sys_mod_count", "reopen_count", "opened_minute_of_week"];

/// An update: when it was recorded, and its cells in the order of the log's columns.
struct Update<'a> {
    at: Timestamp,
    cells: Vec<&'a str>,
}

struct Incident<'a> {
    opened: Timestamp,
    closed: Timestamp,
    breached: bool,
    updates: Vec<Update<'a>>,
}

struct Log<'a> {
    columns: HashMap<&'a str, usize>,
    incidents: Vec<(&'a str, Incident<'a>)>,
    calendar: Calendar,
}

/// `29/2/2016 01:16`, read as UTC; the calendar's zone carries the log's shift.
fn instant(cell: &str) -> Timestamp {
    let (date, time) = cell.split_once(' ').unwrap();
    let parts: Vec<&str> = date.split('/').collect();
    format!("{}-{:0>2}-{:0>2}T{time}:00Z", parts[2], parts[1], parts[0]).parse().unwrap()
}

impl<'a> Log<'a> {
    fn read(text: &'a str) -> Log<'a> {
        let mut lines = text.lines();
        let head = lines.next().unwrap();
        let mut columns = HashMap::new();
        for (at, name) in head.trim_start_matches('\u{feff}').split(',').enumerate() {
            // The second "category" is the subcategory.
            let name = if columns.contains_key(name) { "subcategory" } else { name };
            columns.insert(name, at);
        }
        let mut incidents: Vec<(&str, Incident<'_>)> = Vec::new();
        for line in lines {
            let cells: Vec<&str> = line.split(',').collect();
            let number = cells[columns["number"]];
            if incidents.last().is_none_or(|(last, _)| *last != number) {
                let opened = instant(cells[columns["opened_at"]]);
                let incident =
                    Incident { opened, closed: opened, breached: false, updates: Vec::new() };
                incidents.push((number, incident));
            }
            let incident = &mut incidents.last_mut().unwrap().1;
            // The last row has the verdict and the closing; earlier rows are not looked at for it.
            incident.closed = instant(cells[columns["closed_at"]]).max(incident.opened);
            incident.breached = cells[columns["made_sla"]] == "false";
            let at = instant(cells[columns["sys_updated_at"]]).max(incident.opened);
            let at = incident.updates.last().map_or(at, |before| at.max(before.at));
            incident.updates.push(Update { at, cells });
        }
        assert_eq!(incidents.len(), 24_918);
        // The printed clock is 6 h ahead of the schedule: Etc/GMT+6 is UTC-6.
        let calendar = Calendar::from_json(
            r#"{"tz": "Etc/GMT+6", "weekly": {"mon": [["08:00", "17:00"]],
                "tue": [["08:00", "17:00"]], "wed": [["08:00", "17:00"]],
                "thu": [["08:00", "17:00"]], "fri": [["08:00", "17:00"]]}}"#,
        )
        .unwrap();
        Log { columns, incidents, calendar }
    }

    /// The moment before which 70 of 100 incidents were opened.
    fn research_cut(&self) -> Timestamp {
        let mut opened: Vec<Timestamp> = self.incidents.iter().map(|(_, i)| i.opened).collect();
        opened.sort_unstable();
        opened[opened.len() * 7 / 10]
    }
}

/// Rows of a table for the forecast, built up by column.
struct Rows<'a> {
    log: &'a Log<'a>,
    cases: Vec<&'a str>,
    opened: Vec<Option<Timestamp>>,
    used: Vec<Option<f64>>,
    since: Vec<Option<f64>>,
    ended: Vec<Option<bool>>,
    breached: Vec<Option<bool>>,
    groups: Vec<Vec<Option<String>>>,
    numbers: Vec<Vec<Option<f64>>>,
}

impl<'a> Rows<'a> {
    fn new(log: &'a Log<'a>) -> Self {
        Rows {
            log,
            cases: Vec::new(),
            opened: Vec::new(),
            used: Vec::new(),
            since: Vec::new(),
            ended: Vec::new(),
            breached: Vec::new(),
            groups: vec![Vec::new(); GROUPS.len()],
            numbers: vec![Vec::new(); NUMBERS.len()],
        }
    }

    /// What `update` said from `since` on; at the opening state and counters are the fresh ones.
    fn push(&mut self, at: usize, update: usize, since: f64, used: f64, ended: bool, fresh: bool) {
        let (number, incident) = &self.log.incidents[at];
        let cells = &incident.updates[update].cells;
        let minutes = incident.opened.as_nanos() / 60_000_000_000;
        // 1970-01-01 was a Thursday.
        let of_week = (minutes + 3 * 1440).rem_euclid(7 * 1440);
        self.cases.push(number);
        self.opened.push(Some(incident.opened));
        self.used.push(Some(used));
        self.since.push(Some(since));
        self.ended.push(Some(ended));
        self.breached.push(ended.then_some(incident.breached));
        for (column, name) in self.groups.iter_mut().zip(GROUPS) {
            let cell = match name {
                "opened_hour" => Some((of_week / 60).to_string()),
                "ident_state" if fresh => Some("New".to_owned()),
                _ => Some(cells[self.log.columns[name]].to_owned()).filter(|cell| cell != "?"),
            };
            column.push(cell);
        }
        for (column, name) in self.numbers.iter_mut().zip(NUMBERS) {
            column.push(match name {
                "opened_minute_of_week" => Some(of_week as f64),
                _ if fresh => Some(0.0),
                _ => cells[self.log.columns[name]].parse().ok(),
            });
        }
    }

    fn table(self) -> Table {
        let n = self.cases.len();
        let mut columns = vec![
            ("case", Column::Text(self.cases.into_iter().collect())),
            ("opened", Column::Time(self.opened)),
            ("target_s", Column::Float(vec![Some(TARGET_S); n])),
            ("used_s", Column::Float(self.used)),
            ("since_s", Column::Float(self.since)),
            ("ended", Column::Bool(self.ended)),
            ("breached", Column::Bool(self.breached)),
        ];
        for (name, cells) in GROUPS.iter().zip(&self.groups) {
            columns.push((name, Column::Text(cells.iter().map(|c| c.as_deref()).collect())));
        }
        for (name, cells) in NUMBERS.iter().zip(self.numbers) {
            columns.push((name, Column::Float(cells)));
        }
        Table::new(columns).unwrap()
    }
}

impl Log<'_> {
    fn elapsed(&self, from: Timestamp, to: Timestamp) -> f64 {
        self.calendar.elapsed(from, to).as_secs_f64()
    }

    /// The log as it stood at `cut`.
    fn history(&self, cut: Timestamp) -> Table {
        let mut rows = Rows::new(self);
        for (at, (_, incident)) in self.incidents.iter().enumerate() {
            if incident.opened >= cut {
                continue;
            }
            let ended = incident.closed < cut;
            let used = self.elapsed(incident.opened, incident.closed.min(cut));
            rows.push(at, 0, 0.0, used, ended, true);
            for (update, known) in incident.updates.iter().enumerate() {
                if known.at < cut {
                    let since = self.elapsed(incident.opened, known.at).min(used);
                    rows.push(at, update, since, used, ended, false);
                }
            }
        }
        rows.table()
    }

    /// Clocks opened in a period as they stand when `share` of the target is used, if still open,
    /// with what came of them.
    fn clocks(&self, from: Timestamp, to: Timestamp, share: f64) -> (Table, Vec<bool>) {
        let (mut rows, mut outcomes) = (Rows::new(self), Vec::new());
        let used = share * TARGET_S;
        for (at, (_, incident)) in self.incidents.iter().enumerate() {
            let total = self.elapsed(incident.opened, incident.closed);
            if incident.opened < from || incident.opened >= to || (share > 0.0 && total <= used) {
                continue;
            }
            let since = |update: &Update<'_>| self.elapsed(incident.opened, update.at);
            let known = incident.updates.partition_point(|update| since(update) <= used);
            match known {
                _ if share == 0.0 => rows.push(at, 0, 0.0, used, false, true),
                0 => rows.push(at, 0, 0.0, used, false, true),
                _ => {
                    let last = known - 1;
                    rows.push(at, last, since(&incident.updates[last]), used, false, false);
                }
            }
            outcomes.push(incident.breached);
        }
        (rows.table(), outcomes)
    }
}

fn definition() -> BreachForecastDefinition {
    BreachForecastDefinition {
        groups: GROUPS.map(String::from).to_vec(),
        numbers: NUMBERS.map(String::from).to_vec(),
        ..Default::default()
    }
}

/// Forecasts with what came of them: at the opening, and of running clocks.
#[derive(Default)]
struct Asked {
    opening: (Vec<f64>, Vec<bool>),
    running: (Vec<f64>, Vec<bool>),
}

/// Shares of the target at which running clocks are asked about; none of them is a landmark of the
/// definition, so that what lies between landmarks is judged.
const RUNNING: [f64; 6] = [0.07, 0.15, 0.25, 0.45, 0.65, 0.85];

impl Asked {
    /// Fits on the log as it stood at `cut` and asks about what was opened from then until `to`.
    fn ask(&mut self, log: &Log<'_>, cut: Timestamp, to: Timestamp) {
        let forecast = BreachForecast::fit(definition(), &log.history(cut), cut).unwrap();
        for share in [0.0].into_iter().chain(RUNNING) {
            let (clocks, happened) = log.clocks(cut, to, share);
            let side = if share == 0.0 { &mut self.opening } else { &mut self.running };
            side.0.extend(forecast.probabilities(&clocks).unwrap());
            side.1.extend(happened);
        }
    }

    fn curves(&self) -> [ReliabilityCurve; 2] {
        [&self.opening, &self.running].map(|(p, hits)| reliability_curve(p, hits, 10).unwrap())
    }

    fn print(&self, name: &str) {
        let curves = self.curves();
        for (side, (curve, (p, hits))) in
            ["opening", "running"].iter().zip(curves.iter().zip([&self.opening, &self.running]))
        {
            println!(
                "{name} {side}: {} forecasts, AUC {:.4}, Brier {:.4}, calibration error {:.4} ({:.4} in bins of equal mass)",
                curve.cases,
                curve.auc.unwrap(),
                curve.brier,
                curve.calibration_error,
                equal_mass(p, hits),
            );
        }
    }
}

/// The calibration error in ten bins with as many forecasts each.
fn equal_mass(p: &[f64], hits: &[bool]) -> f64 {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let bin = |bin: usize| &order[bin * p.len() / 10..(bin + 1) * p.len() / 10];
    let miss = |own: &[usize]| {
        own.iter().map(|&at| p[at] - f64::from(u8::from(hits[at]))).sum::<f64>().abs()
    };
    (0..10).map(|at| miss(bin(at))).sum::<f64>() / p.len() as f64
}

const WEEK: Duration = Duration::from_secs(7 * 86_400);

/// The published baseline split (group rate AUC 0.740; boosting 0.765, Brier 0.158): the 30 of 100
/// incidents that were opened last, 7,476 of them, 23.3 % breached. Each is forecast by the model of
/// its week, fitted on what was closed by then.
#[test]
fn forecasts_fitted_weekly_hold_on_the_last_thirty_percent() {
    let Some(text) = incident_log() else { return };
    let log = Log::read(&text);
    let mut asked = Asked::default();
    let mut cut = log.research_cut();
    // After the fifth week the log all but ends: 275 incidents in eight months.
    for week in 1..=6 {
        let to = if week == 6 { Timestamp::MAX } else { cut + WEEK };
        asked.ask(&log, cut, to);
        cut = to;
    }
    asked.print("weekly");
    let [opening, running] = asked.curves();
    assert_eq!(opening.cases, 7_476);
    assert!(opening.auc.unwrap() >= 0.80 && opening.brier <= 0.15, "{opening:?}");
    assert!(opening.calibration_error <= 0.03, "{opening:?}");
    assert!(running.auc.unwrap() >= 0.95 && running.brier <= 0.08, "{running:?}");
    assert!(running.calibration_error <= 0.03, "{running:?}");
}

/// One model for the two months after the split: the rate of breach moves away from it, so its
/// forecasts at the opening are held to the order and to Brier's score alone.
#[test]
fn forecasts_of_one_model_hold_on_the_last_thirty_percent() {
    let Some(text) = incident_log() else { return };
    let log = Log::read(&text);
    let mut asked = Asked::default();
    asked.ask(&log, log.research_cut(), Timestamp::MAX);
    asked.print("one model");
    let [opening, running] = asked.curves();
    assert_eq!(opening.cases, 7_476);
    assert!(opening.auc.unwrap() >= 0.80 && opening.brier <= 0.15, "{opening:?}");
    assert!(running.auc.unwrap() >= 0.95 && running.calibration_error <= 0.03, "{running:?}");
}

/// Models of other dates, each judged on the four weeks after it.
#[test]
fn forecasts_hold_whenever_they_are_fitted() {
    let Some(text) = incident_log() else { return };
    let log = Log::read(&text);
    for day in ["2016-04-11", "2016-04-18", "2016-04-25", "2016-05-09", "2016-05-16"] {
        let cut: Timestamp = format!("{day}T00:00:00Z").parse().unwrap();
        let mut asked = Asked::default();
        asked.ask(&log, cut, cut + Duration::from_secs(28 * 86_400));
        asked.print(day);
        let [opening, running] = asked.curves();
        assert!(opening.auc.unwrap() >= 0.80 && opening.brier <= 0.15, "{opening:?}");
        assert!(running.auc.unwrap() >= 0.95 && running.brier <= 0.08, "{running:?}");
        assert!(running.calibration_error <= 0.03, "{running:?}");
    }
}
