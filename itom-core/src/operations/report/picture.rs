//! What all pictures are drawn with: coordinates, axes with nice ticks, the SVG frame.
//!
//! Coordinates are rounded to a tenth of a unit, ticks are multiples of 1, 2 or 5 times a power of
//! ten (of seconds, minutes, hours and days on a time axis). No floating-point function is used
//! whose result may differ between machines.

use std::fmt::{self, Write};

use super::label::Escaped;
use super::numbers;
use crate::Timestamp;

/// A coordinate, written with at most one decimal. What is no number is 0.
#[derive(Clone, Copy)]
pub(super) struct Px(pub(super) f64);

impl fmt::Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.is_finite() {
            return f.write_str("0");
        }
        match numbers::trimmed(&format!("{:.1}", self.0)) {
            "-0" => f.write_str("0"),
            text => f.write_str(text),
        }
    }
}

/// An inline SVG under construction.
pub(super) struct Picture(String);

impl Picture {
    /// A picture of `width` by `height` units. `id` has to be the page's only one; `title` is read
    /// out in place of the picture, `description` after it.
    pub(super) fn new(id: &str, size: (f64, f64), title: &str, description: &str) -> Self {
        let mut picture = Picture(String::new());
        let (width, height) = (Px(size.0), Px(size.1));
        picture.add(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" role=\"img\" \
             aria-labelledby=\"{id}-title {id}-about\">\n\
             <title id=\"{id}-title\">{}</title>\n<desc id=\"{id}-about\">{}</desc>\n",
            Escaped(title),
            Escaped(description)
        ));
        picture
    }

    /// Appends markup.
    pub(super) fn add(&mut self, markup: fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.0.write_fmt(markup);
    }

    /// Text at a place; `class` says how.
    pub(super) fn text(&mut self, class: &str, x: f64, y: f64, text: &str) {
        let (x, y) = (Px(x), Px(y));
        self.add(format_args!(
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>\n",
            Escaped(text)
        ));
    }

    /// A straight line.
    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let (x1, y1, x2, y2) = (Px(from.0), Px(from.1), Px(to.0), Px(to.1));
        self.add(format_args!(
            "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>\n"
        ));
    }

    /// A picture without a frame, for parts of another.
    pub(super) fn bare() -> Self {
        Picture(String::new())
    }

    /// What was drawn, without closing the frame.
    pub(super) fn markup(self) -> String {
        self.0
    }

    /// The finished markup.
    pub(super) fn finish(mut self) -> String {
        self.0.push_str("</svg>\n");
        self.0
    }
}

/// A time axis: instants to horizontal places.
#[derive(Clone, Copy)]
pub(super) struct TimeAxis {
    from: i64,
    to: i64,
    left: f64,
    right: f64,
}

impl TimeAxis {
    /// From the earliest to the latest of `instants`, drawn from `left` to `right`. A single
    /// instant gets a minute on each side; none at all is taken as 1970.
    pub(super) fn new(instants: impl Iterator<Item = Timestamp>, left: f64, right: f64) -> Self {
        let (mut from, mut to) = (i64::MAX, i64::MIN);
        for instant in instants {
            from = from.min(instant.as_nanos());
            to = to.max(instant.as_nanos());
        }
        if from > to {
            (from, to) = (0, 0);
        }
        if from == to {
            let minute = 60_000_000_000;
            (from, to) = (from.saturating_sub(minute), to.saturating_add(minute));
        }
        TimeAxis { from, to, left, right }
    }

    /// Where an instant is; what lies outside is held to the ends.
    pub(super) fn x(&self, instant: Timestamp) -> f64 {
        let at = instant.as_nanos().clamp(self.from, self.to);
        let share = (at as f64 - self.from as f64) / (self.to as f64 - self.from as f64);
        // Far from 1970 two instants may be one as floats: then the axis has no length.
        if share.is_finite() {
            self.left + share.clamp(0.0, 1.0) * (self.right - self.left)
        } else {
            self.left
        }
    }

