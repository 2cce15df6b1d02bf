//! The picture of a service level objective: what is left of its error budget, how fast it burns.

use super::label::Escaped;
use super::numbers;
use super::picture::{Picture, Px, TimeAxis, ValueAxis};
use super::{BudgetPoint, ReportObjective};

/// The most objectives on a page.
pub(super) const MOST_OBJECTIVES: usize = 8;
/// The most burn rates of one objective.
pub(super) const MOST_RATES: usize = 8;
/// The most points of a budget's history that are drawn.
const MOST_POINTS: usize = 400;

const BUDGET: (f64, f64) = (520.0, 150.0);

/// Attained share, budget over time, burn rates against their thresholds.
pub(super) fn draw(objective: &ReportObjective, index: usize) -> String {
    let said = |share: Option<f64>| share.map_or(numbers::NOTHING.to_owned(), numbers::share);
    let gone = objective
        .exhausted_at
        .map(|at| format!(" · gone at {} at the fastest rate", numbers::instant(at)))
        .unwrap_or_default();
    format!(
        "<article class=\"objective\"><h3>{}</h3>\n<p>{} · target {} over {} · attained {} · \
         <b>{} of the error budget left</b>{gone}</p>\n<div class=\"pair\">{}{}</div></article>\n",
        Escaped(&objective.name),
        Escaped(&objective.item),
        Escaped(&objective.target),
        numbers::duration(objective.window),
        said(objective.attained),
        said(objective.budget_left),
        budget(objective, index),
        rates(objective, index)
    )
}

fn budget(objective: &ReportObjective, index: usize) -> String {
    let mut points: Vec<BudgetPoint> =
        objective.history.iter().copied().filter(|point| point.left.is_finite()).collect();
    points.sort_by_key(|point| point.at);
    let step = points.len().div_ceil(MOST_POINTS).max(1);
    let last = points.last().copied();
    let mut points: Vec<BudgetPoint> = points.into_iter().step_by(step).collect();
    points.extend(last.filter(|last| points.last() != Some(last)));
    if points.is_empty() {
        return "<p class=\"quiet\">No history of the budget.</p>\n".to_owned();
    }
    let lowest = points.iter().fold(0.0, |low: f64, point| low.min(point.left));
    let title = format!("Error budget of {}", objective.name);
    let about = "The share of the error budget that is left, over time.";
    let mut picture = Picture::new(&format!("budget{index}"), BUDGET, &title, about);
    let (left, right, top, bottom) = (46.0, BUDGET.0 - 10.0, 22.0, BUDGET.1 - 26.0);
    let values = ValueAxis::new((lowest * 100.0).max(-1e6) * 1.05, 105.0, top, bottom);
    let times = TimeAxis::new(points.iter().map(|point| point.at), left, right);
    picture.text("tick", 0.0, 11.0, "Budget left, %");
    values.draw(&mut picture, left, right, "%");
    times.draw(&mut picture, bottom, bottom, 5);
    let zero = Px(values.y(0.0));
    let way: Vec<String> = points
        .iter()
        .map(|point| format!("{} {}", Px(times.x(point.at)), Px(values.y(point.left * 100.0))))
        .collect();
    let way = way.join("L");
    let (from, to) = (Px(times.x(points[0].at)), Px(times.x(points[points.len() - 1].at)));
    picture.add(format_args!(
        "<path class=\"budget-area\" d=\"M{from} {zero}L{way}L{to} {zero}Z\"/>\n\
         <path class=\"budget-line\" d=\"M{way}\"/>\n"
    ));
    picture.line("zero", (left, values.y(0.0)), (right, values.y(0.0)));
    picture.finish()
}

fn rates(objective: &ReportObjective, index: usize) -> String {
    let rates = &objective.burn_rates[..objective.burn_rates.len().min(MOST_RATES)];
    if rates.is_empty() {
        return String::new();
    }
    let height = 26.0 + 30.0 * rates.len() as f64;
    let title = format!("Burn rates of {}", objective.name);
    let about =
        "How many times as fast as allowed the budget is spent, against the alert threshold.";
    let mut picture = Picture::new(&format!("burn{index}"), (BUDGET.0, height), &title, about);
    let finite = |number: f64| if number.is_finite() { number.max(0.0) } else { 0.0 };
    let largest = rates
        .iter()
        .flat_map(|burn| [finite(burn.rate.unwrap_or(0.0)), finite(burn.threshold)])
        .fold(1.0, f64::max);
    let (left, right) = (96.0, BUDGET.0 - 132.0);
    let x = |rate: f64| left + finite(rate) / largest * (right - left);
    picture.text("tick", 0.0, 11.0, "Burn rate, 1× spends the budget exactly within the window");
    for (line, burn) in rates.iter().enumerate() {
        let y = 24.0 + 30.0 * line as f64;
        let rate = burn.rate.unwrap_or(0.0);
        let over = rate > burn.threshold;
        picture.text("tick", 0.0, y + 12.0, &format!("over {}", numbers::duration(burn.over)));
        picture.add(format_args!(
            "<rect class=\"track-bar\" x=\"{left}\" y=\"{}\" width=\"{}\" height=\"14\" rx=\"3\"/>\n\
             <rect class=\"{}\" x=\"{left}\" y=\"{}\" width=\"{}\" height=\"14\" rx=\"3\"/>\n",
            Px(y),
            Px(right - left),
            if over { "burn over" } else { "burn" },
            Px(y),
            Px(x(rate) - left)
        ));
        let threshold = x(burn.threshold);
        picture.line("threshold", (threshold, y - 4.0), (threshold, y + 18.0));
        let said = burn.rate.map_or(numbers::NOTHING.to_owned(), numbers::rate);
        let sign = if over { ">" } else { "of" };
        let said = format!("{said} {sign} {}", numbers::rate(burn.threshold));
        picture.text(if over { "tick strong" } else { "tick" }, right + 12.0, y + 12.0, &said);
    }
    picture.finish()
}
