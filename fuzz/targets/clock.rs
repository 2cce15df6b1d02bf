//! A clock and its events of any shape: refused, or every second is accounted for and the clock
//! comes back from its bytes.
#![no_main]

use itom_core::sla::{Clock, ClockEvent, ClockOptions, ClockState};
use itom_core::{Duration, Timestamp};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    // The instant of asking, what the clock is started with, then an event a line.
    let mut lines = text.lines();
    let at = lines.next().and_then(|at| at.parse::<i64>().ok()).unwrap_or_default();
    let Ok(options) = serde_json::from_str::<ClockOptions>(lines.next().unwrap_or("")) else {
        return;
    };
    let Ok(mut clock) = Clock::new(options) else { return };
    for line in lines {
        if let Ok(event) = serde_json::from_str::<ClockEvent>(line) {
            let _ = clock.apply(event);
        }
    }
    // An explanation of a century of working days is long and teaches nothing.
    let at = Timestamp::from_nanos(at.clamp(0, 2_000_000_000_000_000_000));
    let status = clock.status(at);
    if let Ok(segments) = clock.explain(at) {
        let counted = |chosen: fn(ClockState) -> bool| {
            let current = status.cycles.len() as u64;
            let own = segments.iter().filter(|s| s.cycle == current && s.open && chosen(s.state));
            own.map(|s| s.end - s.start).fold(Duration::ZERO, |sum, length| sum + length)
        };
        assert_eq!(counted(|state| state == ClockState::Running), status.business);
        assert_eq!(counted(|state| state == ClockState::Paused), status.paused);
    }
    let restored = Clock::from_bytes(&clock.to_bytes()).expect("our own bytes are read");
    assert_eq!(restored.status(at), status);
});
