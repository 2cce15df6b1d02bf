//! The picture of a metric: its values, the band that was expected, what was anomalous.
//!
//! The value axis follows the values. A band that is far wider is cut at the axis, the data stays
//! as it is and the caption says so. Missing values and those that are no numbers are gaps. Long
//! series are drawn by the smallest and the largest value of each of [`COLUMNS`] columns.

use super::label::{Escaped, shortened};
use super::numbers;
use super::picture::{Picture, Px, TimeAxis, ValueAxis};
use super::{Panel, Report, Role};
use crate::Timestamp;

/// The most panels on a page.
pub(super) const MOST_PANELS: usize = 12;
/// The most columns a series is drawn in.
const COLUMNS: usize = 400;
/// The most anomalies marked in a panel.
const MOST_MARKS: usize = 400;

const SIZE: (f64, f64) = (540.0, 214.0);
const LEFT: f64 = 46.0;
const RIGHT: f64 = 530.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 184.0;

/// One point as it is drawn.
#[derive(Clone, Copy)]
pub(super) struct Point {
    pub(super) at: Timestamp,
    pub(super) value: Option<f64>,
    lower: Option<f64>,
    upper: Option<f64>,
    pub(super) anomalous: bool,
}

/// The columns as points in order of time; numbers only.
pub(super) fn points(panel: &Panel) -> Vec<Point> {
    let number = |column: &[Option<f64>], index: usize| {
        column.get(index).copied().flatten().filter(|number| number.is_finite())
    };
    let point = |(index, &at): (usize, &Timestamp)| Point {
        at,
        value: number(&panel.values, index),
        lower: number(&panel.lower, index),
        upper: number(&panel.upper, index),
        anomalous: panel.anomalous.get(index).copied().unwrap_or(false),
    };
    let mut points: Vec<Point> = panel.timestamps.iter().enumerate().map(point).collect();
    points.sort_by_key(|point| point.at);
    points
}

/// A figure with picture and caption.
pub(super) fn draw(report: &Report, panel: &Panel, role: Role, index: usize) -> String {
    let points = points(panel);
    let anomalies = points.iter().filter(|point| point.anomalous && point.value.is_some()).count();
    let id = format!("panel{index}");
    let about = format!(
        "{} values, {anomalies} of them anomalous.{}",
        points.iter().filter(|point| point.value.is_some()).count(),
        panel.reason.as_deref().map(|reason| format!(" {reason}")).unwrap_or_default()
    );
    let title = format!("{} of {}", panel.metric, panel.item);
    let mut picture = Picture::new(&id, SIZE, &title, &about);
    let (values, clipped) = value_axis(&points);
    let times = TimeAxis::new(points.iter().map(|point| point.at), LEFT, RIGHT);
    let unit = values.draw(&mut picture, LEFT, RIGHT, &panel.unit);
    times.draw(&mut picture, BOTTOM, BOTTOM, 5);
    let drawn = thinned(&points);
    band(&mut picture, &drawn, &times, &values);
    if let Some(first) = points.first() {
        incident(&mut picture, report, &times, (first.at, points[points.len() - 1].at));
    }
    curve(&mut picture, &drawn, &times, &values);
    marks(&mut picture, &points, &times, &values, &panel.unit);
    if points.iter().all(|point| point.value.is_none()) {
        picture.text("note middle", (LEFT + RIGHT) / 2.0, (TOP + BOTTOM) / 2.0, "no values");
    }
    figure(panel, role, &picture.finish(), &unit, &notes(&points, anomalies, clipped))
}

fn figure(panel: &Panel, role: Role, picture: &str, unit: &str, notes: &[String]) -> String {
    let unit = if unit.is_empty() { String::new() } else { format!(", {unit}") };
    let reason = panel.reason.as_deref().map(|reason| format!("<p>{}</p>", Escaped(reason)));
    let notes = match notes {
        [] => String::new(),
        notes => format!("<p class=\"quiet\">{}</p>", notes.join(" ")),
    };
    format!(
        "<figure class=\"panel {}\">\n<figcaption><b title=\"{}\">{}{}</b>\
         <span class=\"quiet\">{}{}</span></figcaption>\n{picture}{}{notes}</figure>\n",
        role.word(),
        Escaped(&panel.item),
        super::atlas::icon(role),
        Escaped(&shortened(&panel.item, 40)),
        Escaped(&shortened(&panel.metric, 40)),
        Escaped(&shortened(&unit, 20)),
        reason.unwrap_or_default(),
    )
}

fn notes(points: &[Point], anomalies: usize, clipped: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if clipped {
        notes.push("The band is wider than shown: it is cut at the edge of the axis.".to_owned());
    }
    if points.len() > 2 * COLUMNS {
        notes.push(format!(
            "{} values, drawn by the smallest and largest of each of {COLUMNS} columns.",
            numbers::count(points.len() as u64)
        ));
    }
    if anomalies > MOST_MARKS {
        let total = numbers::count(anomalies as u64);
        notes.push(format!("{MOST_MARKS} of {total} anomalies are marked, the latest."));
    }
    notes
}

