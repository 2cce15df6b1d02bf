//! A report for a terminal: at most [`COLUMNS`] columns, with or without colour.
//!
//! What is said by colour is said by words or marks as well. Names are cleaned before they are
//! shown, so that none can move the cursor.

use std::collections::BTreeMap;

use super::html::headline;
use super::label::{clean, padded, shortened, width, wrapped};
use super::panel::{Point, points};
use super::{
    Panel, Report, ReportAlert, ReportCause, ReportClock, ReportObjective, Role, agreement, atlas,
    funnel, numbers,
};
use crate::Timestamp;

const COLUMNS: usize = 100;
const INDENT: usize = 2;
const BAR: usize = 32;
const SPARKS: usize = 48;
const MOST: usize = 12;
const MOST_ALERTS: usize = 40;

/// How a piece of text is set off.
#[derive(Clone, Copy)]
enum Tone {
    Plain,
    Strong,
    Quiet,
    Cause,
    Symptom,
    Alerting,
}

impl Tone {
    fn of(role: Role) -> Tone {
        match role {
            Role::Cause => Tone::Cause,
            Role::Symptom => Tone::Symptom,
            Role::Alerting => Tone::Alerting,
            Role::Impacted | Role::Healthy => Tone::Plain,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Tone::Plain => "",
            Tone::Strong => "1",
            Tone::Quiet => "2",
            Tone::Cause => "1;31",
            Tone::Symptom => "1;35",
            Tone::Alerting => "33",
        }
    }
}

/// A role's mark, the same shapes as on the map.
fn mark(role: Role) -> &'static str {
    match role {
        Role::Cause => "◆",
        Role::Symptom => "▲",
        Role::Alerting => "●",
        Role::Impacted => "○",
        Role::Healthy => "·",
    }
}

/// The page under construction.
struct Page {
    text: String,
    colour: bool,
}

impl Page {
    fn paint(&self, tone: Tone, text: &str) -> String {
        match (self.colour, tone.code()) {
            (false, _) | (true, "") => text.to_owned(),
            (true, code) => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text.trim_end());
        self.text.push('\n');
    }

    fn heading(&mut self, title: &str) {
        let rule = "─".repeat(COLUMNS.saturating_sub(width(title) + 1));
        let (title, rule) = (self.paint(Tone::Strong, title), self.paint(Tone::Quiet, &rule));
        self.line("");
        self.line(&format!("{title} {rule}"));
    }

    /// A paragraph; the first line starts with `lead`, the others are indented as far.
    fn paragraph(&mut self, lead: &str, tone: Tone, text: &str) {
        let indent = INDENT + width(lead);
        let mut lead = format!("{}{lead}", " ".repeat(INDENT));
        for line in wrapped(text, COLUMNS - indent) {
            let line = self.paint(tone, &line);
            self.line(&format!("{lead}{line}"));
            lead = " ".repeat(indent);
        }
    }

    fn rest(&mut self, total: usize, shown: usize, one: &str, many: &str) {
        if total > shown {
            let rest = numbers::counted((total - shown) as u64, one, many);
            self.paragraph("", Tone::Quiet, &format!("{rest} more not shown"));
        }
    }
}

impl Report {
    /// The report for a terminal, at most 100 columns wide; `colour` adds ANSI colours. The same
    /// report gives the same text.
    ///
    /// ```
    /// use itom_core::operations::Report;
    ///
    /// let report = Report { name: "Shop\u{1b}[2J".into(), ..Report::default() };
    /// let text = report.to_text(false);
    /// assert!(text.starts_with("Shop"));
    /// assert!(!text.contains('\u{1b}'), "a name cannot clear the screen");
    /// ```
    pub fn to_text(&self, colour: bool) -> String {
        let mut page = Page { text: String::new(), colour };
        let roles = atlas::roles(&self.map);
        head(&mut page, self);
        causes(&mut page, self);
        services(&mut page, self);
        promises(&mut page, self);
        alerts(&mut page, self, &roles);
        metrics(&mut page, self, &roles);
        page.text
    }
}

