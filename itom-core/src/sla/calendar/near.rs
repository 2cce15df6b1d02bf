//! Open time in the years most asked about, 2000 to 2050: one look-up, no search.
//!
//! On this span the open time `F` up to an instant is a staircase with one step a window. With
//! `closed` the closed time before a window and `end` the open time up to its close,
//! `F(t) = max over windows of min(t - closed, end)`: before a window's turn its term is too small,
//! after it stays at `end`. So any few windows that include the right one give the right answer,
//! without a branch. A table of buckets of 2^k nanoseconds names the first window to look at; the
//! width is the greatest at which no bucket sees a second window begin, within a bound on memory.
//! The inverse goes the same way through buckets of open time.
//!
//! Eight bytes a window and two a bucket: about 200 KB for nine to five. A calendar of more than
//! 65,000 windows in these years has no such table, and the [`Timeline`] answers alone; it answers
//! outside these years too, and is where the windows come from.

use super::timeline::Timeline;

const NANOS: i64 = 1_000_000_000;
/// 2000-01-01T00:00:00Z and 2050-01-01T00:00:00Z.
const FROM: i64 = 946_684_800 * NANOS;
const UNTIL: i64 = 2_524_608_000 * NANOS;
const SPAN: u64 = (UNTIL - FROM) as u64;
/// So many empty steps follow the last, to be looked at without a check.
const AFTER: usize = 3;
/// So that an index fits 16 bits.
const MOST_WINDOWS: usize = u16::MAX as usize - AFTER - 1;
const MOST_BUCKETS: usize = 1 << 16;

/// A window, in seconds: the closed time before it and the open time until its close.
#[derive(Clone, Copy, Debug)]
struct Step {
    closed: u32,
    end: u32,
}

impl Step {
    #[inline]
    fn closed(self) -> i64 {
        i64::from(self.closed) * NANOS
    }

    #[inline]
    fn end(self) -> i64 {
        i64::from(self.end) * NANOS
    }

    /// This window's term of the open time up to `passed`.
    #[inline]
    fn term(self, passed: i64) -> i64 {
        (passed - self.closed()).min(self.end())
    }
}

/// Open time from 2000 to 2050; without steps it knows nothing.
#[derive(Debug)]
pub(super) struct Near {
    /// Open time from 1970 to 2000, and from 2000 to 2050.
    before: i64,
    total: u64,
    /// An empty step, one a window, [`AFTER`] empty steps.
    steps: Box<[Step]>,
    by_time: Buckets,
    by_open: Buckets,
}

impl Near {
    pub(super) fn new(timeline: &Timeline) -> Near {
        let steps = steps(timeline).unwrap_or_default();
        let seconds = |step: &Step| u64::from(step.end);
        let total = steps.last().map_or(0, seconds) * NANOS as u64;
        let windows = steps.windows(2).take(steps.len().saturating_sub(1 + AFTER));
        let opens: Vec<u64> =
            windows.map(|pair| u64::from(pair[1].closed) + u64::from(pair[0].end)).collect();
        let inner = steps.get(1..steps.len().saturating_sub(AFTER)).unwrap_or_default();
        let ends: Vec<u64> = inner.iter().map(seconds).collect();
        let (by_time, by_open) = match steps.is_empty() {
            true => (Buckets::default(), Buckets::default()),
            // A window that opens at the begin of a bucket has begun there; one that closes at the
            // begin of a bucket is still where that open time is reached.
            false => (Buckets::new(&opens, SPAN, 0, 0), Buckets::new(&ends, total, 1, 1)),
        };
        let before = timeline.open_until(FROM);
        Near { before, total, steps: steps.into_boxed_slice(), by_time, by_open }
    }

    /// Open time from 1970 to `at`; none outside the span.
    #[inline]
    pub(super) fn open_until(&self, at: i64) -> Option<i64> {
        let passed = at.wrapping_sub(FROM) as u64;
        if passed > SPAN {
            return None;
        }
        let first = self.by_time.first(passed)?;
        let passed = passed as i64;
        let [one, two] = self.steps.get(first..first + 2)? else { return None };
        let mut open = one.term(passed).max(two.term(passed));
        if self.by_time.most > 1 {
            open = match self.by_time.most {
                2 | 3 => {
                    let [three, four] = self.steps.get(first + 2..first + 4)? else { return None };
                    open.max(three.term(passed)).max(four.term(passed))
                }
                _ => open.max(self.further(first + 2, passed)),
            };
        }
        Some(self.before + open)
    }

    /// The greatest term among the rest of a bucket's windows.
    fn further(&self, from: usize, passed: i64) -> i64 {
        let until = (from + self.by_time.most).min(self.steps.len());
        let rest = self.steps.get(from..until).unwrap_or_default();
        // Terms grow while the window's end is what bounds them, and shrink afterwards.
        let turn = rest.partition_point(|step| step.end() < passed - step.closed());
        let terms = rest[turn.saturating_sub(1)..].iter().take(2).map(|step| step.term(passed));
        terms.max().unwrap_or(0)
    }

