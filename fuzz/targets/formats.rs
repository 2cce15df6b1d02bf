//! Texts in foreign formats: refused, or a calendar, a rule or objectives that can be used.
#![no_main]

use itom_core::Timestamp;
use itom_core::formats::{
    IcsOptions, IcsWriteOptions, OpenSlo, OpeningHoursOptions, RecurringWindow,
};
use itom_core::sla::{Calendar, CalendarDefinition};
use libfuzzer_sys::fuzz_target;

const FROM: Timestamp = Timestamp::from_secs(1_767_225_600);
const UNTIL: Timestamp = Timestamp::from_secs(1_798_761_600);

fn use_up(calendar: &Calendar) {
    let open = calendar.elapsed(FROM, UNTIL);
    if let Ok(windows) = calendar.windows(FROM, UNTIL) {
        let sum: i64 = windows.iter().map(|w| (w.closes - w.opens).as_nanos()).sum();
        assert_eq!(sum, open.as_nanos());
    }
}

fuzz_target!(|text: &str| {
    // The first line names the format.
    let Some((format, text)) = text.split_once('\n') else { return };
    match format {
        "ics" => {
            if let Ok(calendar) = Calendar::from_ics(text, &IcsOptions::default()) {
                use_up(&calendar);
                drop(calendar.to_ics(&IcsWriteOptions::default()));
            }
        }
        "opening_hours" => {
            let options =
                OpeningHoursOptions { tz: "Europe/Berlin".to_owned(), ..Default::default() };
            drop(Calendar::from_opening_hours(text, &options).map(|calendar| use_up(&calendar)));
        }
        "openslo" => drop(OpenSlo::read(text).map(|document| document.build())),
        "rrule" => {
            let window = RecurringWindow {
                rrule: Some(text.to_owned()),
                dtstart: "2026-01-04T02:00:00".to_owned(),
                tz: "Europe/Berlin".to_owned(),
                duration: itom_core::Duration::from_secs(3600),
                except: Vec::new(),
            };
            if let Ok(windows) = window.between(FROM, UNTIL) {
                assert!(windows.iter().all(|w| w.opens < w.closes));
            }
        }
        _ => {}
    }
    drop(serde_json::from_str::<CalendarDefinition>(text));
});