fn head(page: &mut Page, report: &Report) {
    let state = if report.resolved_at.is_some() { "resolved" } else { &report.state };
    let line = format!(
        "{} · incident {} · {} · {}",
        shortened(&report.name, 30),
        shortened(&report.incident, 30),
        shortened(state, 12),
        numbers::severity(report.severity)
    );
    let line = page.paint(Tone::Quiet, &line);
    page.line(&line);
    for line in wrapped(&headline(report), COLUMNS) {
        let line = page.paint(Tone::Symptom, &line);
        page.line(&line);
    }
    if let Some(cause) = report.causes.first() {
        let item = shortened(&cause.item, COLUMNS - 30);
        let item = page.paint(Tone::Cause, &format!("{} {item}", mark(Role::Cause)));
        page.line(&format!("likely caused by {item} (score {})", numbers::score(cause.score)));
    }
    let (verb, until) = match report.resolved_at {
        Some(at) => ("lasted", format!(" until {}", numbers::instant(at))),
        None => ("lasting", String::new()),
    };
    let since = numbers::instant(report.started_at);
    page.line(&format!(
        "since {since}{until}, {verb} {}; as of {}",
        numbers::duration(report.lasting()),
        numbers::instant(report.at)
    ));
    if !report.summary.is_empty() {
        page.line("");
    }
    for sentence in report.summary.iter().take(MOST) {
        page.paragraph("", Tone::Plain, sentence);
    }
    page.rest(report.summary.len(), MOST, "sentence", "sentences");
    page.line("");
    let stages = funnel::stages(&report.funnel);
    let stages = stages.map(|(count, one, many)| numbers::counted(count, one, many));
    page.paragraph("", Tone::Strong, &stages.join("  →  "));
    let legend = [Role::Cause, Role::Symptom, Role::Alerting, Role::Impacted].map(mark);
    let words = ["likely cause", "symptom", "has an alert", "expected to be hit"];
    let legend: Vec<String> =
        legend.iter().zip(words).map(|(mark, word)| format!("{mark} {word}")).collect();
    page.paragraph("", Tone::Quiet, &legend.join("   "));
}

fn causes(page: &mut Page, report: &Report) {
    page.heading("Likely causes");
    if report.causes.is_empty() {
        page.paragraph("", Tone::Plain, "No candidate explains the symptom.");
    }
    for (index, cause) in report.causes.iter().take(MOST).enumerate() {
        one_cause(page, cause, index);
    }
    page.rest(report.causes.len(), MOST, "candidate", "candidates");
}

fn one_cause(page: &mut Page, cause: &ReportCause, index: usize) {
    let tone = if index == 0 { Tone::Cause } else { Tone::Strong };
    let item = padded(&cause.item, 58);
    let class = page.paint(Tone::Quiet, &padded(&cause.class, 16));
    let item = page.paint(tone, &item);
    let score = numbers::score(cause.score);
    page.line(&format!("  {}. {item} {class} {score:>9}", index + 1));
    for evidence in cause.evidence.iter().take(MOST) {
        page.paragraph("   - ", Tone::Plain, evidence);
    }
    page.rest(cause.evidence.len(), MOST, "reason", "reasons");
    if cause.path.len() > 1 {
        let room = if cause.path.len() > 3 { 26 } else { 36 };
        let steps: Vec<String> = cause
            .path
            .iter()
            .take(MOST)
            .map(|item| shortened(item, room).replace(' ', "\u{a0}"))
            .collect();
        let rest = match cause.path.len().saturating_sub(MOST) {
            0 => String::new(),
            more => format!(" → {more} more"),
        };
        page.paragraph("   ", Tone::Quiet, &format!("{}{rest}", steps.join(" → ")));
    }
}

fn services(page: &mut Page, report: &Report) {
    page.heading("Services hit");
    if report.services.is_empty() {
        page.paragraph("", Tone::Plain, "None.");
    }
    let most = 2 * MOST;
    for service in report.services.iter().take(most) {
        let (sign, seen) = match service.observed {
            true => (page.paint(Tone::Alerting, mark(Role::Alerting)), "observed"),
            false => (mark(Role::Impacted).to_owned(), "expected"),
        };
        let (item, class) = (padded(&service.item, 54), padded(&service.class, 16));
        let class = page.paint(Tone::Quiet, &class);
        let impact = match service.impact.as_str() {
            "" => padded(numbers::NOTHING, 10),
            impact => padded(&impact.replace('_', " "), 10),
        };
        page.line(&format!("  {sign} {item} {class} {impact} {seen}"));
    }
    page.rest(report.services.len(), most, "service", "services");
}

/// A bar of `BAR` cells, `share` of it full.
fn bar(share: f64) -> (String, String) {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let mut full = (share * BAR as f64).round() as usize;
    if share > 0.0 {
        full = full.max(1);
    }
    ("█".repeat(full), "░".repeat(BAR - full))
}

