//! The review as a page.

use std::collections::BTreeMap;

use itom_core::Timestamp;
use itom_core::sla::Attainment;
use itom_examples::page;

use crate::history::{hours, target};
use crate::recover::{LENGTHS, OPENINGS};
use crate::{Review, recover};

/// Groups in the picture of attainment by group and month.
const MOST_GROUPS: usize = 14;
/// Months with fewer incidents are left out of that picture.
const FEWEST: u64 = 100;

pub(super) fn page(review: &Review) -> String {
    let best = &review.search.best;
    let counted =
        |counted: fn(&Attainment) -> u64| -> u64 { review.months.iter().map(counted).sum() };
    let (met, broken) = (counted(|month| month.met), counted(|month| month.breached));
    let explained = &review.verdicts[2];
    let facts = page::facts(&[
        (
            "Incidents",
            page::count(review.incidents.len() as u64),
            format!("in {} updates", page::count(review.updates as u64)),
        ),
        (
            "Verdicts explained",
            format!("{:.2} %", 100.0 * explained.right as f64 / explained.of as f64),
            format!("{} of {} of priority 3", explained.right, explained.of),
        ),
        (
            "Attainment",
            format!("{:.1} %", 100.0 * met as f64 / (met + broken) as f64),
            format!("{} breached", page::count(broken)),
        ),
        ("Forecast", review.forecasts.figure(), review.forecasts.remark()),
    ]);
    let lead = format!(
        "The log says whether each promise was kept, not what it was. {} agreements were tried; the one that \
         explains the verdicts is {} from 08:00 to {:02}:00 in a zone {} hours behind the printed clock, {:.0} \
         business hours for priority 3.",
        review.search.tried,
        best.week,
        8 + best.hours,
        (best.opens - 8).rem_euclid(24),
        hours(best.target)
    );
    let title = "A service desk and what it promised";
    let eyebrow = "24,918 incidents of an IT company, 2016 to 2017 · UCI data set 498";
    let sections = [
        facts,
        promise(review),
        attainment(review),
        review.forecasts.section(),
        waiting(review),
        what_if(review),
    ];
    page::page(title, eyebrow, &lead, &sections)
}

fn promise(review: &Review) -> String {
    let best = &review.search.best;
    let rows: Vec<String> = LENGTHS.map(|hours| format!("{hours} hours a day")).collect();
    let columns: Vec<String> = OPENINGS.map(|opens| format!("{opens:02}")).collect();
    let lowest = review.search.shares.iter().flatten().copied().fold(1.0, f64::min);
    let cells: Vec<Vec<_>> = review
        .search
        .shares
        .iter()
        .map(|row| {
            // The shade runs from the worst promise to the best.
            let shade = |share: f64| ((share - lowest) / (1.0 - lowest)).powi(3);
            row.iter().map(|&share| Some((shade(share), format!("{:.1}", 100.0 * share)))).collect()
        })
        .collect();
    let ring = (best.hours - LENGTHS.start(), best.opens - OPENINGS.start);
    let grid = page::grid(
        "Share of verdicts explained, by hours a day and opening hour",
        ("Monday to Friday", &rows),
        ("opens at, on the printed clock", &columns),
        &cells,
        Some((ring.0 as usize, ring.1 as usize)),
    );
    let table: Vec<Vec<String>> = review
        .verdicts
        .iter()
        .map(|own| {
            vec![
                format!("priority {}", own.priority),
                target(own.target),
                page::count(own.right as u64),
                page::count(own.of as u64),
                format!("{:.3} %", 100.0 * own.right as f64 / own.of as f64),
            ]
        })
        .collect();
    let zones = review.search.zones.first().map_or(String::new(), |(zone, right)| {
        format!(
            " No rule of daylight saving does better: the best of {} zones, {zone}, explains {right}.",
            review.search.zones.len()
        )
    });
    let lead = format!(
        "Percent of the verdicts on priority 3 that each window from Monday to Friday explains, each with its own best \
         target. The ring is {} explained of {}.{zones}",
        best.right, review.verdicts[2].of
    );
    let head = ["", "target", "explained", "of", "share"];
    page::section("What was promised", &lead, &[grid, page::table(&head, &table)])
}

