//! A year of a service desk under its agreement: 141,712 updates of 24,918 incidents, replayed.
//!
//! The log tells of each incident whether its promise was kept, not what the promise was. This
//! example finds the hours, the zone and the target that explain the verdicts, drives SLA clocks by
//! the updates, reports attainment by month and group, forecasts breaches, names the longest
//! pauses, and says what another agreement would have changed. It prints the review and draws it.
//!
//! ```text
//! cargo run --release --example sla_review -- --data incident_event_log.csv.gz [--html FILE]
//! ```

mod draw;
mod forecast;
mod history;
mod recover;

use std::error::Error;
use std::path::PathBuf;

use itom_core::Duration;
use itom_core::sla::{
    AgreementsDefinition, Attainment, AttainmentOptions, Calendar, RecordLog, Replay, WhatIf,
    replay, what_if,
};
use itom_examples::incidents::Log;

use forecast::Forecasts;
use history::{Incident, hours, target};
use recover::{Promise, Search};

const MISSING: &str = "the incident log is not part of this repository: it is data set 498 of the UCI Machine Learning \
Repository, \"Incident management process enriched event log\" (CC BY 4.0).\nGive the file, gzipped or not, with --data FILE, \
or the folder that holds incidents/incident_event_log.csv.gz in the environment variable ITOM_DATA.";

/// How the recovered agreement does on the incidents of one priority.
struct Verdicts {
    priority: &'static str,
    target: Duration,
    right: usize,
    of: usize,
}

/// Everything the review says.
struct Review {
    incidents: Vec<Incident>,
    updates: usize,
    search: Search,
    verdicts: Vec<Verdicts>,
    months: Vec<Attainment>,
    groups: Vec<Attainment>,
    pauses: Vec<(String, u64, Duration)>,
    longest: Vec<(String, Duration, Duration)>,
    what_ifs: Vec<(&'static str, WhatIf)>,
    forecasts: Forecasts,
}

fn main() -> Result<(), Box<dyn Error>> {
    let Some((data, html)) = arguments()? else {
        eprintln!("{MISSING}");
        std::process::exit(2);
    };
    let log = Log::read(&data)?;
    let review = review(&log)?;
    print(&review);
    std::fs::write(&html, draw::page(&review))?;
    println!("\nThe page is {}.", html.display());
    Ok(())
}

/// The log and the page; none if no log was named.
fn arguments() -> Result<Option<(PathBuf, PathBuf)>, String> {
    let folder = std::env::var_os("ITOM_DATA").map(PathBuf::from);
    let mut data = folder.map(|folder| folder.join("incidents/incident_event_log.csv.gz"));
    let mut html = PathBuf::from("sla_review.html");
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        let mut value = || given.next().ok_or(format!("{name} needs a file"));
        match name.as_str() {
            "--data" => data = Some(value()?.into()),
            "--html" => html = value()?.into(),
            _ => {
                return Err(format!("unknown argument {name}; there are --data FILE, --html FILE"));
            }
        }
    }
    Ok(data.map(|data| (data, html)))
}

fn review(log: &Log) -> Result<Review, Box<dyn Error>> {
    let incidents = history::incidents(log)?;
    let of_priority = |priority: &str| -> Vec<&Incident> {
        incidents.iter().filter(|incident| incident.priority == priority).collect()
    };
    let search = recover::search(&of_priority("3"))?;
    let office = Calendar::new(recover::office(&search.best))?;
    let mut verdicts = Vec::new();
    for priority in ["1", "2", "3", "4"] {
        let own = of_priority(priority);
        let (target, right) = recover::threshold(&office, &own, Duration::ZERO)?;
        verdicts.push(Verdicts { priority, target, right, of: own.len() });
    }
    let records = history::updates(log)?;
    let agreement = agreement(&search.best, &verdicts)?;
    let replayed = replay(&agreement, &records, None)?;
    // The same clocks, but waiting does not count: for how long did incidents wait, and for whom?
    let waiting = replay(&pausing(&agreement)?, &records, None)?;
    Ok(Review {
        updates: log.rows.len(),
        months: replayed.attainment(&records, &monthly())?,
        groups: by_group(&replayed, &records)?,
        pauses: waiting.pauses().into_iter().map(|p| (p.reason, p.count, p.paused)).collect(),
        longest: longest(&waiting),
        what_ifs: what_ifs(&records, &agreement)?,
        forecasts: forecast::forecasts(log, &incidents, &office, search.best.target)?,
        incidents,
        search,
        verdicts,
    })
}

/// The agreement as it was found: one metric, a target for each priority, no pauses.
fn agreement(
    promise: &Promise,
    verdicts: &[Verdicts],
) -> Result<AgreementsDefinition, Box<dyn Error>> {
    let targets: Vec<_> = verdicts
        .iter()
        .map(|own| {
            // The best target is the longest time that was in time; below a minute is no promise.
            let target = own.target.max(Duration::from_secs(60));
            serde_json::json!({"when": format!("priority = '{}'", own.priority), "target": target,
                               "calendar": "desk"})
        })
        .collect();
    Ok(serde_json::from_value(serde_json::json!({
        "calendars": {"desk": recover::office(promise)},
        "agreements": [{"name": "service desk", "metrics": [{
            "name": "resolution", "stop": "closed = true", "retroactive_start": "opened_at",
            "targets": targets}]}]
    }))?)
}