    /// Whether `at` is open; none outside the span.
    #[inline]
    pub(super) fn is_open(&self, at: i64) -> Option<bool> {
        Some(self.open_until(at)? < self.open_until(at.checked_add(1)?)?)
    }

    /// The earliest instant at which [`Near::open_until`] grew to `open`; none if that is not known
    /// to be in the span.
    #[inline]
    pub(super) fn earliest(&self, open: i64) -> Option<i64> {
        let open = open.wrapping_sub(self.before) as u64;
        if open.wrapping_sub(1) >= self.total {
            return None;
        }
        let first = self.by_open.first(open)?;
        let open = open as i64;
        let [one, two] = self.steps.get(first..first + 2)? else { return None };
        let closed = if self.by_open.most > 1 {
            self.step_by(first, |step| step.end() < open)?.closed()
        } else if one.end() < open {
            two.closed()
        } else {
            one.closed()
        };
        Some(FROM + open + closed)
    }

    /// The latest instant at which [`Near::open_until`] is still `open`; none if that is not known
    /// to be in the span.
    #[inline]
    pub(super) fn latest(&self, open: i64) -> Option<i64> {
        let open = open.wrapping_sub(self.before) as u64;
        if open >= self.total {
            return None;
        }
        let first = self.by_open.first(open)?;
        let open = open as i64;
        let [one, two] = self.steps.get(first..first + 2)? else { return None };
        let closed = if self.by_open.most > 1 {
            self.step_by(first, |step| step.end() <= open)?.closed()
        } else if one.end() <= open {
            two.closed()
        } else {
            one.closed()
        };
        Some(FROM + open + closed)
    }

    /// The first step from `first` on that is not `before`.
    fn step_by(&self, first: usize, before: impl Fn(&Step) -> bool) -> Option<&Step> {
        let until = (first + self.by_open.most + 1).min(self.steps.len());
        let steps = self.steps.get(first..until)?;
        steps.get(steps.partition_point(before))
    }

    /// The window that `at` lies in or the first after it; none if it is not known to lie in the
    /// span whole.
    pub(super) fn window_from(&self, at: i64) -> Option<(i64, i64)> {
        self.window(self.step_after(at)?)
    }

    /// The last window that opened at or before `at`; none as above.
    pub(super) fn window_until(&self, at: i64) -> Option<(i64, i64)> {
        let next = self.step_after(at)?;
        let window = self.window(next)?;
        if window.0 <= at { Some(window) } else { self.window(next.checked_sub(1)?) }
    }

    /// The index of the first step that ends with more than the open time up to `at`.
    fn step_after(&self, at: i64) -> Option<usize> {
        let open = self.open_until(at)?.wrapping_sub(self.before);
        if open as u64 >= self.total {
            return None;
        }
        let first = self.by_open.first(open as u64)?;
        let until = (first + self.by_open.most + 1).min(self.steps.len());
        let steps = self.steps.get(first..until)?;
        Some(first + steps.partition_point(|step| step.end() <= open))
    }

    /// The bounds of a window, unless they may have been cut.
    fn window(&self, index: usize) -> Option<(i64, i64)> {
        let [before, step] = self.steps.get(index.checked_sub(1)?..=index)? else { return None };
        let (opens, closes) = (step.closed() + before.end(), step.closed() + step.end());
        (opens > 0 && (closes as u64) < SPAN && opens < closes)
            .then_some((FROM + opens, FROM + closes))
    }

    /// Bytes of memory held.
    pub(super) fn size(&self) -> usize {
        let buckets = self.by_time.first.len() + self.by_open.first.len();
        self.steps.len() * size_of::<Step>() + buckets * size_of::<u16>()
    }
}

/// The steps of a timeline; none if they are too many.
fn steps(timeline: &Timeline) -> Option<Vec<Step>> {
    let seconds = |nanos: i64| (nanos / NANOS) as u32;
    let mut steps = vec![Step { closed: 0, end: 0 }];
    let mut last_close = i64::MIN;
    for (opens, closes) in timeline.open_between(FROM, UNTIL) {
        let open = seconds(closes - opens);
        let last = *steps.last()?;
        if opens == last_close && steps.len() > 1 {
            steps.last_mut()?.end += open;
        } else if steps.len() > MOST_WINDOWS {
            return None;
        } else {
            let closed = seconds(opens - FROM) - last.end;
            steps.push(Step { closed, end: last.end + open });
        }
        last_close = closes;
    }
    let end = steps.last()?.end;
    steps.extend([Step { closed: (SPAN / NANOS as u64) as u32, end }; AFTER]);
    Some(steps)
}

/// Which step is the first to look at, by buckets of time.
#[derive(Debug, Default)]
struct Buckets {
    first: Box<[u16]>,
    shift: u32,
    /// How many steps beyond the first may be the right one.
    most: usize,
}