    /// About `wanted` round instants within the axis, with their labels.
    pub(super) fn ticks(&self, wanted: usize) -> Vec<(f64, String)> {
        const SECONDS: [i128; 26] = [
            1,
            2,
            5,
            10,
            15,
            30,
            60,
            120,
            300,
            600,
            900,
            1800,
            3600,
            7200,
            10_800,
            21_600,
            43_200,
            86_400,
            172_800,
            604_800,
            1_209_600,
            2_592_000,
            7_776_000,
            31_536_000,
            315_360_000,
            3_153_600_000,
        ];
        let (from, to) = (i128::from(self.from), i128::from(self.to));
        let most = wanted.max(1) as i128;
        let step = SECONDS
            .iter()
            .map(|seconds| seconds * 1_000_000_000)
            .find(|step| (to - from) / step <= most)
            .unwrap_or(1_000_000_000 * SECONDS[25]);
        let mut ticks = Vec::new();
        let mut last_day = String::new();
        let mut at = from.div_euclid(step) * step;
        while at <= to && ticks.len() <= wanted + 2 {
            if at >= from {
                let instant = Timestamp::from_nanos(i64::try_from(at).unwrap_or(self.to));
                let label = tick_label(instant, step, &mut last_day);
                ticks.push((self.x(instant), label));
            }
            at += step;
        }
        ticks
    }

    /// Draws the axis at `bottom`, with faint lines up to `top`.
    pub(super) fn draw(&self, picture: &mut Picture, top: f64, bottom: f64, wanted: usize) {
        picture.line("axis", (self.left, bottom), (self.right, bottom));
        for (x, label) in self.ticks(wanted) {
            picture.line("grid", (x, top), (x, bottom));
            picture.line("axis", (x, bottom), (x, bottom + 4.0));
            // Held within the picture: half the label's width from its ends.
            let half = 3.2 * super::label::width(&label) as f64;
            let x = x.min(self.right + 8.0 - half).max(half);
            picture.text("tick middle", x, bottom + 16.0, &label);
        }
    }
}

/// The clock within a day, the day where a new one begins, the month on very long axes.
fn tick_label(at: Timestamp, step: i128, last_day: &mut String) -> String {
    let seconds = step / 1_000_000_000;
    if seconds >= 2_592_000 {
        return numbers::month(at);
    }
    let day = numbers::day(at);
    if seconds >= 86_400 {
        return day;
    }
    let time = if seconds < 60 { numbers::second(at) } else { numbers::minute(at) };
    if *last_day == day {
        return time;
    }
    *last_day = day.clone();
    format!("{day} {time}")
}

/// A value axis: numbers to vertical places.
#[derive(Clone, Copy)]
pub(super) struct ValueAxis {
    low: f64,
    high: f64,
    top: f64,
    bottom: f64,
}

impl ValueAxis {
    /// From `low` to `high`, drawn from `bottom` up to `top`. Ends that are no numbers become 0 and
    /// 1; equal ends are drawn apart.
    pub(super) fn new(low: f64, high: f64, top: f64, bottom: f64) -> Self {
        let (mut low, mut high) =
            if low.is_finite() && high.is_finite() { (low, high) } else { (0.0, 1.0) };
        if low >= high {
            let half = (low.abs() * 0.1).max(f64::MIN_POSITIVE);
            let half = if low == 0.0 { 1.0 } else { half };
            (low, high) = ((low - half).max(f64::MIN), (low + half).min(f64::MAX));
        }
        ValueAxis { low, high, top, bottom }
    }

    /// Where a value is; what lies outside is held to the ends.
    pub(super) fn y(&self, value: f64) -> f64 {
        // Halves, so that the length of the axis cannot overflow.
        let share = (value / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0);
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
        self.bottom - share * (self.bottom - self.top)
    }

    /// About `wanted` round values within the axis.
    fn ticks(&self, wanted: usize) -> (Vec<f64>, f64) {
        let step = nice_step((self.high - self.low) / wanted.max(1) as f64);
        let Some(step) = step else { return (vec![self.low, self.high], self.high) };
        let first = (self.low / step).ceil();
        let ticks = (0..=2 * wanted)
            .map(|index| (first + index as f64) * step)
            .take_while(|tick| *tick <= self.high)
            .filter(|tick| *tick >= self.low)
            .collect();
        (ticks, step)
    }