fn month_of(row: &Attainment) -> String {
    row.start.map_or(String::new(), |start: Timestamp| start.to_string()[..7].to_owned())
}

fn attainment(review: &Review) -> String {
    let months: Vec<(String, u64, u64)> =
        review.months.iter().map(|month| (month_of(month), month.met, month.breached)).collect();
    let columns = page::columns("Promises by month of opening", "Incidents opened", &months);
    let mut groups: BTreeMap<&str, u64> = BTreeMap::new();
    for row in &review.groups {
        *groups.entry(row.group.as_deref().unwrap_or("none")).or_default() +=
            row.met + row.breached;
    }
    let mut largest: Vec<(&str, u64)> = groups.into_iter().collect();
    largest.sort_by_key(|group| std::cmp::Reverse(group.1));
    largest.truncate(MOST_GROUPS);
    let full = months.iter().filter(|month| month.1 + month.2 >= FEWEST);
    let names: Vec<String> = full.map(|month| month.0.clone()).collect();
    let cell = |group: &str, month: &String| {
        let own = |row: &&Attainment| {
            row.group.as_deref().unwrap_or("none") == group && month_of(row) == *month
        };
        let ratio = review.groups.iter().find(own).and_then(|row| row.ratio)?;
        Some((ratio * ratio, format!("{:.0}", 100.0 * ratio)))
    };
    let cells: Vec<Vec<_>> = largest
        .iter()
        .map(|(group, _)| names.iter().map(|month| cell(group, month)).collect())
        .collect();
    let rows: Vec<String> =
        largest.iter().map(|(group, count)| format!("group {group} ({count})")).collect();
    let grid =
        page::grid("Attainment by group", ("Group (incidents)", &rows), ("", &names), &cells, None);
    let legend = page::legend(&[("kept", "kept".to_owned()), ("broken", "breached".to_owned())]);
    let lead = format!(
        "Incidents by the month in which they were opened, and the share in percent whose promise was kept; below, \
         the same for the groups that closed most, in months with at least {FEWEST} incidents."
    );
    page::section("Attainment", &lead, &[columns, legend, grid])
}

fn waiting(review: &Review) -> String {
    let reasons: Vec<_> = review
        .pauses
        .iter()
        .map(|(reason, count, paused)| {
            (reason.clone(), hours(*paused), {
                let (hours, count) = (page::count(hours(*paused) as u64), page::count(*count));
                format!("{hours} h in {count}")
            })
        })
        .collect();
    let longest: Vec<_> = review
        .longest
        .iter()
        .map(|(number, paused, business)| {
            let words = format!("{:.0} h, ran {:.0} h", hours(*paused), hours(*business));
            (number.clone(), hours(*paused), words)
        })
        .collect();
    let lead = "This agreement counts on while the desk waits. How long it waited, in business hours, for whom, and the \
                incidents that waited longest.";
    let pair = page::pair(
        &page::bars("Waiting by reason", "first", &reasons),
        &page::bars("The longest waits", "second", &longest),
    );
    page::section("Waiting", lead, &[pair])
}

fn what_if(review: &Review) -> String {
    let rows: Vec<Vec<String>> = review
        .what_ifs
        .iter()
        .map(|(name, answer)| {
            let broken =
                answer.flips.iter().filter(|f| f.after.is_some_and(|a| a.breached)).count();
            vec![
                (*name).to_owned(),
                page::count(answer.before.breached),
                page::count(answer.after.breached),
                page::count(broken as u64),
                page::count((answer.flips.len() - broken) as u64),
            ]
        })
        .collect();
    let lead = format!(
        "The whole history under another agreement; nothing is rewritten. The desk's zone is {}.",
        recover::office(&review.search.best).tz
    );
    let head = ["if", "breached", "would be", "would break", "would be kept"];
    page::section("What if", &lead, &[page::table(&head, &rows)])
}