fn promises(page: &mut Page, report: &Report) {
    if !report.clocks.is_empty() {
        page.heading("Agreements");
    }
    for clock in report.clocks.iter().take(MOST) {
        one_clock(page, clock, report.at);
    }
    page.rest(report.clocks.len(), MOST, "clock", "clocks");
    if !report.objectives.is_empty() {
        page.heading("Service levels");
    }
    for objective in report.objectives.iter().take(MOST) {
        one_objective(page, objective);
    }
    page.rest(report.objectives.len(), MOST, "objective", "objectives");
}

fn one_clock(page: &mut Page, clock: &ReportClock, at: Timestamp) {
    let (full, empty) = bar(agreement::used(clock));
    let tone = if clock.breached { Tone::Cause } else { Tone::Symptom };
    let (full, empty) = (page.paint(tone, &full), page.paint(Tone::Quiet, &empty));
    let name = padded(&clock.agreement, 30);
    let name = page.paint(Tone::Strong, &name);
    page.line(&format!("  {name} {full}{empty} {}", agreement::left(clock)));
    let breach = match (clock.breached, clock.breach_at) {
        (true, Some(at)) => format!(", breached {}", numbers::instant(at)),
        (true, None) => ", breached".to_owned(),
        (false, Some(at)) => format!(", breach at {}", numbers::instant(at)),
        (false, None) => String::new(),
    };
    let text = format!(
        "{} of {} used, {}{}{breach}",
        numbers::duration(clock.elapsed),
        numbers::duration(clock.target),
        clock.state,
        agreement::outside_hours(clock, at)
    );
    page.paragraph(&" ".repeat(31), Tone::Plain, &text);
}

fn one_objective(page: &mut Page, objective: &ReportObjective) {
    let left = objective.budget_left;
    let (full, empty) = bar(left.unwrap_or(0.0));
    let (full, empty) = (page.paint(Tone::Symptom, &full), page.paint(Tone::Quiet, &empty));
    let share = left.map_or(numbers::NOTHING.to_owned(), numbers::share);
    let name = padded(&objective.name, 30);
    let name = page.paint(Tone::Strong, &name);
    page.line(&format!("  {name} {full}{empty} {share} of budget left"));
    let attained = objective.attained.map_or(numbers::NOTHING.to_owned(), numbers::share);
    let gone = objective
        .exhausted_at
        .map(|at| format!("; gone at {} at this rate", numbers::instant(at)))
        .unwrap_or_default();
    let text = format!(
        "{}: {attained} good of {} within {}{gone}",
        shortened(&objective.item, 40),
        objective.target,
        numbers::duration(objective.window)
    );
    page.paragraph(&" ".repeat(31), Tone::Plain, &text);
    for burn in objective.burn_rates.iter().take(MOST) {
        let rate = burn.rate.map_or(numbers::NOTHING.to_owned(), numbers::rate);
        let over = burn.rate.is_some_and(|rate| rate > burn.threshold);
        let (tone, sign) = if over { (Tone::Cause, " !") } else { (Tone::Plain, "") };
        let text = format!(
            "burns {rate} over {}, alarm above {}{sign}",
            numbers::duration(burn.over),
            numbers::rate(burn.threshold)
        );
        page.paragraph(&" ".repeat(31), tone, &text);
    }
}

fn alerts(page: &mut Page, report: &Report, roles: &BTreeMap<&str, Role>) {
    if report.alerts.is_empty() {
        return;
    }
    page.heading("Alerts in the order of joining");
    let mut last_day = String::new();
    for alert in report.alerts.iter().take(MOST_ALERTS) {
        let day = numbers::day(alert.first_seen);
        if day != last_day {
            let day = page.paint(Tone::Quiet, &day);
            page.line(&format!("  {day}"));
        }
        last_day = day;
        one_alert(page, alert, roles.get(alert.item.as_str()).copied().unwrap_or(Role::Alerting));
    }
    page.rest(report.alerts.len(), MOST_ALERTS, "alert", "alerts");
}

fn one_alert(page: &mut Page, alert: &ReportAlert, role: Role) {
    let until = match alert.resolved_at {
        Some(at) => format!("to {}", numbers::minute(at)),
        None => "open".to_owned(),
    };
    let item = page.paint(Tone::of(role), &padded(&alert.item, 42));
    let name = padded(&alert.name, 22);
    page.line(&format!(
        "  {} {} {item} {name} {until:<8} {:>5}×",
        numbers::minute(alert.first_seen),
        page.paint(Tone::of(role), mark(role)),
        numbers::count(alert.count)
    ));
    page.paragraph("        ", Tone::Quiet, &alert.because);
}

