//! The picture of an agreement's clock: how much of the time is gone, and what was counted.

use super::label::{Escaped, shortened};
use super::numbers;
use super::picture::{Picture, Px, TimeAxis};
use super::{Report, ReportClock};
use crate::Timestamp;

/// The most clocks on a page.
pub(super) const MOST_CLOCKS: usize = 6;
/// The most stretches drawn of one clock, the latest.
const MOST_SEGMENTS: usize = 200;

const STRIP: (f64, f64) = (1000.0, 96.0);

/// Where a running clock stands still because the calendar is closed: until when.
pub(super) fn outside_hours(clock: &ReportClock, at: Timestamp) -> String {
    let now = clock.segments.iter().find(|segment| segment.to > at);
    match now {
        Some(segment) if segment.kind == "closed" && clock.state == "running" => {
            format!(" outside hours until {}", numbers::instant(segment.to))
        }
        _ => String::new(),
    }
}

/// The part of the target that is gone, from 0 on; 1 or more is a breach.
pub(super) fn used(clock: &ReportClock) -> f64 {
    let target = clock.target.as_nanos() as f64;
    let elapsed = clock.elapsed.as_nanos() as f64;
    if target > 0.0 { (elapsed / target).max(0.0) } else { f64::from(clock.elapsed.as_nanos() > 0) }
}

/// `breached 12 min ago`, `2 h 12 min left`.
pub(super) fn left(clock: &ReportClock) -> String {
    if clock.breached || clock.remaining.is_negative() {
        let over = numbers::duration(crate::Duration::from_nanos(
            clock.remaining.as_nanos().saturating_abs(),
        ));
        return format!("{over} over");
    }
    format!("{} left", numbers::duration(clock.remaining))
}

/// A ring beside a strip of time, with the facts in words.
pub(super) fn draw(report: &Report, clock: &ReportClock, index: usize) -> String {
    let breach = match (clock.breached, clock.breach_at) {
        (true, Some(at)) => format!("breached {}", numbers::instant(at)),
        (true, None) => "breached".to_owned(),
        (false, Some(at)) => format!("breach at {}", numbers::instant(at)),
        (false, None) => "no breach in sight".to_owned(),
    };
    format!(
        "<article class=\"promise\">\n{}<div class=\"grow\"><h3>{}</h3>\n\
         <p>{} of {} used · <b>{}</b> · {}</p>\n{}</div></article>\n",
        ring(clock, index),
        Escaped(&clock.agreement),
        numbers::duration(clock.elapsed),
        numbers::duration(clock.target),
        Escaped(&clock.state),
        breach,
        strip(report, clock, index)
    )
}

fn ring(clock: &ReportClock, index: usize) -> String {
    let used = used(clock);
    let title = format!("{}: {}", clock.agreement, left(clock));
    let about = format!("{} of the agreed time is used.", numbers::share(used));
    let mut picture = Picture::new(&format!("ring{index}"), (132.0, 132.0), &title, &about);
    let percent = Px((used * 100.0).clamp(0.0, 100.0));
    let class = if clock.breached { "gone all" } else { "gone" };
    picture.add(format_args!(
        "<circle class=\"track\" cx=\"66\" cy=\"66\" r=\"55\"/>\n\
         <circle class=\"{class}\" cx=\"66\" cy=\"66\" r=\"55\" pathLength=\"100\" \
         stroke-dasharray=\"{percent} 200\" transform=\"rotate(-90 66 66)\"/>\n"
    ));
    let left = left(clock);
    let (number, word) = left.rsplit_once(' ').unwrap_or((&left, ""));
    picture.text("figure middle", 66.0, 69.0, number);
    picture.text("caption middle", 66.0, 86.0, word);
    picture.finish()
}

/// What each stretch of time was counted as.
fn strip(report: &Report, clock: &ReportClock, index: usize) -> String {
    let skipped = clock.segments.len().saturating_sub(MOST_SEGMENTS);
    let segments = &clock.segments[skipped..];
    if segments.is_empty() && clock.breach_at.is_none() {
        return String::new();
    }
    let ends = segments.iter().flat_map(|segment| [segment.from, segment.to]);
    let times = TimeAxis::new(ends.chain([report.at]).chain(clock.breach_at), 8.0, STRIP.0 - 8.0);
    let title = format!("Time counted by {}", clock.agreement);
    let mut picture = Picture::new(
        &format!("strip{index}"),
        STRIP,
        &title,
        "Each stretch with what it counts as.",
    );
    let (top, height) = (26.0, 20.0);
    times.draw(&mut picture, top + height + 6.0, top + height + 6.0, 9);
    let mut kinds: Vec<&str> = Vec::new();
    for segment in segments {
        let (from, to) = (times.x(segment.from), times.x(segment.to));
        let kind = kind_class(&segment.kind);
        if !kinds.contains(&segment.kind.as_str()) && kinds.len() < 6 {
            kinds.push(&segment.kind);
        }
        picture.add(format_args!(
            "<rect class=\"time {kind}\" x=\"{}\" y=\"{top}\" width=\"{}\" height=\"{height}\">\
             <title>{}: {} to {} ({})</title></rect>\n",
            Px(from),
            Px((to - from).max(0.3)),
            Escaped(&segment.kind),
            numbers::instant(segment.from),
            numbers::instant(segment.to),
            numbers::duration(segment.to - segment.from)
        ));
    }
    flag(&mut picture, times.x(report.at), top, height, "now", "now");
    if let Some(at) = clock.breach_at {
        flag(&mut picture, times.x(at), top, height, "breach", "breach");
    }
    key(&mut picture, &kinds);
    let note = match skipped {
        0 => String::new(),
        _ => format!("<p class=\"quiet\">{skipped} earlier stretches are not drawn.</p>\n"),
    };
    format!("<div class=\"wide\">{}</div>\n{note}", picture.finish())
}

fn flag(picture: &mut Picture, x: f64, top: f64, height: f64, class: &str, word: &str) {
    picture.line(class, (x, top - 8.0), (x, top + height + 6.0));
    let anchor = match x {
        _ if x < 30.0 => "",
        _ if x > STRIP.0 - 30.0 => "end",
        _ => "middle",
    };
    picture.text(&format!("note {anchor} {class}-word"), x, top - 12.0, word);
}

fn key(picture: &mut Picture, kinds: &[&str]) {
    let mut x = 8.0;
    for kind in kinds {
        let word = shortened(kind, 18);
        picture.add(format_args!(
            "<rect class=\"time {}\" x=\"{}\" y=\"82\" width=\"16\" height=\"10\"/>\n",
            kind_class(kind),
            Px(x)
        ));
        picture.text("tick", x + 22.0, 91.0, &word);
        x += 42.0 + 6.2 * super::label::width(&word) as f64;
    }
}

/// The style of a kind; those not known here are drawn as not counted.
fn kind_class(kind: &str) -> &'static str {
    match kind {
        "counted" => "counted",
        "paused" => "paused",
        "ahead" => "ahead",
        _ => "closed",
    }
}