/// The same agreement in which a clock rests while the desk waits for someone.
fn pausing(agreement: &AgreementsDefinition) -> Result<AgreementsDefinition, Box<dyn Error>> {
    let mut pausing = agreement.clone();
    let reasons = ["User Info", "Vendor", "Problem", "Evidence"].map(
        |whom| serde_json::json!({"reason": whom, "when": format!("state = 'Awaiting {whom}'")}),
    );
    pausing.agreements[0].metrics[0].pause =
        reasons.into_iter().map(serde_json::from_value).collect::<Result<_, _>>()?;
    Ok(pausing)
}

/// The agreements that a desk would ask about.
fn what_ifs(
    records: &RecordLog,
    agreement: &AgreementsDefinition,
) -> Result<Vec<(&'static str, WhatIf)>, Box<dyn Error>> {
    let mut answers =
        vec![("waiting did not count", what_if(records, agreement, &pausing(agreement)?, None)?)];
    let mut shorter = agreement.clone();
    for target in &mut shorter.agreements[0].metrics[0].targets {
        target.target = Duration::from_nanos(target.target.as_nanos() / 4 * 3);
    }
    answers.push(("targets were a quarter shorter", what_if(records, agreement, &shorter, None)?));
    let mut always = agreement.clone();
    always
        .calendars
        .insert("desk".to_owned(), Calendar::from_json(r#"{"tz": "UTC", "always": true}"#)?);
    answers
        .push(("the same hours ran around the clock", what_if(records, agreement, &always, None)?));
    Ok(answers)
}

fn monthly() -> AttainmentOptions {
    let json = r#"{"period": {"duration": "1M", "tz": "UTC"}, "counted_in": "opened"}"#;
    serde_json::from_str(json).expect("these options are valid")
}

/// The groups with the most incidents, month by month.
fn by_group(replayed: &Replay, records: &RecordLog) -> Result<Vec<Attainment>, Box<dyn Error>> {
    let options = AttainmentOptions { group: Some("group".to_owned()), ..monthly() };
    Ok(replayed.attainment(records, &options)?)
}

/// The incidents that waited longest: number, how long they waited and how long they ran.
fn longest(waiting: &Replay) -> Vec<(String, Duration, Duration)> {
    let mut outcomes: Vec<_> = waiting.outcomes().iter().collect();
    outcomes.sort_by_key(|outcome| std::cmp::Reverse(outcome.paused));
    let told = |outcome: &&itom_core::sla::Outcome| {
        (waiting.record(outcome).to_owned(), outcome.paused, outcome.business)
    };
    outcomes.iter().take(8).map(told).collect()
}

fn print(review: &Review) {
    let best = &review.search.best;
    println!("{} updates of {} incidents", review.updates, review.incidents.len());
    println!(
        "\nTHE PROMISE ({} agreements tried on the incidents of priority 3)",
        review.search.tried
    );
    println!(
        "  {} {:02}:00 to {:02}:00 on the printed clock: 08:00 to {:02}:00 in {}, no daylight saving",
        best.week,
        best.opens,
        best.opens + best.hours,
        8 + best.hours,
        recover::office(best).tz
    );
    for own in &review.verdicts {
        println!(
            "  priority {}: target {:>10} explains {} of {} verdicts ({:.3} %)",
            own.priority,
            target(own.target),
            own.right,
            own.of,
            100.0 * own.right as f64 / own.of as f64
        );
    }
    println!("  other weeks and zones on priority 3:");
    for week in review.search.weeks.iter().filter(|week| week.week != best.week) {
        println!("    {:<20} {}", week.week, week.right);
    }
    for (zone, right) in &review.search.zones {
        println!("    {zone:<20} {right}");
    }
    println!("\nATTAINMENT BY MONTH OF OPENING");
    for month in &review.months {
        let start = month.start.map(|start| start.to_string()[..7].to_owned());
        println!(
            "  {}  {:>5} met {:>5} breached  {}",
            start.unwrap_or_default(),
            month.met,
            month.breached,
            month.ratio.map_or("-".to_owned(), |ratio| format!("{:.1} %", 100.0 * ratio))
        );
    }
    println!("\nWAITING (business time)");
    for (reason, count, paused) in &review.pauses {
        println!("  {reason:<12} {count:>6} times {:>9.0} h", hours(*paused));
    }
    for (number, paused, business) in review.longest.iter().take(3) {
        println!(
            "  incident {number} waited {:.0} h and ran {:.0} h",
            hours(*paused),
            hours(*business)
        );
    }
    println!("\nWHAT IF");
    for (name, answer) in &review.what_ifs {
        let broken =
            answer.flips.iter().filter(|flip| flip.after.is_some_and(|a| a.breached)).count();
        println!(
            "  {name}: {} breached in place of {}; {broken} would break, {} would be kept",
            answer.after.breached,
            answer.before.breached,
            answer.flips.len() - broken
        );
    }
    review.forecasts.print();
}
