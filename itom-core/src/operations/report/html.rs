//! A report as one HTML page that stands alone: styles and pictures inside, no script, no network.
//!
//! Light and dark follow the reader's setting, print is always light. Every text of the data is
//! escaped and cleaned. What is left out for room is said where it is left out.

use std::collections::BTreeMap;

use super::label::{Escaped, shortened};
use super::{
    Report, ReportAlert, ReportCause, ReportClock, Role, agreement, atlas, funnel, numbers,
    objective, panel, timeline,
};
use crate::Duration;

const STYLE: &str = include_str!("style.css");
const MOST_ALERTS: usize = 200;
const MOST_CAUSES: usize = 10;
const MOST_SERVICES: usize = 60;
const MOST_SENTENCES: usize = 12;
const MOST_STEPS: usize = 24;

impl Report {
    /// The report as one self-contained HTML page with inline pictures: no script, no network,
    /// light and dark. The same report gives the same bytes.
    ///
    /// At most 60 items, 12 metrics and 200 alerts are shown; the page says what is left out. Names
    /// are shown as text whatever they contain. An empty report is a page as well.
    ///
    /// ```
    /// use itom_core::operations::Report;
    ///
    /// let report = Report { name: "Shop <live>".into(), ..Report::default() };
    /// let page = report.to_html();
    /// assert!(page.starts_with("<!doctype html>"));
    /// assert!(page.contains("Shop &lt;live&gt;"));
    /// ```
    pub fn to_html(&self) -> String {
        let roles = atlas::roles(&self.map);
        let title = format!("{} · {}", headline(self), self.name);
        let parts = [
            head(self),
            funnel_section(self),
            map_section(self),
            causes_section(self),
            panels_section(self, &roles),
            timeline_section(self, &roles),
            promises_section(self),
        ];
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n\
             <style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{}\
             <footer>{} · incident {} · as of {} · drawn by itom</footer>\n\
             </main>\n</body>\n</html>\n",
            Escaped(&title),
            parts.concat(),
            Escaped(&self.name),
            Escaped(&self.incident),
            numbers::instant(self.at)
        )
    }

    /// The items of a role on the map.
    pub(super) fn items_of(&self, role: Role) -> impl Iterator<Item = &str> {
        self.map.nodes.iter().filter(move |node| node.role == role).map(|node| node.id.as_str())
    }

    /// How long the incident lasts, or lasted.
    pub(super) fn lasting(&self) -> Duration {
        let lasting = self.resolved_at.unwrap_or(self.at) - self.started_at;
        if lasting.is_negative() { Duration::ZERO } else { lasting }
    }
}

/// What is wrong, in a few words: where it shows and how.
pub(super) fn headline(report: &Report) -> String {
    let Some(symptom) = report.items_of(Role::Symptom).next() else {
        return match report.alerts.first() {
            Some(alert) => format!("{}: {}", shortened(&alert.item, 60), alert.name),
            None => format!("Incident {}", report.incident),
        };
    };
    match report.condition.as_str() {
        "" => shortened(symptom, 60),
        condition => format!("{}: {}", shortened(symptom, 60), shortened(condition, 60)),
    }
}

fn head(report: &Report) -> String {
    let state = if report.resolved_at.is_some() { "resolved" } else { &report.state };
    let mut html = format!(
        "<header>\n<p class=\"eyebrow\">{} <span>incident {}</span> \
         <span class=\"pill {}\">{}</span></p>\n<h1>{}</h1>\n",
        Escaped(&report.name),
        Escaped(&report.incident),
        if state == "resolved" { "resolved" } else { "open" },
        Escaped(state),
        Escaped(&headline(report))
    );
    if let Some(cause) = report.causes.first() {
        html.push_str(&format!(
            "<p class=\"cause-line\">{}likely caused by <b>{}</b></p>\n",
            atlas::icon(Role::Cause),
            Escaped(&cause.item)
        ));
    }
    let sentences = report.summary.iter().take(MOST_SENTENCES);
    let text: Vec<String> =
        sentences.map(|sentence| format!("<li>{}</li>\n", Escaped(sentence))).collect();
    if !text.is_empty() {
        html.push_str(&format!("<ul class=\"summary\">\n{}</ul>\n", text.concat()));
    }
    html.push_str(&left_out(report.summary.len(), MOST_SENTENCES, "sentence", "sentences"));
    html.push_str(&facts(report));
    html + "</header>\n"
}

