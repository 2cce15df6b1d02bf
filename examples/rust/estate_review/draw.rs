//! The review as a page.

use std::fmt::Write;

use itom_core::cmdb::View;
use itom_examples::page::{self, count, escaped};

use crate::{Day, Pool, Review};

/// Pools in the picture of what may fail.
const MOST_POOLS: usize = 14;

pub(super) fn page(review: &Review) -> String {
    let [before, after] = &review.days;
    let number =
        |day: &Day, class: &str| day.view.items(Some(class)).map_or(0, |items| items.len());
    let facts = page::facts(&[
        (
            "Changes",
            count(review.events as u64),
            format!("in {} commits", count(review.commits as u64)),
        ),
        (
            "Hosts",
            count(number(after, "host") as u64),
            format!("{} on {}", count(number(before, "host") as u64), before.date),
        ),
        (
            "Services",
            count(number(after, "service") as u64),
            format!("{} on {}", count(number(before, "service") as u64), before.date),
        ),
        (
            "Relations",
            count(after.view.relation_count() as u64),
            format!("{} on {}", count(before.view.relation_count() as u64), before.date),
        ),
    ]);
    let lead = "Each commit to the configuration of Wikimedia's production became one transaction of a CMDB. \
                Every question below is asked of the past as it was.";
    let eyebrow = "operations-puppet of the Wikimedia Foundation, 2017 to 2024";
    let sections = [facts, growth(review), failures(review), map(after), difference(review)];
    page::page("Seven years of an estate", eyebrow, lead, &sections)
}

fn growth(review: &Review) -> String {
    let (width, height, left, bottom) = (1120.0, 240.0, 52.0, 210.0);
    let mut picture = svg("Hosts, pools and services over time", width, height);
    let most = review.months.iter().flat_map(|(_, counts)| counts).max().copied().unwrap_or(1);
    let x = |n: usize| left + (width - left - 20.0) * n as f64 / (review.months.len() - 1) as f64;
    let y = |number: usize| bottom - (bottom - 20.0) * number as f64 / most as f64;
    for quarter in 0..=4 {
        let number = most * quarter / 4;
        let _ = writeln!(
            picture,
            "<line class=\"grid\" x1=\"{left}\" x2=\"{:.0}\" y1=\"{1:.1}\" y2=\"{1:.1}\"/>\
             <text class=\"tick end\" x=\"{2}\" y=\"{3:.1}\">{number}</text>",
            width - 20.0,
            y(number),
            left - 8.0,
            y(number) + 4.0
        );
    }
    for (n, (month, _)) in review.months.iter().enumerate().filter(|(_, (m, _))| m.ends_with("03"))
    {
        let _ = writeln!(
            picture,
            "<text class=\"tick middle\" x=\"{:.1}\" y=\"{}\">{}</text>",
            x(n),
            bottom + 18.0,
            &month[..4]
        );
    }
    for (class, which) in [("first", 0), ("second", 1), ("third", 2)] {
        let points = review.months.iter().enumerate();
        let way: Vec<String> =
            points.map(|(n, (_, counts))| format!("{:.1} {:.1}", x(n), y(counts[which]))).collect();
        let _ = writeln!(picture, "<path class=\"line {class}\" d=\"M{}\"/>", way.join("L"));
    }
    let legend = page::legend(&[
        ("first", "hosts in pools".to_owned()),
        ("second", "pools, once for each share that is needed".to_owned()),
        ("third", "services (the catalogue begins in 2020)".to_owned()),
    ]);
    let lead = "The state at the end of each quarter, read as of that day.";
    page::section("What there was", lead, &[picture + "</svg>\n", legend])
}

fn failures(review: &Review) -> String {
    let side = |day: &Day| {
        let needed: Vec<&Pool> =
            day.pools.iter().filter(|pool| !pool.instances.is_empty()).take(MOST_POOLS).collect();
        let bars: Vec<(String, f64, String)> = needed
            .iter()
            .map(|pool| {
                let words = format!("{} of {}", pool.first, pool.hosts.len());
                (short(&pool.name), pool.first as f64, words)
            })
            .collect();
        let heading = format!("<h3>{}</h3>\n", escaped(&day.date));
        heading + &page::bars(&format!("Hosts that may fail, {}", day.date), "first", &bars)
    };
    let [before, after] = &review.days;
    let lead = "How many hosts of a pool fail when the first service loses its quorum. The quorum is the share below \
                which the load balancer takes no host out; that a service is down below it is our reading.";
    page::section("How much may fail", lead, &[page::pair(&side(before), &side(after))])
}

