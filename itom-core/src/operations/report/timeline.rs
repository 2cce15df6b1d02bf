//! The picture of alerts becoming one incident: a lane for each alert, and how they flow together.

use std::collections::BTreeMap;

use super::atlas::{WIDTH, mark};
use super::label::{Escaped, shortened};
use super::numbers;
use super::picture::{Picture, Px, TimeAxis};
use super::{Report, ReportAlert, Role};
use crate::Timestamp;

/// The most alerts drawn as lanes.
pub(super) const MOST_LANES: usize = 60;

const LEFT: f64 = 340.0;
const RIGHT: f64 = 1000.0;
const BOX_LEFT: f64 = 1100.0;
const TOP: f64 = 14.0;

/// The instant until which an alert is known to have been there.
fn end_of(alert: &ReportAlert) -> Timestamp {
    alert.resolved_at.unwrap_or(alert.last_seen).max(alert.first_seen)
}

/// The lanes of the first [`MOST_LANES`] alerts, flowing into the incident at the right.
pub(super) fn draw(report: &Report, roles: &BTreeMap<&str, Role>) -> String {
    let alerts = &report.alerts[..report.alerts.len().min(MOST_LANES)];
    let lane = if alerts.len() > 24 { 21.0 } else { 28.0 };
    let bottom = TOP + lane * alerts.len().max(2) as f64 + 8.0;
    let end = report.resolved_at.unwrap_or(report.at);
    let instants = alerts.iter().flat_map(|alert| [alert.first_seen, end_of(alert)]);
    let times = TimeAxis::new(instants.chain([report.started_at, end]), LEFT, RIGHT);
    let title = "Alerts joining the incident";
    let about = format!(
        "{} joined incident {}. The first at {}.",
        numbers::counted(report.alerts.len() as u64, "alert", "alerts"),
        report.incident,
        numbers::instant(report.started_at)
    );
    let mut picture = Picture::new("timeline", (WIDTH, bottom + 26.0), title, &about);
    times.draw(&mut picture, TOP, bottom, 6);
    // The incident's box, as high as its alerts need.
    let height = (alerts.len() as f64 * 7.0 + 12.0).clamp(78.0, (bottom - TOP).max(78.0));
    let centre = (TOP + bottom) / 2.0;
    let box_top = (centre - height / 2.0).max(2.0);
    for (index, alert) in alerts.iter().enumerate() {
        let y = TOP + lane * (index as f64 + 0.5);
        let share = (index as f64 + 0.5) / alerts.len() as f64;
        let into = box_top + 6.0 + share * (height - 12.0);
        let role = roles.get(alert.item.as_str()).copied().unwrap_or(Role::Alerting);
        let open_until =
            (alert.resolved_at.is_none() && report.resolved_at.is_none()).then_some(end);
        picture.add(format_args!("<g class=\"role lane {}\">", role.word()));
        one_lane(&mut picture, alert, role, y, &times, open_until);
        flow(&mut picture, alert, y, into);
        picture.add(format_args!("</g>\n"));
    }
    incident(&mut picture, report, box_top, height);
    picture.finish()
}

fn one_lane(
    picture: &mut Picture,
    alert: &ReportAlert,
    role: Role,
    y: f64,
    times: &TimeAxis,
    open_until: Option<Timestamp>,
) {
    let until = alert.resolved_at.map_or_else(
        || format!("last seen {}", numbers::instant(alert.last_seen)),
        |at| format!("resolved {}", numbers::instant(at)),
    );
    let said = format!(
        "{}: {}, {}, {}, first seen {}, {until}. {}",
        alert.item,
        alert.name,
        numbers::severity(alert.severity),
        numbers::counted(alert.count, "event", "events"),
        numbers::instant(alert.first_seen),
        alert.because
    );
    picture.add(format_args!("<title>{}</title>\n", Escaped(&said)));
    mark(picture, role, 8.0, y);
    let name = shortened(&alert.item, 32);
    let room = 50_usize.saturating_sub(super::label::width(&name)).max(8);
    picture.add(format_args!(
        "<text class=\"who\" x=\"22\" y=\"{}\"><tspan class=\"name\">{}</tspan>  <tspan \
         class=\"class\">{}</tspan></text>\n",
        Px(y + 4.0),
        Escaped(&name),
        Escaped(&shortened(&alert.name, room))
    ));
    let (from, to) = (times.x(alert.first_seen), times.x(end_of(alert)));
    if let Some(end) = open_until {
        picture.line("still", (to + 6.0, y), (times.x(end), y));
    }
    picture.add(format_args!(
        "<rect class=\"bar\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"9\" rx=\"4.5\"/>\n",
        Px(from - 4.5),
        Px(y - 4.5),
        Px((to - from).max(0.0) + 9.0)
    ));
    picture.add(format_args!(
        "<circle class=\"join\" cx=\"{}\" cy=\"{}\" r=\"4.5\"/>\n",
        Px(from),
        Px(y)
    ));
}

/// The flow from a lane into the incident; wider for alerts that stand for more events.
fn flow(picture: &mut Picture, alert: &ReportAlert, y: f64, into: f64) {
    let width = (1.2 + (alert.count as f64).sqrt().sqrt() * 0.8).min(6.0);
    let (start, end) = (RIGHT + 12.0, BOX_LEFT);
    picture.add(format_args!(
        "<path class=\"merge\" stroke-width=\"{}\" d=\"M{} {}C{} {} {} {} {} {}\"/>\n",
        Px(width),
        Px(start),
        Px(y),
        Px(start + 44.0),
        Px(y),
        Px(end - 44.0),
        Px(into),
        Px(end),
        Px(into)
    ));
}

fn incident(picture: &mut Picture, report: &Report, top: f64, height: f64) {
    let width = WIDTH - BOX_LEFT - 2.0;
    picture.add(format_args!(
        "<rect class=\"incident\" x=\"{BOX_LEFT}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"9\"/>\n",
        Px(top),
        Px(width),
        Px(height)
    ));
    let (x, middle) = (BOX_LEFT + width / 2.0, top + height / 2.0);
    let alerts = numbers::counted(report.alerts.len() as u64, "alert", "alerts");
    picture.text("boxed strong middle", x, middle - 12.0, "1 incident");
    picture.text("boxed middle", x, middle + 5.0, &format!("of {alerts}"));
    picture.text("boxed middle", x, middle + 21.0, &shortened(&report.incident, 17));
}