/// The key figures.
fn facts(report: &Report) -> String {
    let mut facts: Vec<(&str, &str, String, String)> = vec![(
        "",
        if report.resolved_at.is_some() { "Lasted" } else { "Lasting" },
        numbers::duration(report.lasting()),
        format!("since {}", numbers::instant(report.started_at)),
    )];
    if let Some(cause) = report.causes.first() {
        let also = match report.causes.len() {
            1 => "the only candidate".to_owned(),
            many => format!("best of {many} candidates; 1 at most, not a probability"),
        };
        facts.push(("cause", "Score of the cause", numbers::score(cause.score), also));
    }
    let observed = report.services.iter().filter(|service| service.observed).count();
    facts.push((
        "symptom",
        "Services hit",
        numbers::count(report.services.len() as u64),
        format!("{observed} observed, {} expected", report.services.len() - observed),
    ));
    let tightest = report.objectives.iter().filter(|objective| objective.budget_left.is_some());
    let left = |budget: Option<f64>| budget.unwrap_or(f64::INFINITY);
    if let Some(objective) =
        tightest.min_by(|a, b| left(a.budget_left).total_cmp(&left(b.budget_left)))
    {
        let share = numbers::share(left(objective.budget_left));
        facts.push(("harm", "Error budget left", share, shortened(&objective.name, 34)));
    }
    let breach = |clock: &&ReportClock| clock.breach_at.filter(|_| !clock.breached);
    let next = report.clocks.iter().filter(|clock| breach(clock).is_some()).min_by_key(breach);
    let worst = report.clocks.iter().filter(|clock| clock.breached).min_by_key(|c| c.remaining);
    if let Some(clock) = worst {
        let over = numbers::duration(-clock.remaining);
        facts.push(("harm", "Agreement breached by", over, shortened(&clock.agreement, 34)));
    } else if let Some((clock, at)) = next.and_then(|clock| Some((clock, clock.breach_at?))) {
        let left = numbers::duration(at - report.at);
        facts.push(("harm", "Time to breach", left, shortened(&clock.agreement, 34)));
    }
    let mut html = String::from("<dl class=\"facts\">\n");
    for (class, label, number, note) in facts {
        html.push_str(&format!(
            "<div class=\"{class}\"><dt>{label}</dt><dd><b>{number}</b><span>{}</span></dd></div>\n",
            Escaped(&note)
        ));
    }
    html + "</dl>\n"
}

/// A dash where there is nothing to say.
fn or_nothing(text: &str) -> String {
    if text.is_empty() { numbers::NOTHING.to_owned() } else { text.to_owned() }
}

fn section(id: &str, title: &str, lead: &str, body: &str) -> String {
    format!(
        "<section id=\"{id}\">\n<h2>{title}</h2>\n<p class=\"lead\">{lead}</p>\n{body}</section>\n"
    )
}

/// A sentence saying how much is not shown, if anything is not.
fn left_out(total: usize, shown: usize, one: &str, many: &str) -> String {
    match total.saturating_sub(shown) as u64 {
        0 => String::new(),
        rest => {
            format!(
                "<p class=\"quiet\">{} more not shown.</p>\n",
                numbers::counted(rest, one, many)
            )
        }
    }
}

fn funnel_section(report: &Report) -> String {
    let counts = &report.funnel;
    let lead = format!(
        "{} became {}; this one holds {} of {}.",
        numbers::counted(counts.observations, "observation", "observations"),
        numbers::counted(counts.incidents, "incident", "incidents"),
        numbers::count(report.alerts.len() as u64),
        numbers::counted(counts.alerts, "alert", "alerts")
    );
    let picture = format!("<div class=\"wide\">{}</div>\n", funnel::draw(counts));
    section("funnel", "From observations to incidents", &lead, &picture)
}