impl Buckets {
    /// From ascending keys in seconds, for times up to `span` nanoseconds. A bucket's first step
    /// is `least` and one more for each key less than its begin plus `1 - inclusive`.
    fn new(keys: &[u64], span: u64, least: usize, inclusive: u64) -> Buckets {
        let bound = MOST_BUCKETS.min(4 * keys.len() + 64);
        let widest = u64::BITS - span.leading_zeros();
        let keys: Vec<u64> = keys.iter().map(|key| key * NANOS as u64 + inclusive).collect();
        let (mut best, mut most) = (widest, most_in_one(&keys, span, widest));
        for shift in (0..widest).rev() {
            let count = (span >> shift) as usize + 1;
            if most <= 1 || count > bound {
                break;
            }
            // Fewer buckets than windows cannot do.
            if count * 2 < keys.len() {
                continue;
            }
            let next = most_in_one(&keys, span, shift);
            if next < most {
                (best, most) = (shift, next);
            }
        }
        Buckets { first: firsts(&keys, span, least, best), shift: best, most }
    }

    #[inline]
    fn first(&self, time: u64) -> Option<usize> {
        self.first.get((time >> self.shift) as usize).map(|&first| usize::from(first))
    }
}

/// The first bucket that begins at a key or after it.
fn from_bucket(key: u64, shift: u32) -> usize {
    let end = u128::from(key) + (1u128 << shift) - 1;
    (end >> shift) as usize
}

/// How many keys most turn up from one bucket to the next, at least 1.
fn most_in_one(keys: &[u64], span: u64, shift: u32) -> usize {
    let last = (span >> shift) as usize + 1;
    let (mut most, mut count, mut before) = (1, 0, 0);
    for bucket in keys.iter().map(|&key| from_bucket(key, shift)).filter(|&bucket| bucket <= last) {
        // What is there from the beginning is not looked for.
        count = if bucket == before { count + usize::from(bucket > 0) } else { 1 };
        (most, before) = (most.max(count), bucket);
    }
    most
}

/// The first step of each bucket.
fn firsts(keys: &[u64], span: u64, least: usize, shift: u32) -> Box<[u16]> {
    let count = (span >> shift) as usize + 1;
    let mut first = Vec::with_capacity(count);
    for (key, step) in keys.iter().zip(least..) {
        first.resize(from_bucket(*key, shift).clamp(first.len(), count), step as u16);
    }
    first.resize(count, (keys.len() + least) as u16);
    first.into_boxed_slice()
}

#[cfg(test)]
mod tests {
    use super::super::compile::compile;
    use super::super::rules::Rules;
    use super::*;
    use crate::sla::zone::ZoneDatabase;

    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

    fn weekly(windows: &str) -> String {
        DAYS.map(|day| format!("\"{day}\":[{windows}]")).join(",")
    }

    /// The table of the near years and the segments for all years say the same.
    #[test]
    fn near_and_far_agree() {
        let dense: Vec<String> =
            (0..9).map(|hour| format!("[\"{hour:02}:00\",\"{hour:02}:0{hour}:30\"]")).collect();
        let thousand: Vec<String> = (0..1000)
            .map(|m| format!("[\"{:02}:{:02}\",\"{0:02}:{1:02}:30\"]", m / 60, m % 60))
            .collect();
        for (tz, week) in [
            ("America/New_York", weekly(r#"["09:00","17:00"]"#)),
            ("Australia/Lord_Howe", weekly(r#"["01:00","04:00"],["22:00","25:00"]"#)),
            ("Europe/Dublin", r#""sun":[["00:30","02:10"],["02:20","03:00"]]"#.to_owned()),
            ("Africa/Casablanca", weekly(&dense[..3].join(","))),
            ("Pacific/Apia", weekly(&dense.join(","))),
            ("UTC", weekly(r#"["00:00","24:00"]"#)),
            ("UTC", String::new()),
            ("UTC", weekly(&thousand.join(","))),
        ] {
            let definition = format!(r#"{{"tz":"{tz}","weekly":{{{week}}}}}"#);
            let rules = Rules::read(&serde_json::from_str(&definition).unwrap()).unwrap();
            let zone = ZoneDatabase::bundled().zone(tz).unwrap();
            let timeline = compile(rules, &zone).unwrap();
            let near = Near::new(&timeline);
            let (from, until) = (946_684_800_000_000_000, 2_524_608_000_000_000_000);
            let random = (0..20_000u64).map(|n| {
                let mixed = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                from + (mixed % 1_577_923_200_000_000_000) as i64
            });
            let grid = (0..20_000).map(|n| from + n * 600_000_000_000);
            for at in random.chain(grid).chain([from - 1, from, until - 1, until, until + 1]) {
                for at in [at - 1, at, at + 1] {
                    let open = timeline.open_until(at);
                    assert_eq!(near.open_until(at).unwrap_or(open), open, "{tz} {at}");
                    let is_open = timeline.is_open(at);
                    assert_eq!(near.is_open(at).unwrap_or(is_open), is_open, "{tz} {at}");
                    let earliest = near.earliest(open).or(timeline.earliest(open));
                    assert_eq!(earliest, timeline.earliest(open), "{tz} {at}");
                    let latest = near.latest(open).or(timeline.latest(open));
                    assert_eq!(latest, timeline.latest(open), "{tz} {at}");
                }
            }
        }
    }
}