/// The services of one site and the pools they need, those lost in red when 100 hosts of the
/// largest pool fail.
fn map(day: &Day) -> String {
    let Some(largest) = day.pools.iter().find(|pool| !pool.instances.is_empty()) else {
        return String::new();
    };
    let site = largest.name.split('/').next().unwrap_or_default();
    let failed = &largest.hosts[..100.min(largest.hosts.len())];
    let down = day
        .view
        .impact(failed)
        .map(|impact| impact.down().into_iter().map(str::to_owned).collect::<Vec<_>>());
    let down = down.unwrap_or_default();
    let is_down = |id: &str| down.binary_search_by(|other| other.as_str().cmp(id)).is_ok();
    let of_site = |pool: &&Pool| pool.name.starts_with(site) && !pool.instances.is_empty();
    let pools: Vec<&Pool> = day.pools.iter().filter(of_site).collect();
    let rows: usize = pools.iter().map(|pool| pool.instances.len()).sum();
    let height = 15.0 * rows as f64 + 20.0;
    let mut picture = svg(&format!("Services of {site} and the pools they need"), 1120.0, height);
    let mut row = 0;
    for pool in pools {
        let middle = 15.0 * (row as f64 + (pool.instances.len() - 1) as f64 / 2.0) + 14.0;
        for instance in &pool.instances {
            let y = 15.0 * row as f64 + 14.0;
            let class = if is_down(instance) { "broken" } else { "kept" };
            let name = instance.split('@').next().unwrap_or_default();
            let _ = writeln!(
                picture,
                "<path class=\"line {class}\" stroke-opacity=\".6\" d=\"M312 {0:.1} C 480 {0:.1} 480 {middle:.1} 640 {middle:.1}\"/>\
                 <circle class=\"dot {class}\" cx=\"312\" cy=\"{0:.1}\" r=\"3.5\"/>\
                 <text class=\"small end\" x=\"302\" y=\"{1:.1}\">{2}</text>",
                y,
                y + 4.0,
                escaped(name)
            );
            row += 1;
        }
        let class = if is_down(&pool.name) { "broken" } else { "first" };
        let radius = 2.0 + (pool.hosts.len() as f64).sqrt();
        let _ = writeln!(
            picture,
            "<circle class=\"dot {class}\" cx=\"640\" cy=\"{middle:.1}\" r=\"{radius:.1}\"/>\
             <text class=\"small\" x=\"{:.1}\" y=\"{:.1}\">{} — {} hosts</text>",
            650.0 + radius,
            middle + 4.0,
            escaped(&pool.name),
            pool.hosts.len()
        );
    }
    let legend = page::legend(&[
        ("kept", "keeps its quorum".to_owned()),
        ("broken", "lost".to_owned()),
        ("first", "pool, its area the number of hosts".to_owned()),
    ]);
    let lead = format!(
        "Load-balanced services in {site} on {} and the pools they need; red is what loses its quorum when {} hosts of {} fail.",
        day.date,
        failed.len(),
        largest.name
    );
    page::section(
        "The service map",
        &lead,
        &[picture + "</svg>\n", legend, totals(&day.view, failed)],
    )
}

/// What the failure means to services, which run in several sites.
fn totals(view: &View, failed: &[String]) -> String {
    let Ok(impact) = view.impact(failed) else { return String::new() };
    let of =
        |ids: Vec<&str>, wanted: fn(&str) -> bool| ids.into_iter().filter(|id| wanted(id)).count();
    let is_service = |id: &str| !id.contains(['@', '/', '.']);
    let words = format!(
        "{} instances are down; of the services, which run in several sites, {} are down and {} have lost a site.",
        of(impact.down(), |id| id.contains('@')),
        of(impact.down(), is_service),
        of(impact.degraded(), is_service)
    );
    format!("<p class=\"quiet\">{}</p>\n", escaped(&words))
}

fn difference(review: &Review) -> String {
    let [before, after] = &review.days;
    let found = &review.difference;
    let classes = ["host", "pool", "service", "service.instance"];
    let rows: Vec<Vec<String>> = classes
        .into_iter()
        .map(|class| {
            let added = found.added.iter().filter(|item| item.class == class).count();
            let removed = found.removed.iter().filter(|item| item.class == class).count();
            let changed = found.changed.iter().filter(|item| item.class == class).count();
            let words = [added, removed, changed].map(|number| count(number as u64));
            [class.to_owned()].into_iter().chain(words).collect()
        })
        .collect();
    let table = page::table(&["class", "came", "went", "changed"], &rows);
    let bars: Vec<(String, f64, String)> = review
        .changes
        .iter()
        .map(|(number, hosts)| (number.clone(), *hosts as f64, format!("{hosts} hosts")))
        .collect();
    let bars = page::bars("Changes behind most of the new hosts", "third", &bars);
    let lead = format!(
        "From {} to {}; and the changes, by their number in code review, that brought most of the new hosts.",
        before.date, after.date
    );
    page::section("What differs", &lead, &[page::pair(&table, &bars)])
}

fn svg(title: &str, width: f64, height: f64) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" aria-label=\"{}\">\n",
        escaped(title)
    )
}

/// A pool's name that fits beside a bar.
fn short(name: &str) -> String {
    let mut short: String = name.chars().take(28).collect();
    if short.len() < name.len() {
        short.push('…');
    }
    short
}