fn metrics(page: &mut Page, report: &Report, roles: &BTreeMap<&str, Role>) {
    if report.panels.is_empty() {
        return;
    }
    page.heading("Metrics");
    for panel in report.panels.iter().take(MOST) {
        let role = roles.get(panel.item.as_str()).copied().unwrap_or(Role::Alerting);
        one_metric(page, report, panel, role);
    }
    page.rest(report.panels.len(), MOST, "metric", "metrics");
}

fn one_metric(page: &mut Page, report: &Report, panel: &Panel, role: Role) {
    let points = points(panel);
    let item = page.paint(Tone::of(role), &format!("{} {}", mark(role), padded(&panel.item, 40)));
    let values = || points.iter().filter_map(|point| point.value);
    let (low, high) = values().fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(v), b.max(v)));
    let range = match low <= high {
        true => format!(
            "{} to {}",
            numbers::quantity(low, &panel.unit),
            numbers::quantity(high, &panel.unit)
        ),
        false => "no values".to_owned(),
    };
    let metric = padded(&panel.metric, 28);
    page.line(&format!("  {item} {metric} {}", shortened(&range, 26)));
    if low > high {
        return;
    }
    let (sparks, marks) = sparkline(&points, low, high, report.started_at);
    let from = points.first().map_or(String::new(), |point| numbers::minute(point.at));
    let to = points.last().map_or(String::new(), |point| numbers::minute(point.at));
    page.line(&format!("    {from} {} {to}", sparks));
    if marks.contains('^') || marks.contains('|') {
        let marks = page.paint(Tone::of(role), marks.trim_end());
        page.line(&format!("          {marks}"));
    }
    if let Some(reason) = &panel.reason {
        page.paragraph("  ", Tone::Quiet, &clean(reason));
    }
}

/// Values in blocks of eight heights, and beneath them `^` where a value was anomalous, `|` where
/// the incident starts. A cell shows its most extreme value, the anomalous ones first.
fn sparkline(points: &[Point], low: f64, high: f64, start: Timestamp) -> (String, String) {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let cells = points.len().clamp(1, SPARKS);
    let (mut sparks, mut marks) = (String::new(), String::new());
    let mut values: Vec<f64> = points.iter().filter_map(|point| point.value).collect();
    values.sort_unstable_by(f64::total_cmp);
    let usual = values.get(values.len() / 2).copied().unwrap_or(low);
    let mut before = false;
    for cell in 0..cells {
        let chunk = &points[cell * points.len() / cells..(cell + 1) * points.len() / cells];
        let odd = chunk.iter().filter(|point| point.anomalous && point.value.is_some());
        let odd: Vec<f64> = odd.filter_map(|point| point.value).collect();
        let all: Vec<f64> = chunk.iter().filter_map(|point| point.value).collect();
        let shown = if odd.is_empty() { &all } else { &odd };
        // The oddest of the cell: a dip shows as well as a spike.
        let odder = |a: f64, b: f64| if (b - usual).abs() > (a - usual).abs() { b } else { a };
        let value = shown.iter().copied().reduce(odder);
        sparks.push(value.map_or(' ', |value| {
            let share = (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
            let share = if share.is_finite() { share } else { 0.0 };
            BLOCKS[((share * 7.0).round() as usize).min(7)]
        }));
        let started = chunk.last().is_some_and(|point| point.at >= start);
        let first = points.first().is_some_and(|point| point.at <= start);
        marks.push(match (odd.is_empty(), started && !before && first) {
            (false, _) => '^',
            (true, true) => '|',
            _ => ' ',
        });
        before |= started;
    }
    (sparks, marks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sparklines_mark_what_was_anomalous() {
        let at = |second| Timestamp::from_secs(second);
        let panel = Panel {
            item: "a".into(),
            metric: "latency".into(),
            unit: "s".into(),
            timestamps: (0..6).map(at).collect(),
            values: vec![Some(0.0), Some(1.0), None, Some(f64::NAN), Some(7.0), Some(0.0)],
            lower: vec![None; 6],
            upper: vec![None; 6],
            anomalous: vec![false, false, true, false, true, false],
            reason: None,
        };
        let (sparks, marks) = sparkline(&points(&panel), 0.0, 7.0, at(3));
        assert_eq!(sparks, "▁▂  █▁");
        assert_eq!(marks, "   |^ ");
    }

    #[test]
    fn bars_are_never_empty_by_rounding_alone() {
        assert_eq!(bar(0.001).0, "█");
        assert_eq!(bar(f64::NAN).0, "");
        assert_eq!(width(&bar(2.0).0), BAR);
    }
}
