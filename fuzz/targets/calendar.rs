//! A calendar definition of any shape: refused, or its arithmetic obeys its laws.
#![no_main]

use itom_core::sla::Calendar;
use itom_core::{Duration, Timestamp};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    // The first line holds an instant, another and a duration, in nanoseconds.
    let (numbers, definition) = text.split_once('\n').unwrap_or(("", text));
    let mut numbers = numbers.split(' ').map(|number| number.parse::<i64>().unwrap_or_default());
    let [start, end, duration] = [(); 3].map(|()| numbers.next().unwrap_or_default());
    let Ok(calendar) = Calendar::from_json(definition) else { return };
    let (start, end) = (Timestamp::from_nanos(start), Timestamp::from_nanos(end));
    assert_eq!(calendar.elapsed(start, end).as_nanos(), -calendar.elapsed(end, start).as_nanos());
    let duration = Duration::from_nanos(duration.saturating_abs());
    if let Some(due) = calendar.deadline(start, duration).expect("it is not negative") {
        assert!(due >= start && calendar.elapsed(start, due) == duration);
    }
    if let Some(begin) = calendar.deadline_back(end, duration).expect("it is not negative") {
        assert!(begin <= end && calendar.elapsed(begin, end) == duration);
    }
    let later = start + Duration::from_secs(90 * 86_400);
    if let Ok(windows) = calendar.windows(start, later) {
        let open: i64 = windows.iter().map(|w| (w.closes - w.opens).as_nanos()).sum();
        assert_eq!(open, calendar.elapsed(start, later).as_nanos());
    }
});
