//! Events of which some are of no clock, of no action, or refer to what is not there: the others
//! are taken, and those are given back with their reasons.

use serde::{Deserialize, Serialize};

use super::events::{EventAction, EventColumns};
use super::ledger::Ledger;
use crate::sla::ClockEvent;
use crate::{Error, Result};

/// An event that a ledger did not take.
///
/// ```
/// # use itom_core::sla::RefusedEvent;
/// let json = r#"{"row": 7, "argument": "clock", "reason": "clock 9 is not in the ledger, which has 3"}"#;
/// assert_eq!(serde_json::from_str::<RefusedEvent>(json)?.row, 7);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RefusedEvent {
    /// Its place in the batch, from 0.
    pub row: u64,
    /// Which of its values was refused.
    pub argument: String,
    /// Why.
    pub reason: String,
}

impl RefusedEvent {
    /// An event that was refused with an error.
    pub fn new(row: usize, error: &Error) -> RefusedEvent {
        let argument = error.argument().unwrap_or_default().to_owned();
        RefusedEvent { row: row as u64, argument, reason: error.to_string() }
    }
}

impl Ledger {
    /// As [`Ledger::apply_columns`], but the events that it would refuse are left out and given
    /// back with their reasons, in the order of their rows.
    ///
    /// # Errors
    /// For columns of different length, and beyond what a ledger holds; nothing has changed then.
    ///
    /// ```
    /// use itom_core::sla::{Calendar, ClockOptions, EventAction, EventColumns, Ledger};
    ///
    /// let calendar = Calendar::from_json(r#"{"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}}"#)?;
    /// let start = "2026-06-15T10:00:00Z".parse()?;
    /// let mut ledger = Ledger::new();
    /// let clock = ledger.open("INC1", &ClockOptions::new("4h".parse()?, calendar, start))?;
    /// let refused = ledger.apply_columns_lenient(EventColumns {
    ///     clocks: &[clock, 7, clock],
    ///     instants: &[start.as_nanos(); 3],
    ///     actions: &[EventAction::Pause as u8, EventAction::Stop as u8, 99],
    ///     arguments: None,
    /// })?;
    /// assert_eq!(ledger.events(), 1);
    /// assert_eq!((refused[0].row, &*refused[0].argument), (1, "clock"));
    /// assert_eq!((refused[1].row, &*refused[1].argument), (2, "actions"));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn apply_columns_lenient(&mut self, events: EventColumns<'_>) -> Result<Vec<RefusedEvent>> {
        self.check_lengths(&events)?;
        let bounds: [u32; 16] = std::array::from_fn(|action| self.bound(action as u8));
        let length = events.clocks.len();
        let refused: Vec<RefusedEvent> = (0..length)
            .filter_map(|row| {
                let error = self.check_row(&events, row, &bounds).err()?;
                Some(RefusedEvent::new(row, &error))
            })
            .collect();
        if refused.is_empty() {
            self.apply_columns(events)?;
            return Ok(refused);
        }
        let mut left_out = refused.iter().map(|refused| refused.row as usize).peekable();
        let good: Vec<usize> =
            (0..length).filter(|&row| left_out.next_if_eq(&row).is_none()).collect();
        let clocks: Vec<u32> = good.iter().map(|&row| events.clocks[row]).collect();
        let instants: Vec<i64> = good.iter().map(|&row| events.instants[row]).collect();
        let actions: Vec<u8> = good.iter().map(|&row| events.actions[row]).collect();
        let arguments: Option<Vec<u32>> =
            events.arguments.map(|arguments| good.iter().map(|&row| arguments[row]).collect());
        self.apply_columns(EventColumns {
            clocks: &clocks,
            instants: &instants,
            actions: &actions,
            arguments: arguments.as_deref(),
        })?;
        Ok(refused)
    }

    /// As [`Ledger::apply_all`], but the events that it would refuse are left out and given back
    /// with their reasons.
    ///
    /// # Errors
    /// Beyond what a ledger holds; nothing has changed then.
    ///
    /// ```
    /// use itom_core::sla::{ClockAction, ClockEvent, Ledger};
    ///
    /// let stop = ClockEvent::new("2026-06-15T12:00:00Z".parse()?, ClockAction::Stop);
    /// let refused = Ledger::new().apply_all_lenient(&[(0, stop)])?;
    /// assert_eq!(refused[0].reason, "clock 0 is not in the ledger, which has 0");
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn apply_all_lenient(&mut self, events: &[(u32, ClockEvent)]) -> Result<Vec<RefusedEvent>> {
        let mut refused = Vec::new();
        let mut good = Vec::with_capacity(events.len());
        for (row, (clock, event)) in events.iter().enumerate() {
            match self.check_clock(*clock).and_then(|()| self.check_event(event)) {
                Ok(()) => good.push((*clock, event.clone())),
                Err(error) => refused.push(RefusedEvent::new(row, &error)),
            }
        }
        self.apply_all(&good)?;
        Ok(refused)
    }

    /// Refuses an event that is of no clock, of no action, or refers to what is not there.
    pub(super) fn check_row(
        &self,
        events: &EventColumns<'_>,
        row: usize,
        bounds: &[u32; 16],
    ) -> Result<()> {
        self.check_clock(events.clocks[row])?;
        let action = events.actions[row];
        if EventAction::from_code(action).is_none() {
            return Err(Error::invalid("actions", action, "codes of actions, 1 to 14"));
        }
        let argument = events.arguments.map_or(0, |arguments| arguments[row]);
        let bound = bounds[usize::from(action)];
        if argument >= bound {
            let expected = format!("numbers below {bound} for action {action}");
            return Err(Error::invalid("arguments", argument, expected));
        }
        Ok(())
    }

    /// Refuses columns of different length.
    pub(super) fn check_lengths(&self, events: &EventColumns<'_>) -> Result<()> {
        let length = events.clocks.len();
        Error::check_length("instants", events.instants.len(), "clocks", length)?;
        Error::check_length("actions", events.actions.len(), "clocks", length)?;
        let arguments = events.arguments.map_or(length, <[u32]>::len);
        Error::check_length("arguments", arguments, "clocks", length)
    }
}
