//! A condition as text: refused, or the same condition after it was written.
#![no_main]

use itom_core::sla::{Condition, NominalDuration, RelativeTarget};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(condition) = text.parse::<Condition>() {
        let written = condition.to_string();
        assert_eq!(written.parse::<Condition>().expect("our own text"), condition, "{written}");
    }
    if let Ok(duration) = text.parse::<NominalDuration>() {
        let written = duration.to_string();
        assert_eq!(
            written.parse::<NominalDuration>().expect("our own text"),
            duration,
            "{written}"
        );
    }
    drop(serde_json::from_str::<RelativeTarget>(text));
    drop(serde_json::from_str::<Condition>(text));
});