    /// Draws labels to the left of `left` and faint lines to `right`; returns the unit they are in.
    pub(super) fn draw(&self, picture: &mut Picture, left: f64, right: f64, unit: &str) -> String {
        let (ticks, step) = self.ticks(4);
        let scale = numbers::scale(self.high.abs().max(self.low.abs()), unit);
        let decimals = decimals_of(step / scale.divisor);
        for tick in ticks {
            let y = self.y(tick);
            let number = tick / scale.divisor;
            let label = match number.abs() {
                size if size >= 1e6 => format!("{number:.1e}"),
                _ => format!("{number:.decimals$}"),
            };
            let label = if label.trim_matches(['-', '0', '.']).is_empty() { "0" } else { &label };
            picture.line("grid", (left, y), (right, y));
            picture.text("tick end", left - 7.0, y + 3.5, &label.replace('-', "−"));
        }
        scale.unit
    }
}

/// The smallest of 1, 2, 5 times a power of ten that is at least `raw`.
fn nice_step(raw: f64) -> Option<f64> {
    if !(raw.is_finite() && raw > 0.0) {
        return None;
    }
    let exponent = exponent_of(raw);
    let steps = [(1, exponent), (2, exponent), (5, exponent), (1, exponent + 1)];
    let parse = |(digit, exponent): (u8, i32)| format!("{digit}e{exponent}").parse::<f64>().ok();
    steps.into_iter().filter_map(parse).find(|step| step.is_finite() && *step >= raw)
}

/// The power of ten of the first digit.
fn exponent_of(value: f64) -> i32 {
    let text = format!("{value:e}");
    text.split('e').nth(1).and_then(|exponent| exponent.parse().ok()).unwrap_or(0)
}

/// How many decimals numbers that are `step` apart need, nine at most.
fn decimals_of(step: f64) -> usize {
    if step == 0.0 || !step.is_finite() {
        return 0;
    }
    // A step such as 0.2 may come out as 0.19999999999999998 after the division by the scale.
    let exponent = exponent_of(step * 1.000_001);
    usize::try_from(-exponent).unwrap_or(0).min(9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_carry_no_noise() {
        let text = [0.1 + 0.2, -0.01, 12.0, f64::NAN, 99.96].map(|x| Px(x).to_string());
        assert_eq!(text, ["0.3", "0", "12", "0", "100"]);
    }

    #[test]
    fn time_ticks_are_round_and_name_a_new_day() {
        let instants = ["2023-04-12T22:10:00Z", "2023-04-13T03:50:00Z"];
        let axis = TimeAxis::new(instants.iter().map(|at| at.parse().unwrap()), 0.0, 340.0);
        let ticks = axis.ticks(6);
        let labels: Vec<&str> = ticks.iter().map(|(_, label)| label.as_str()).collect();
        assert_eq!(labels, ["12 Apr 23:00", "13 Apr 00:00", "01:00", "02:00", "03:00"]);
        assert_eq!(ticks[0].0, 50.0);
    }

    #[test]
    fn a_time_axis_takes_any_instants() {
        for instants in [vec![], vec![Timestamp::MAX], vec![Timestamp::MIN, Timestamp::MAX]] {
            let axis = TimeAxis::new(instants.into_iter(), 0.0, 100.0);
            assert!(axis.ticks(6).len() <= 9);
            assert!((0.0..=100.0).contains(&axis.x(Timestamp::default())));
        }
    }

    #[test]
    fn value_ticks_are_round() {
        let axis = ValueAxis::new(0.03, 1.07, 0.0, 100.0);
        assert_eq!(axis.ticks(4).1, 0.5);
        assert_eq!(axis.ticks(4).0, [0.5, 1.0]);
        assert_eq!(nice_step(0.0), None);
        assert_eq!(nice_step(2e-9), Some(2e-9));
        assert_eq!((decimals_of(0.2), decimals_of(5.0), decimals_of(0.001)), (1, 0, 3));
    }

    #[test]
    fn a_value_axis_takes_any_numbers() {
        let ends = [f64::NAN, f64::INFINITY, 0.0, -5.0, f64::MAX, f64::MIN, 5e-324];
        for low in ends {
            for high in ends {
                let axis = ValueAxis::new(low, high, 10.0, 90.0);
                for value in ends {
                    assert!((10.0..=90.0).contains(&axis.y(value)), "{low} {high} {value}");
                }
                assert!(axis.ticks(4).0.len() <= 9);
            }
        }
    }
}