fn map_section(report: &Report) -> String {
    if report.map.nodes.is_empty() {
        return section("map", "Service map", "No topology is known for this incident.", "");
    }
    let atlas::Atlas { picture, hidden, hidden_edges, deep } = atlas::draw(report);
    let deep = if deep { " deep" } else { "" };
    let mut body = format!("<div class=\"wide map{deep}\">{picture}</div>\n{}", atlas::legend());
    let mut notes = Vec::new();
    if hidden as u64 + report.map.left_out > 0 {
        let rest = numbers::counted(hidden as u64 + report.map.left_out, "item", "items");
        notes.push(format!("{rest} of the topology left out."));
    }
    if hidden_edges > 0 {
        let rest = numbers::counted(hidden_edges as u64, "dependency", "dependencies");
        notes.push(format!("{rest} between the items shown left out."));
    }
    if !notes.is_empty() {
        body.push_str(&format!("<p class=\"quiet\">{}</p>\n", notes.join(" ")));
    }
    let lead = "Consumers stand left, what they depend on to their right: harm travels from right \
                to left.";
    section("map", "Service map", lead, &body)
}

fn causes_section(report: &Report) -> String {
    let mut list = String::new();
    for cause in report.causes.iter().take(MOST_CAUSES) {
        list.push_str(&one_cause(cause));
    }
    let causes = match report.causes.len() {
        0 => "<p>No candidate explains the symptom.</p>\n".to_owned(),
        _ => format!("<ol class=\"causes\">\n{list}</ol>\n"),
    };
    let causes = causes + &left_out(report.causes.len(), MOST_CAUSES, "candidate", "candidates");
    let mut rows = String::new();
    for service in report.services.iter().take(MOST_SERVICES) {
        let (mark, word) = match service.observed {
            true => (atlas::icon(Role::Alerting), "observed"),
            false => (atlas::icon(Role::Impacted), "expected"),
        };
        rows.push_str(&format!(
            "<tr><th scope=\"row\" title=\"{}\">{}</th><td>{}</td><td>{}</td><td>{mark}{word}</td>\
             </tr>\n",
            Escaped(&service.item),
            Escaped(&shortened(&service.item, 36)),
            Escaped(&service.class),
            Escaped(&or_nothing(&service.impact.replace('_', " ")))
        ));
    }
    let services = match report.services.len() {
        0 => "<p>No service is hit.</p>\n".to_owned(),
        _ => format!(
            "<table>\n<thead><tr><th scope=\"col\">Item</th><th scope=\"col\">Class</th>\
             <th scope=\"col\">If the cause fails</th><th scope=\"col\">Seen</th></tr></thead>\n\
             <tbody>\n{rows}</tbody></table>\n"
        ),
    };
    let services =
        services + &left_out(report.services.len(), MOST_SERVICES, "service", "services");
    format!(
        "<div class=\"columns\">\n{}{}</div>\n",
        section("causes", "Likely causes", "Best first, each with its evidence.", &causes),
        section(
            "services",
            "Services hit",
            "Observed by an alert, or expected from the topology.",
            &services
        )
    )
}

fn one_cause(cause: &ReportCause) -> String {
    let share = if cause.score.is_finite() { cause.score.clamp(0.0, 1.0) } else { 0.0 };
    let evidence: Vec<String> = cause
        .evidence
        .iter()
        .take(MOST_SENTENCES)
        .map(|sentence| format!("<li>{}</li>\n", Escaped(sentence)))
        .collect();
    let steps: Vec<String> = cause
        .path
        .iter()
        .take(MOST_STEPS)
        .map(|item| {
            format!("<span title=\"{}\">{}</span>", Escaped(item), Escaped(&shortened(item, 34)))
        })
        .collect();
    let rest = match cause.path.len().saturating_sub(MOST_STEPS) {
        0 => String::new(),
        more => format!(" → {more} more"),
    };
    let path = match cause.path.len() {
        0 | 1 => String::new(),
        _ => format!("<p class=\"path-words\">{}{rest}</p>\n", steps.join(" → ")),
    };
    format!(
        "<li><div class=\"score\"><b>{}</b><span class=\"quiet\">{}</span><span>{}</span></div>\n\
         <svg class=\"meter\" viewBox=\"0 0 100 4\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <rect class=\"track-bar\" width=\"100\" height=\"4\"/><rect class=\"filled\" \
         width=\"{}\" height=\"4\"/></svg>\n<ul>\n{}</ul>\n{path}{}</li>\n",
        Escaped(&cause.item),
        Escaped(&cause.class),
        numbers::score(cause.score),
        super::picture::Px(share * 100.0),
        evidence.concat(),
        left_out(cause.evidence.len(), MOST_SENTENCES, "reason", "reasons")
    )
}

