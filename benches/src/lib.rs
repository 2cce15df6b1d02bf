//! Benchmarks of itom: one file a domain under `benches/`, peers in `peers.py`, results under
//! `results/`.

use std::time::Duration;

use criterion::Criterion;
use itom_core::sla::CalendarDefinition;

/// Criterion with less time for each benchmark than it takes by itself, so that all of them are
/// over in a few minutes. `--measurement-time` and `--warm-up-time` still win.
pub fn criterion() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
}

/// Nine to five in New York, with eleven holidays a year for so many years from 2000 on.
pub fn office(years: i32) -> CalendarDefinition {
    let days = ["mon", "tue", "wed", "thu", "fri"];
    let window = ["09:00".to_owned(), "17:00".to_owned()];
    let holidays = (2000..2000 + years)
        .flat_map(|year| (1..12).map(move |month| format!("{year}-{month:02}-15")));
    CalendarDefinition {
        tz: "America/New_York".to_owned(),
        weekly: days.iter().map(|day| (day.to_string(), vec![window.clone()])).collect(),
        holidays: holidays.collect(),
        ..CalendarDefinition::default()
    }
}
