//! Which running clock will break? A model fitted on what the log said at a moment, asked about
//! the incidents opened after it, and held against what became of them.

use std::error::Error;

use itom_core::sla::{
    BreachForecast, BreachForecastDefinition, Calendar, ReliabilityCurve, reliability_curve,
};
use itom_core::table::{Column, Table};
use itom_core::{Duration, Timestamp};
use itom_examples::incidents::{Log, Row};
use itom_examples::page;

use super::history::Incident;

/// What names a group of incidents, and what is a number.
const GROUPS: [&str; 12] = [
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
];
const NUMBERS: [&str; 3] = ["reassignment_count", "sys_mod_count", "reopen_count"];
/// Shares of the target at which running clocks are looked at.
const RUNNING: [f64; 9] = [0.07, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85];
/// The share of the incidents, by opening, that is history.
const HISTORY: (usize, usize) = (7, 10);
/// Weeks after it that the log is full in.
const WEEKS: i64 = 6;

/// How good the forecasts of the months after the cut were.
pub(super) struct Forecasts {
    cut: Timestamp,
    fitted_on: u64,
    opening: ReliabilityCurve,
    /// At the opening too, each incident by the model of its week.
    weekly: ReliabilityCurve,
    running: ReliabilityCurve,
    by_share: Vec<(f64, ReliabilityCurve)>,
}

/// Rows of a table that the forecast reads, by column.
#[derive(Default)]
struct Rows {
    cases: Vec<String>,
    opened: Vec<Option<Timestamp>>,
    used: Vec<Option<f64>>,
    since: Vec<Option<f64>>,
    ended: Vec<Option<bool>>,
    breached: Vec<Option<bool>>,
    groups: [Vec<Option<String>>; GROUPS.len() + 1],
    numbers: [Vec<Option<f64>>; NUMBERS.len() + 1],
}

/// A moment in a clock's life.
struct Moment<'a> {
    incident: &'a Incident,
    /// The update that is known then; none before the first.
    update: Option<&'a Row>,
    first: &'a Row,
    since: f64,
    used: f64,
    ended: bool,
}

/// The log by incident, and the promise its clocks run on.
struct Desk<'a> {
    log: &'a Log,
    calendar: &'a Calendar,
    target_s: f64,
    /// An incident, and its updates with their instants.
    cases: Vec<(&'a Incident, Vec<(Timestamp, &'a Row)>)>,
}

/// Fits on the first seven tenths of the incidents and forecasts the others.
pub(super) fn forecasts(
    log: &Log,
    incidents: &[Incident],
    calendar: &Calendar,
    target: Duration,
) -> Result<Forecasts, Box<dyn Error>> {
    let desk = Desk::new(log, incidents, calendar, target)?;
    let mut opened: Vec<Timestamp> = incidents.iter().map(|incident| incident.opened).collect();
    opened.sort_unstable();
    let cut = opened[opened.len() * HISTORY.0 / HISTORY.1];
    let definition = BreachForecastDefinition {
        groups: GROUPS.iter().copied().chain(["opened_hour"]).map(str::to_owned).collect(),
        numbers: NUMBERS.iter().copied().chain(["opened_minute"]).map(str::to_owned).collect(),
        ..BreachForecastDefinition::default()
    };
    let weekly = weekly(&desk, &definition, cut)?;
    let model = BreachForecast::fit(definition, &desk.history(cut)?, cut)?;
    let (clocks, outcomes) = desk.clocks(cut, Timestamp::MAX, 0.0)?;
    let opening = reliability_curve(&model.probabilities(&clocks)?, &outcomes, 10)?;
    let (mut forecast, mut happened, mut by_share) = (Vec::new(), Vec::new(), Vec::new());
    for share in RUNNING {
        let (clocks, outcomes) = desk.clocks(cut, Timestamp::MAX, share)?;
        let own = model.probabilities(&clocks)?;
        by_share.push((share, reliability_curve(&own, &outcomes, 10)?));
        forecast.extend(own);
        happened.extend(outcomes);
    }
    let running = reliability_curve(&forecast, &happened, 10)?;
    Ok(Forecasts { cut, fitted_on: model.cases(), opening, weekly, running, by_share })
}