fn panels_section(report: &Report, roles: &BTreeMap<&str, Role>) -> String {
    let role = |item: &str| roles.get(item).copied().unwrap_or(Role::Alerting);
    let panels: Vec<String> = report
        .panels
        .iter()
        .take(panel::MOST_PANELS)
        .enumerate()
        .map(|(index, panel)| panel::draw(report, panel, role(&panel.item), index))
        .collect();
    let body = match panels.len() {
        0 => "<p>No metric belongs to this incident.</p>\n".to_owned(),
        _ => format!("<div class=\"panels\">\n{}</div>\n", panels.concat()),
    };
    let rest = left_out(report.panels.len(), panel::MOST_PANELS, "metric", "metrics");
    let lead = "The line is what was measured, the band what was expected before each value was \
                seen; dots are anomalies. Times are UTC.";
    section("metrics", "Metrics", lead, &(body + &rest))
}

fn timeline_section(report: &Report, roles: &BTreeMap<&str, Role>) -> String {
    if report.alerts.is_empty() {
        return section("alerts", "Alerts", "The incident holds no alert.", "");
    }
    let picture = format!("<div class=\"wide\">{}</div>\n", timeline::draw(report, roles));
    let lanes = left_out(report.alerts.len(), timeline::MOST_LANES, "alert", "alerts");
    let rows: Vec<String> = report.alerts.iter().take(MOST_ALERTS).map(alert_row).collect();
    let table = format!(
        "<details>\n<summary>All alerts as a table</summary>\n<div class=\"wide\"><table>\n<thead><tr>\
         <th scope=\"col\">First seen</th><th scope=\"col\">Item</th><th scope=\"col\">Alert</th>\
         <th scope=\"col\">Severity</th><th scope=\"col\">Events</th><th scope=\"col\">Until</th>\
         <th scope=\"col\">Why it belongs here</th></tr></thead>\n<tbody>\n{}</tbody></table></div>\n{}\
         </details>\n",
        rows.concat(),
        left_out(report.alerts.len(), MOST_ALERTS, "alert", "alerts")
    );
    let lead = "One lane an alert, from first to last seen, in the order of joining. Rest the \
                pointer on a lane to read why it belongs here.";
    section("alerts", "Alerts collapse into one incident", lead, &(picture + &lanes + &table))
}

fn alert_row(alert: &ReportAlert) -> String {
    let until = alert.resolved_at.map_or_else(
        || format!("open, last seen {}", numbers::minute(alert.last_seen)),
        numbers::instant,
    );
    format!(
        "<tr><td>{}</td><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td class=\"number\">{}</td>\
         <td>{until}</td><td>{}</td></tr>\n",
        numbers::instant(alert.first_seen),
        Escaped(&alert.item),
        Escaped(&alert.name),
        numbers::severity(alert.severity),
        numbers::count(alert.count),
        Escaped(&alert.because)
    )
}

fn promises_section(report: &Report) -> String {
    let mut html = String::new();
    if !report.clocks.is_empty() {
        let clocks = report.clocks.iter().take(agreement::MOST_CLOCKS).enumerate();
        let body: String =
            clocks.map(|(index, clock)| agreement::draw(report, clock, index)).collect();
        let rest = left_out(report.clocks.len(), agreement::MOST_CLOCKS, "clock", "clocks");
        let lead = "How much of the agreed time is used, and which time counts.";
        html.push_str(&section("clocks", "Agreements", lead, &(body + &rest)));
    }
    if !report.objectives.is_empty() {
        let shown = report.objectives.iter().take(objective::MOST_OBJECTIVES).enumerate();
        let body: String = shown.map(|(index, one)| objective::draw(one, index)).collect();
        let most = objective::MOST_OBJECTIVES;
        let rest = left_out(report.objectives.len(), most, "objective", "objectives");
        let lead = "What is left of the error budgets, and how fast they are being spent.";
        html.push_str(&section("objectives", "Service levels", lead, &(body + &rest)));
    }
    html
}
