//! How many cuts, and of which kind? By a criterion, so that nobody has to choose a penalty.
//!
//! What the criterion is and why stands in the documentation of the module above.
//!
//! Cost: a few PELT runs on at most 400 places.

use super::clean::{correlation, normalise};
use super::cost::{Fit, Sums};
use super::pelt::{Plan, segment, settle, total};
use super::{ChangeKind, GRID};

/// The share of the variance that is not worth explaining.
pub(super) const UNSEEN: f64 = 0.02;
/// Rounds in which the penalty follows what is left unexplained.
const ROUNDS: usize = 6;

/// The cuts of the best description, or of the best of one kind.
pub(super) fn automatic(
    clean: &[f64],
    kind: Option<ChangeKind>,
    least: Option<usize>,
) -> Vec<usize> {
    let picture = Picture::new(clean);
    let kinds: &[ChangeKind] = match kind {
        None => &[ChangeKind::Mean, ChangeKind::Slope],
        Some(ChangeKind::Mean) => &[ChangeKind::Mean],
        Some(ChangeKind::Slope) => &[ChangeKind::Slope],
        Some(ChangeKind::Variance) => &[],
    };
    let best = kinds
        .iter()
        .map(|&kind| picture.describe(kind, least))
        .min_by(|a, b| a.criterion.total_cmp(&b.criterion));
    let (fit, mut cuts) = best.map_or((Fit::Level, Vec::new()), |best| (best.fit, best.cuts));
    let sums = Sums::new(clean, UNSEEN);
    let plan = Plan { fit, penalty: 0.0, least: least.unwrap_or(2), step: picture.step };
    cuts.iter_mut().for_each(|cut| *cut *= picture.step);
    settle(&sums, clean.len(), plan, &mut cuts);
    if matches!(kind, None | Some(ChangeKind::Variance)) {
        let more = spreads(clean, &cuts, least);
        add_apart(&mut cuts, &more, clean.len() / 20);
    }
    cuts
}

/// Adds cuts that are not near one already there.
fn add_apart(cuts: &mut Vec<usize>, more: &[usize], apart: usize) {
    let news: Vec<usize> = more
        .iter()
        .copied()
        .filter(|&new| cuts.iter().all(|&old| old.abs_diff(new) > apart))
        .collect();
    cuts.extend(news);
    cuts.sort_unstable();
}

/// Where the spread changes: that of the changes from point to point, in which neither level nor slope
/// nor a slow curve is left.
fn spreads(clean: &[f64], cuts: &[usize], least: Option<usize>) -> Vec<usize> {
    let mut changes: Vec<f64> = clean.windows(2).map(|pair| pair[1] - pair[0]).collect();
    cuts.iter().for_each(|&cut| changes[cut - 1] = 0.0);
    let n = changes.len();
    if n == 0 || !normalise(&mut changes) {
        return Vec::new();
    }
    let (fit, parameters, usual) = ChangeKind::Variance.terms(n);
    let sizes: Vec<f64> = changes.iter().map(|change| change.abs()).collect();
    let related = correlation(&means(&sizes, n.div_ceil(GRID)));
    // Changes share a point with their neighbours, which costs a third of what they tell.
    let independent = (1.0 - related) / (1.0 + related) / 1.5;
    let plan = Plan {
        fit,
        penalty: parameters * libm::log(n as f64) / independent,
        least: least.unwrap_or(usual).max(2),
        step: n.div_ceil(GRID),
    };
    let cuts = segment(&Sums::new(&changes, UNSEEN), n, plan);
    cuts.into_iter().map(|cut| cut + 1).collect()
}

/// The means of blocks of `step` values; what is left over belongs to the last.
fn means(values: &[f64], step: usize) -> Vec<f64> {
    let blocks = (values.len() / step).max(1);
    (0..blocks)
        .map(|i| {
            let to = if i + 1 == blocks { values.len() } else { (i + 1) * step };
            let block = &values[i * step..to];
            block.iter().sum::<f64>() / block.len() as f64
        })
        .collect()
}

/// The series as a picture of it shows it: at most 400 points.
struct Picture {
    sums: Sums,
    /// Points of the picture.
    n: usize,
    /// Points of the series for each.
    step: usize,
    independent: f64,
}

/// A way to cut the series, and how good it is.
struct Description {
    fit: Fit,
    cuts: Vec<usize>,
    criterion: f64,
}

impl Picture {
    fn new(clean: &[f64]) -> Picture {
        let step = clean.len().div_ceil(GRID);
        let mut points = means(clean, step);
        normalise(&mut points);
        let related = correlation(&points);
        let independent = points.len() as f64 * (1.0 - related) / (1.0 + related);
        Picture { sums: Sums::new(&points, UNSEEN), n: points.len(), step, independent }
    }

    /// The best cuts of one kind: the price of a cut follows what is left unexplained, and falls as
    /// long as the criterion does.
    fn describe(&self, kind: ChangeKind, least: Option<usize>) -> Description {
        let points = self.n as f64;
        let (fit, parameters, usual) = kind.terms(self.n);
        let least = least.map_or(usual, |least| least.div_ceil(self.step)).max(1);
        let log = libm::log(points.max(2.0));
        let whole = if fit == Fit::Line { log } else { 0.0 };
        let judge = |cuts: Vec<usize>| {
            let left = total(&self.sums, self.n, fit, &cuts) / points + UNSEEN;
            let known = whole + parameters * log * cuts.len() as f64;
            (left, Description { fit, cuts, criterion: self.independent * libm::log(left) + known })
        };
        let (mut left, mut best) = judge(Vec::new());
        for _ in 0..ROUNDS {
            let penalty = parameters * log * points / self.independent * left;
            let cuts = segment(&self.sums, self.n, Plan { fit, penalty, least, step: 1 });
            let (less, next) = judge(cuts);
            if next.criterion >= best.criterion {
                break;
            }
            (left, best) = (less, next);
        }
        best
    }
}