/// Fits anew at the start of each week, on what was closed by then, and asks about what is opened in
/// it; the last model is asked about the few incidents of the months after.
fn weekly(
    desk: &Desk<'_>,
    definition: &BreachForecastDefinition,
    cut: Timestamp,
) -> Result<ReliabilityCurve, Box<dyn Error>> {
    let (mut forecast, mut happened) = (Vec::new(), Vec::new());
    for week in 0..WEEKS {
        let from = cut + Duration::from_secs(week * 7 * 86_400);
        let to = match week + 1 {
            WEEKS => Timestamp::MAX,
            next => cut + Duration::from_secs(next * 7 * 86_400),
        };
        let (clocks, outcomes) = desk.clocks(from, to, 0.0)?;
        let model = BreachForecast::fit(definition.clone(), &desk.history(from)?, from)?;
        forecast.extend(model.probabilities(&clocks)?);
        happened.extend(outcomes);
    }
    Ok(reliability_curve(&forecast, &happened, 10)?)
}

impl<'a> Desk<'a> {
    fn new(
        log: &'a Log,
        incidents: &'a [Incident],
        calendar: &'a Calendar,
        target: Duration,
    ) -> Result<Desk<'a>, Box<dyn Error>> {
        let (number, updated) = (log.column("number")?, log.column("sys_updated_at")?);
        let mut rows = log.rows.iter().peekable();
        let mut cases = Vec::with_capacity(incidents.len());
        for incident in incidents {
            let mut updates: Vec<(Timestamp, &Row)> = Vec::new();
            while let Some(row) = rows.next_if(|row| row.text(number) == Some(&incident.number)) {
                let at = row.instant(updated).ok_or("an update without an instant")?;
                let before = updates.last().map_or(incident.opened, |update| update.0);
                updates.push((at.max(before), row));
            }
            cases.push((incident, updates));
        }
        Ok(Desk { log, calendar, target_s: target.as_nanos() as f64 / 1e9, cases })
    }

    fn elapsed(&self, from: Timestamp, to: Timestamp) -> f64 {
        self.calendar.elapsed(from, to).as_nanos() as f64 / 1e9
    }

    /// The log as it stood at `cut`: what was closed by then has its verdict, the rest still runs.
    fn history(&self, cut: Timestamp) -> Result<Table, Box<dyn Error>> {
        let mut rows = Rows::default();
        for (incident, updates) in self.cases.iter().filter(|case| case.0.opened < cut) {
            let ended = incident.closed < cut;
            let used = self.elapsed(incident.opened, incident.closed.min(cut));
            let first = updates[0].1;
            rows.push(self, &Moment { incident, update: None, first, since: 0.0, used, ended })?;
            for &(at, row) in updates.iter().filter(|update| update.0 < cut) {
                let (since, update) = (self.elapsed(incident.opened, at).min(used), Some(row));
                rows.push(self, &Moment { incident, update, first, since, used, ended })?;
            }
        }
        rows.table(self.target_s)
    }

    /// The clocks opened from `from` on and before `to` as they stand when a share of the target is
    /// used, those that still run, and what became of them.
    fn clocks(
        &self,
        from: Timestamp,
        to: Timestamp,
        share: f64,
    ) -> Result<(Table, Vec<bool>), Box<dyn Error>> {
        let (mut rows, mut outcomes) = (Rows::default(), Vec::new());
        let used = share * self.target_s;
        let opened = |incident: &Incident| (from..to).contains(&incident.opened);
        for (incident, updates) in self.cases.iter().filter(|case| opened(case.0)) {
            if share > 0.0 && self.elapsed(incident.opened, incident.closed) <= used {
                continue;
            }
            let since = |update: &(Timestamp, &Row)| self.elapsed(incident.opened, update.0);
            let known = if share > 0.0 { updates.partition_point(|u| since(u) <= used) } else { 0 };
            let last = known.checked_sub(1).map(|last| &updates[last]);
            rows.push(
                self,
                &Moment {
                    incident,
                    update: last.map(|update| update.1),
                    first: updates[0].1,
                    since: last.map_or(0.0, since),
                    used,
                    ended: false,
                },
            )?;
            outcomes.push(!incident.made);
        }
        Ok((rows.table(self.target_s)?, outcomes))
    }
}

impl Rows {
    fn push(&mut self, desk: &Desk<'_>, moment: &Moment<'_>) -> Result<(), String> {
        let Moment { incident, update, first, since, used, ended } = *moment;
        let minutes = incident.opened.as_nanos() / 60_000_000_000;
        // 1970 began on a Thursday.
        let of_week = (minutes + 3 * 1440).rem_euclid(7 * 1440);
        self.cases.push(incident.number.clone());
        self.opened.push(Some(incident.opened));
        self.used.push(Some(used));
        self.since.push(Some(since));
        self.ended.push(Some(ended));
        self.breached.push(ended.then_some(!incident.made));
        for (column, name) in self.groups.iter_mut().zip(GROUPS) {
            let place = desk.log.column(name)?;
            let cell = match update {
                None if name == "ident_state" => Some("New"),
                _ => update.unwrap_or(first).text(place),
            };
            column.push(cell.map(str::to_owned));
        }
        self.groups[GROUPS.len()].push(Some((of_week / 60).to_string()));
        for (column, name) in self.numbers.iter_mut().zip(NUMBERS) {
            let place = desk.log.column(name)?;
            // Before the first update nothing was counted yet.
            column.push(match update {
                None => Some(0.0),
                Some(row) => row.text(place).and_then(|cell| cell.parse().ok()),
            });
        }
        self.numbers[NUMBERS.len()].push(Some(of_week as f64));
        Ok(())
    }