/// The axis of the values, widened for the band by at most their own range on each side; and
/// whether the band is wider still.
fn value_axis(points: &[Point]) -> (ValueAxis, bool) {
    let ends = |numbers: &mut dyn Iterator<Item = f64>| {
        numbers.fold(None, |ends: Option<(f64, f64)>, number| match ends {
            None => Some((number, number)),
            Some((low, high)) => Some((low.min(number), high.max(number))),
        })
    };
    let band = ends(&mut points.iter().flat_map(|point| [point.lower, point.upper]).flatten());
    let values = ends(&mut points.iter().filter_map(|point| point.value));
    let (Some((low, high)), Some(band)) = (values.or(band), band.or(values)) else {
        return (ValueAxis::new(0.0, 1.0, TOP, BOTTOM), false);
    };
    let range = high / 2.0 - low / 2.0;
    let room = if range > 0.0 { range } else { low.abs() * 0.5 };
    let (lowest, highest) = (band.0.max(low - room), band.1.min(high + room));
    let clipped = band.0 < lowest || band.1 > highest;
    let (low, high) = (low.min(lowest), high.max(highest));
    let air = (high / 2.0 - low / 2.0) * 0.12;
    // Nothing below zero is shown for what is never negative.
    let floor = if low >= 0.0 { 0.0 } else { f64::MIN };
    (ValueAxis::new((low - air).max(floor), (high + air).min(f64::MAX), TOP, BOTTOM), clipped)
}

/// The time of the incident as far as it is within the panel.
fn incident(
    picture: &mut Picture,
    report: &Report,
    times: &TimeAxis,
    (first, last): (Timestamp, Timestamp),
) {
    let end = report.resolved_at.unwrap_or(report.at);
    if report.started_at > last || end < first {
        return;
    }
    let (from, to) = (times.x(report.started_at), times.x(end));
    picture.add(format_args!(
        "<rect class=\"during\" x=\"{}\" y=\"{TOP}\" width=\"{}\" height=\"{}\"><title>the \
         incident</title></rect>\n",
        Px(from),
        Px(to - from),
        Px(BOTTOM - TOP)
    ));
    if report.started_at >= first {
        picture.line("start", (from, TOP - 4.0), (from, BOTTOM));
        let (class, x) = if from > RIGHT - 90.0 { ("end", from - 5.0) } else { ("", from + 5.0) };
        picture.text(&format!("note {class}"), x, TOP + 3.0, "incident starts");
    }
}

/// Points few enough to draw: of each column the smallest and the largest value, in order.
fn thinned(points: &[Point]) -> Vec<Point> {
    if points.len() <= 2 * COLUMNS {
        return points.to_vec();
    }
    let mut thin = Vec::new();
    for chunk in points.chunks(points.len().div_ceil(COLUMNS)) {
        let with_value = |point: &&Point| point.value.is_some();
        let by_value =
            |a: &&Point, b: &&Point| a.value.unwrap_or(0.0).total_cmp(&b.value.unwrap_or(0.0));
        let ends = (
            chunk.iter().filter(with_value).min_by(by_value),
            chunk.iter().filter(with_value).max_by(by_value),
        );
        match ends {
            (Some(low), Some(high)) if low.at <= high.at => thin.extend([*low, *high]),
            (Some(low), Some(high)) => thin.extend([*high, *low]),
            _ => thin.extend(chunk.first()),
        }
    }
    thin
}

/// Stretches of neighbouring points that all have what `has` asks for.
fn stretches(points: &[Point], has: impl Fn(&Point) -> bool) -> Vec<&[Point]> {
    points.split(|point| !has(point)).filter(|stretch| !stretch.is_empty()).collect()
}

fn band(picture: &mut Picture, points: &[Point], times: &TimeAxis, values: &ValueAxis) {
    for stretch in stretches(points, |point| point.lower.is_some() && point.upper.is_some()) {
        let place = |at: Timestamp, end: Option<f64>| {
            format!("{} {}", Px(times.x(at)), Px(values.y(end.unwrap_or(0.0))))
        };
        let upper = stretch.iter().map(|point| place(point.at, point.upper));
        let lower = stretch.iter().rev().map(|point| place(point.at, point.lower));
        let outline: Vec<String> = upper.chain(lower).collect();
        let outline = outline.join("L");
        picture.add(format_args!("<path class=\"band\" d=\"M{outline}Z\"/>\n"));
    }
}

fn curve(picture: &mut Picture, points: &[Point], times: &TimeAxis, values: &ValueAxis) {
    for stretch in stretches(points, |point| point.value.is_some()) {
        let place = |point: &Point| {
            let y = values.y(point.value.unwrap_or(0.0));
            format!("{} {}", Px(times.x(point.at)), Px(y))
        };
        if let [single] = stretch {
            let (x, y) = (times.x(single.at), values.y(single.value.unwrap_or(0.0)));
            let (x, y) = (Px(x), Px(y));
            picture.add(format_args!("<circle class=\"lone\" cx=\"{x}\" cy=\"{y}\" r=\"1.6\"/>\n"));
            continue;
        }
        let way: Vec<String> = stretch.iter().map(place).collect();
        picture.add(format_args!("<path class=\"curve\" d=\"M{}\"/>\n", way.join("L")));
    }
}

fn marks(
    picture: &mut Picture,
    points: &[Point],
    times: &TimeAxis,
    values: &ValueAxis,
    unit: &str,
) {
    let odd = points.iter().rev().filter(|point| point.anomalous);
    for point in odd.filter(|point| point.value.is_some()).take(MOST_MARKS) {
        let value = point.value.unwrap_or(0.0);
        let expected = match (point.lower, point.upper) {
            (Some(lower), Some(upper)) => format!(
                ", expected {} to {}",
                numbers::quantity(lower, unit),
                numbers::quantity(upper, unit)
            ),
            _ => String::new(),
        };
        let said =
            format!("{}: {}{expected}", numbers::instant(point.at), numbers::quantity(value, unit));
        picture.add(format_args!(
            "<circle class=\"odd\" cx=\"{}\" cy=\"{}\" r=\"3.4\"><title>{}</title></circle>\n",
            Px(times.x(point.at)),
            Px(values.y(value)),
            Escaped(&said)
        ));
    }
}
