//! A replay as tables that a [`BreachForecast`](crate::sla::BreachForecast) takes as they are.
//!
//! [`Replay::history`] has a row for each time that one of the chosen fields of a record changed
//! while its clock lived, with the business time used until then: what is learnt from.
//! [`Replay::running`] has a row for each clock that runs, as things stand: what is asked about.
//! Cancelled clocks came to no verdict and are in neither. Cost: one step an update and piece.

use super::attainment::AttainmentOptions;
use super::fields::column_of;
use super::log::RecordLog;
use super::replay::{Outcome, Replay};
use super::trace::{Doing, Trace};
use super::value::{FieldValue, NULL};
use crate::sla::ClockState;
use crate::table::{Column, Table, TextColumn};
use crate::{Duration, Result, Timestamp};

/// What a forecast is given of one clock at one time.
struct Moment {
    /// Index of the outcome.
    outcome: usize,
    /// Business time used when its values began to hold.
    since: i64,
    /// The values of the fields, by number.
    values: Vec<u32>,
}

impl Replay {
    /// The lives of clocks as the history that [`BreachForecast::fit`](crate::sla::BreachForecast)
    /// takes: `case`, `opened`, `target_s`, `used_s`, `since_s`, `ended`, `breached` and `fields`,
    /// a row for each time that one of the fields changed; of all metrics or those of one name.
    ///
    /// # Errors
    /// No record ever had such a field, one is named twice or as another column, or there is no
    /// such metric.
    ///
    /// ```
    /// # use itom_core::sla::{BreachForecast, RecordLog, RecordUpdate, replay};
    /// let mut log = RecordLog::new();
    /// for day in 1..=20 {
    ///     let (name, at) = (format!("INC{day}"), |hour| format!("2026-06-{day:02}T{hour}:00:00Z"));
    ///     log.extend(vec![
    ///         RecordUpdate::new(&name, at("08").parse()?).set("team", "desk"),
    ///         RecordUpdate::new(&name, at("10").parse()?).set("team", "network"),
    ///         RecordUpdate::new(&name, at(if day % 2 == 0 { "11" } else { "15" }).parse()?)
    ///             .set("done", true),
    ///     ])?;
    /// }
    /// # let definition = serde_json::from_str(r#"{"agreements": [{"name": "Gold", "metrics": [
    /// #     {"name": "resolution", "stop": "done = true", "targets": [{"target": "4h"}]}]}]}"#)?;
    /// let replay = replay(&definition, &log, None)?;
    /// let history = replay.history(&log, &["team"], None)?;
    /// assert_eq!(history.rows(), 40);
    /// assert_eq!(history.float("since_s")?[..2], [Some(0.0), Some(7_200.0)]);
    /// let definition = serde_json::from_str(r#"{"groups": ["team"]}"#)?;
    /// let forecast = BreachForecast::fit(definition, &history, replay.at())?;
    /// assert_eq!(forecast.cases(), 20);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn history(&self, log: &RecordLog, fields: &[&str], metric: Option<&str>) -> Result<Table> {
        let numbers = self.field_numbers(log, fields)?;
        let mut moments = Vec::new();
        let counts = |outcome: &Outcome| outcome.state != ClockState::Cancelled;
        for (index, outcome, trace) in self.asked(metric, counts)? {
            self.moments(log, (index, outcome, trace), &numbers, &mut moments);
        }
        self.laid_out(log, fields, &moments)
    }

    /// The clocks that run or are paused, as
    /// [`BreachForecast::probabilities`](crate::sla::BreachForecast::probabilities) takes them: the
    /// columns of [`Replay::history`] and `record`, a row each, with the values of now.
    ///
    /// # Errors
    /// As [`Replay::history`].
    ///
    /// ```
    /// # use itom_core::sla::{RecordLog, RecordUpdate, replay};
    /// # let mut log = RecordLog::new();
    /// log.extend(vec![
    ///     RecordUpdate::new("INC1", "2026-06-15T08:00:00Z".parse()?).set("team", "desk"),
    ///     RecordUpdate::new("INC1", "2026-06-15T09:00:00Z".parse()?).set("team", "network"),
    /// ])?;
    /// # let definition = serde_json::from_str(r#"{"agreements": [{"name": "Gold", "metrics": [
    /// #     {"name": "resolution", "stop": "done = true", "targets": [{"target": "4h"}]}]}]}"#)?;
    /// let at = "2026-06-15T11:00:00Z".parse()?;
    /// let clocks = replay(&definition, &log, Some(at))?.running(&log, &["team"], None)?;
    /// assert_eq!(clocks.text("team")?.get(0), Some("network"));
    /// assert_eq!(clocks.float("since_s")?, [Some(3_600.0)]);
    /// assert_eq!(clocks.float("used_s")?, [Some(10_800.0)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn running(&self, log: &RecordLog, fields: &[&str], metric: Option<&str>) -> Result<Table> {
        let numbers = self.field_numbers(log, fields)?;
        let mut moments: Vec<Moment> = Vec::new();
        let counts =
            |outcome: &Outcome| matches!(outcome.state, ClockState::Running | ClockState::Paused);
        for (index, outcome, trace) in self.asked(metric, counts)? {
            let mut own = Vec::new();
            self.moments(log, (index, outcome, trace), &numbers, &mut own);
            moments.extend(own.pop());
        }
        self.laid_out(log, fields, &moments)
    }

    fn field_numbers(&self, log: &RecordLog, fields: &[&str]) -> Result<Vec<Option<u32>>> {
        fields.iter().map(|field| log.known_field("fields", field)).collect()
    }

    /// The outcomes of the metrics asked for that began by now and are wanted.
    fn asked(
        &self,
        metric: Option<&str>,
        counts: impl Fn(&Outcome) -> bool,
    ) -> Result<impl Iterator<Item = (usize, &Outcome, &Trace)>> {
        let metric = metric.map(str::to_owned);
        let wanted = self.wanted(&AttainmentOptions { metric, ..AttainmentOptions::default() })?;
        let all =
            self.traces().enumerate().map(|(index, (outcome, trace))| (index, outcome, trace));
        Ok(all.filter(move |(_, outcome, _)| {
            wanted[outcome.metric as usize] && outcome.start <= self.at() && counts(outcome)
        }))
    }

    /// The values of the fields when a clock was attached, and each time that one changed.
    fn moments(
        &self,
        log: &RecordLog,
        (index, outcome, trace): (usize, &Outcome, &Trace),
        fields: &[Option<u32>],
        moments: &mut Vec<Moment>,
    ) {
        let mut values = vec![NULL; fields.len()];
        let until = trace.until(self.at().as_nanos());
        let mut is_new = true;
        for row in log.rows_of(outcome.record).iter().map(|&row| log.row(row)) {
            if row.at > until {
                break;
            }
            let mut changed = false;
            for &(field, value) in log.changes(row) {
                for (own, held) in fields.iter().zip(&mut values) {
                    if *own == Some(field) && *held != value {
                        *held = value;
                        changed = true;
                    }
                }
            }
            if row.at < trace.attached || !(changed || is_new) {
                continue;
            }
            let since = match is_new {
                true => 0,
                false => self.used_until(trace, row.at).min(outcome.business.as_nanos()),
            };
            // Updates of the instant at which it was attached say what it began with.
            if row.at == trace.attached && !is_new {
                moments.pop();
            }
            let since = if row.at == trace.attached { 0 } else { since };
            moments.push(Moment { outcome: index, since, values: values.clone() });
            is_new = false;
        }
    }

    /// The business time a clock used up to an instant.
    fn used_until(&self, trace: &Trace, at: i64) -> i64 {
        let program = self.program();
        trace.spans(at).filter(|(piece, _)| piece.doing == Doing::Running).fold(
            0_i64,
            |used, (piece, end)| {
                let calendar = &program.calendars[usize::from(piece.calendar)];
                let (from, until) = (calendar.open_until(piece.from), calendar.open_until(end));
                used.saturating_add(until.saturating_sub(from))
            },
        )
    }

    /// The moments as a table.
    fn laid_out(&self, log: &RecordLog, fields: &[&str], moments: &[Moment]) -> Result<Table> {
        let of = |moment: &Moment| &self.outcomes()[moment.outcome];
        let seconds = |nanos: &dyn Fn(&Moment) -> i64| {
            let each = |moment| Some(Duration::from_nanos(nanos(moment)).as_secs_f64());
            Column::Float(moments.iter().map(each).collect())
        };
        let opened: Vec<Option<Timestamp>> =
            moments.iter().map(|own| Some(of(own).start)).collect();
        let ended = |own: &Moment| of(own).state == ClockState::Stopped;
        let breached = |own: &Moment| ended(own).then_some(of(own).breached);
        let (mut cases, mut records) = (TextColumn::default(), TextColumn::default());
        for moment in moments {
            cases.push(Some(&self.case_name(of(moment))));
            records.push(Some(self.record(of(moment))));
        }
        let mut columns: Vec<(String, Column)> = vec![
            ("case".to_owned(), Column::Text(cases)),
            ("record".to_owned(), Column::Text(records)),
            ("opened".to_owned(), Column::Time(opened)),
            ("target_s".to_owned(), seconds(&|own| of(own).target.as_nanos())),
            ("used_s".to_owned(), seconds(&|own| of(own).business.as_nanos())),
            ("since_s".to_owned(), seconds(&|own| own.since)),
            ("ended".to_owned(), Column::Bool(moments.iter().map(|m| Some(ended(m))).collect())),
            ("breached".to_owned(), Column::Bool(moments.iter().map(breached).collect())),
        ];
        for (index, field) in fields.iter().enumerate() {
            let values: Vec<&FieldValue> =
                moments.iter().map(|own| log.values().value(own.values[index])).collect();
            columns.push(((*field).to_owned(), column_of(&values)));
        }
        Table::new(columns)
    }

    /// A name for a clock: its record's, and what else tells it from the record's other clocks.
    fn case_name(&self, outcome: &Outcome) -> String {
        let mut name = self.record(outcome).to_owned();
        if self.program().metrics.len() > 1 {
            name = format!("{name} / {} / {}", self.agreement(outcome), self.metric(outcome));
        }
        if outcome.cycle > 0 {
            name = format!("{name} #{}", outcome.cycle);
        }
        name
    }
}
