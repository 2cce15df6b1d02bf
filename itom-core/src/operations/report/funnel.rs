//! The picture of the funnel: many observations, few incidents.

use super::Funnel;
use super::atlas::WIDTH;
use super::numbers;
use super::picture::{Picture, Px};

const HEIGHT: f64 = 118.0;
const MIDDLE: f64 = 42.0;

/// The stages from observations to incidents, each with its word for one and for many.
pub(super) fn stages(funnel: &Funnel) -> [(u64, &'static str, &'static str); 5] {
    [
        (funnel.observations, "observation", "observations"),
        (funnel.anomalies, "anomaly", "anomalies"),
        (funnel.events, "event", "events"),
        (funnel.alerts, "alert", "alerts"),
        (funnel.incidents, "incident", "incidents"),
    ]
}

/// The funnel, heights by the fourth root of the counts: a ratio of 10 000 is one of 10.
pub(super) fn draw(funnel: &Funnel) -> String {
    let stages = stages(funnel);
    let said: Vec<String> =
        stages.iter().map(|(count, one, many)| numbers::counted(*count, one, many)).collect();
    let title = "From observations to incidents";
    let mut picture = Picture::new("funnel", (WIDTH, HEIGHT), title, &(said.join(", then ") + "."));
    let root = |count: u64| (count as f64).sqrt().sqrt();
    let largest = stages.iter().map(|stage| root(stage.0)).fold(1.0, f64::max);
    let half = |count: u64| 1.5 + 34.0 * root(count) / largest;
    let flat = 96.0;
    let pitch = (WIDTH - flat) / (stages.len() - 1) as f64;
    for (index, &(count, one, many)) in stages.iter().enumerate() {
        let left = index as f64 * pitch;
        let (here, right) = (half(count), left + flat);
        if let Some(&(next, ..)) = stages.get(index + 1) {
            let (there, end) = (half(next), left + pitch);
            let bend = Px((right + end) / 2.0);
            let points = [MIDDLE - here, MIDDLE - there, MIDDLE + there, MIDDLE + here].map(Px);
            let (right, end) = (Px(right), Px(end));
            picture.add(format_args!(
                "<path class=\"flow\" d=\"M{right} {0}C{bend} {0} {bend} {1} {end} {1}V{2}C{bend} \
                 {2} {bend} {3} {right} {3}Z\"/>\n",
                points[0], points[1], points[2], points[3]
            ));
        }
        let class = if index + 1 == stages.len() { "stage last" } else { "stage" };
        picture.add(format_args!(
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{flat}\" height=\"{}\" rx=\"1.5\"/>\n",
            Px(left),
            Px(MIDDLE - here),
            Px(2.0 * here)
        ));
        picture.text("figure", left, HEIGHT - 19.0, &numbers::count(count));
        picture.text("caption", left, HEIGHT - 4.0, if count == 1 { one } else { many });
    }
    picture.finish()
}