    fn table(self, target_s: f64) -> Result<Table, Box<dyn Error>> {
        let rows = self.cases.len();
        let mut columns = vec![
            ("case", Column::Text(self.cases.iter().map(|case| Some(case.as_str())).collect())),
            ("opened", Column::Time(self.opened)),
            ("target_s", Column::Float(vec![Some(target_s); rows])),
            ("used_s", Column::Float(self.used)),
            ("since_s", Column::Float(self.since)),
            ("ended", Column::Bool(self.ended)),
            ("breached", Column::Bool(self.breached)),
        ];
        for (name, cells) in GROUPS.iter().chain(&["opened_hour"]).zip(&self.groups) {
            columns.push((name, Column::Text(cells.iter().map(|cell| cell.as_deref()).collect())));
        }
        for (name, cells) in NUMBERS.iter().chain(&["opened_minute"]).zip(self.numbers) {
            columns.push((name, Column::Float(cells)));
        }
        Ok(Table::new(columns)?)
    }
}

fn auc(curve: &ReliabilityCurve) -> String {
    curve.auc.map_or("-".to_owned(), |auc| format!("{auc:.3}"))
}

impl Forecasts {
    pub(super) fn print(&self) {
        println!(
            "\nFORECAST (fitted on {} incidents as the log stood on {}; asked about those opened later)",
            self.fitted_on,
            &self.cut.to_string()[..10]
        );
        let line = |name: &str, curve: &ReliabilityCurve| {
            println!(
                "  {name:<22} {:>6} clocks  AUC {}  Brier {:.3}  calibration error {:.3}",
                curve.cases,
                auc(curve),
                curve.brier,
                curve.calibration_error
            );
        };
        line("at opening", &self.opening);
        line("  fitted weekly", &self.weekly);
        for (share, curve) in &self.by_share {
            line(&format!("{:.0} % of target used", 100.0 * share), curve);
        }
        line("running, all of these", &self.running);
    }

    /// The one figure.
    pub(super) fn figure(&self) -> String {
        format!("AUC {}", auc(&self.running))
    }

    pub(super) fn remark(&self) -> String {
        format!(
            "of running clocks, Brier {:.3}, calibration error {:.3}",
            self.running.brier, self.running.calibration_error
        )
    }

    pub(super) fn section(&self) -> String {
        let points = |curve: &ReliabilityCurve| -> Vec<(f64, f64, u64)> {
            curve
                .bins
                .iter()
                .filter_map(|bin| Some((bin.forecast?, bin.observed?, bin.cases)))
                .collect()
        };
        let (weekly, running) = (points(&self.weekly), points(&self.running));
        let curve =
            page::reliability("Forecast and observed", &[("second", &weekly), ("first", &running)]);
        let legend = page::legend(&[
            ("first", "running clocks".to_owned()),
            ("second", "at opening, fitted weekly".to_owned()),
        ]);
        let row = |name: String, curve: &ReliabilityCurve| {
            let figures =
                [curve.brier, curve.calibration_error].map(|figure| format!("{figure:.3}"));
            let [brier, error] = figures;
            vec![name, curve.cases.to_string(), auc(curve), brier, error]
        };
        let mut rows = vec![
            row("at opening".to_owned(), &self.opening),
            row("at opening, fitted weekly".to_owned(), &self.weekly),
        ];
        let running = self.by_share.iter();
        rows.extend(running.map(|(share, own)| row(format!("{:.0} % used", 100.0 * share), own)));
        rows.push(row("all running".to_owned(), &self.running));
        let head = ["", "clocks", "AUC", "Brier", "calibration error"];
        let lead = format!(
            "Fitted on {} incidents as the log stood on {}, asked about those opened later: at opening, and while they ran. \
             A forecast is good when what was said to break in x of 100 cases did so in x of 100: on the dashed line.",
            self.fitted_on,
            &self.cut.to_string()[..10]
        );
        let pair = page::pair(&(curve + &legend), &page::table(&head, &rows));
        page::section("Breach forecast", &lead, &[pair])
    }
}
