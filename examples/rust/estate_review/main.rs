//! Seven years of a real estate: 16,147 configuration changes of Wikimedia's production, replayed.
//!
//! Each commit becomes one transaction of a CMDB. Then the past is asked: how many hosts could have
//! failed on a day before a service lost its quorum, which pools had the least to spare, what
//! differs between two days and which changes did it. It prints the review and draws it.
//!
//! The share of a pool that services need is read from the load balancer's `depool_threshold`, which
//! its operators set as a floor for taking hosts out; that a service is down below it is our proxy.
//!
//! ```text
//! cargo run --release --example estate_review -- --data wmf_cmdb_events.jsonl.gz [--html FILE]
//! ```

mod draw;
mod replay;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::{Path, PathBuf};

use itom_core::Timestamp;
use itom_core::cmdb::{Cmdb, Difference, View};
use itom_examples::page::count;

const MISSING: &str = "the configuration changes are not part of this repository: they are derived from the history of \
operations-puppet of the Wikimedia Foundation.\nGive the file with --data FILE, or the folder that holds \
wikimedia/wmf_cmdb_events.jsonl.gz in the environment variable ITOM_DATA.";

/// The two days that are compared.
const DAYS: [&str; 2] = ["2022-06-01T00:00:00Z", "2024-10-24T12:00:00Z"];

/// A pool on a day: how many hosts it has, and how many may fail before services lose quorum.
struct Pool {
    name: String,
    hosts: Vec<String>,
    /// The service instances that need it.
    instances: Vec<String>,
    /// How many hosts fail when the first instance is down, and when half of them are.
    first: usize,
    half: usize,
}

/// The estate on a day.
struct Day {
    date: String,
    view: View,
    pools: Vec<Pool>,
}

/// A month, and the hosts, pools and services there were at its end.
type Month = (String, [usize; 3]);

struct Review {
    events: usize,
    commits: usize,
    months: Vec<Month>,
    days: [Day; 2],
    difference: Difference,
    /// The commits between the days that changed most items, with their change numbers.
    changes: Vec<(String, usize)>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let Some((data, html)) = arguments()? else {
        eprintln!("{MISSING}");
        std::process::exit(2);
    };
    let replay = replay::replay(&data)?;
    check(&replay.db, &data)?;
    let review = review(&replay)?;
    print(&review);
    std::fs::write(&html, draw::page(&review))?;
    println!("\nThe page is {}.", html.display());
    Ok(())
}

/// The events and the page; none if no events were named.
fn arguments() -> Result<Option<(PathBuf, PathBuf)>, String> {
    let folder = std::env::var_os("ITOM_DATA").map(PathBuf::from);
    let mut data = folder.map(|folder| folder.join("wikimedia/wmf_cmdb_events.jsonl.gz"));
    let mut html = PathBuf::from("estate_review.html");
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        let mut value = || given.next().ok_or(format!("{name} needs a file"));
        match name.as_str() {
            "--data" => data = Some(value()?.into()),
            "--html" => html = value()?.into(),
            other => return Err(format!("unknown argument {other:?}: --data FILE, --html FILE")),
        }
    }
    Ok(data.map(|data| (data, html)))
}

/// Whether the replay ends where the repository stood, if the file that says so is beside it.
fn check(db: &Cmdb, data: &Path) -> Result<(), Box<dyn Error>> {
    let Ok(text) = std::fs::read_to_string(data.with_file_name("wmf_current.json")) else {
        println!("skipped: comparison with wmf_current.json, which is not beside the events");
        return Ok(());
    };
    let current: serde_json::Value = serde_json::from_str(&text)?;
    let view = db.at(None, None);
    let pools = pools(&view)?;
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for pool in &pools {
        let hosts = pool.hosts.iter().map(String::as_str);
        found.entry(pool.name.split(' ').next().unwrap_or_default()).or_default().extend(hosts);
    }
    found.retain(|_, hosts| !hosts.is_empty());
    let wanted: BTreeMap<&str, BTreeSet<&str>> = current["pools"]
        .as_object()
        .ok_or("wmf_current.json has no pools")?
        .iter()
        .map(|(pool, hosts)| {
            let hosts = hosts.as_array().into_iter().flatten();
            (pool.as_str(), hosts.filter_map(|host| host.as_str()).collect())
        })
        .collect();
    if found != wanted {
        return Err("the replay does not end where the repository stood".into());
    }
    let memberships: usize = wanted.values().map(BTreeSet::len).sum();
    println!("The replay ends where the repository stood: {memberships} memberships.");
    Ok(())
}

fn review(replay: &replay::Replay) -> Result<Review, Box<dyn Error>> {
    let db = &replay.db;
    let days = DAYS.map(|day| -> Result<Day, Box<dyn Error>> {
        let view = db.at(Some(day.parse()?), None);
        Ok(Day { date: day[..10].to_owned(), pools: pools(&view)?, view })
    });
    let [before, after] = days;
    let days = [before?, after?];
    let difference = days[0].view.diff(&days[1].view)?;
    Ok(Review {
        events: replay.events,
        commits: replay.commits,
        months: months(db)?,
        changes: changes(db, &difference)?,
        days,
        difference,
    })
}

/// The pools that services need, the largest first.
fn pools(view: &View) -> Result<Vec<Pool>, Box<dyn Error>> {
    let mut pools = Vec::new();
    for item in view.items(Some("pool"))? {
        let hosts: Vec<String> = view.providers(&item.id)?.into_iter().map(str::to_owned).collect();
        let instances: Vec<String> =
            view.consumers(&item.id)?.into_iter().map(str::to_owned).collect();
        let least = |wanted: usize| -> Result<usize, Box<dyn Error>> {
            let (mut low, mut high) = (0, hosts.len() + 1);
            while low + 1 < high {
                let middle = (low + high) / 2;
                let impact = view.impact(&hosts[..middle])?;
                let down = impact.down();
                let lost =
                    instances.iter().filter(|id| down.binary_search(&id.as_str()).is_ok()).count();
                if lost >= wanted { high = middle } else { low = middle }
            }
            Ok(high)
        };
        let (first, half) = match instances.len() {
            0 => (0, 0),
            n => (least(1)?, least(n.div_ceil(2))?),
        };
        pools.push(Pool { name: item.id, hosts, instances, first, half });
    }
    pools.sort_by(|a, b| (b.hosts.len(), &a.name).cmp(&(a.hosts.len(), &b.name)));
    Ok(pools)
}

/// The hosts, pools and services at the end of each quarter.
fn months(db: &Cmdb) -> Result<Vec<Month>, Box<dyn Error>> {
    let mut months = Vec::new();
    for year in 2017..=2024 {
        for month in ["03", "06", "09", "12"] {
            let day = format!("{year}-{month}-28T00:00:00Z");
            let at: Timestamp = day.parse()?;
            let view = db.at(Some(at), None);
            let counts = ["host", "pool", "service"].map(|class| view.items(Some(class)));
            let [hosts, pools, services] = counts;
            let counts = [hosts?.len(), pools?.len(), services?.len()];
            if counts[0] > 0 && at.as_nanos() < DAYS[1].parse::<Timestamp>()?.as_nanos() {
                months.push((format!("{year}-{month}"), counts));
            }
        }
    }
    Ok(months)
}

/// The changes that made most hosts what they are on the later day.
fn changes(db: &Cmdb, difference: &Difference) -> Result<Vec<(String, usize)>, Box<dyn Error>> {
    let mut changes: BTreeMap<String, usize> = BTreeMap::new();
    for item in difference.added.iter().filter(|item| item.class == "host") {
        let said = db.item_history(&item.id)?;
        let first = said.iter().rev().find(|statement| statement.class.is_some());
        let number = first.and_then(|statement| statement.transaction.change.clone());
        *changes.entry(number.unwrap_or_default()).or_default() += 1;
    }
    let mut changes: Vec<(String, usize)> = changes.into_iter().collect();
    changes.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
    changes.truncate(8);
    Ok(changes)
}

fn print(review: &Review) {
    println!(
        "{} changes in {} commits.\n",
        count(review.events as u64),
        count(review.commits as u64)
    );
    for day in &review.days {
        println!("{}: how many hosts may fail before services lose their quorum", day.date);
        println!(
            "  {:38} {:>6} {:>9} {:>12} {:>10}",
            "pool", "hosts", "services", "first lost", "half lost"
        );
        for pool in day.pools.iter().filter(|pool| !pool.instances.is_empty()).take(8) {
            println!(
                "  {:38} {:>6} {:>9} {:>12} {:>10}",
                pool.name,
                pool.hosts.len(),
                pool.instances.len(),
                pool.first,
                pool.half
            );
        }
        println!();
    }
    let difference = &review.difference;
    println!(
        "Between the two days: {} items came, {} went, {} changed; {} relations came, {} went, {} changed their quorum.",
        count(difference.added.len() as u64),
        count(difference.removed.len() as u64),
        count(difference.changed.len() as u64),
        count(difference.relations_added.len() as u64),
        count(difference.relations_removed.len() as u64),
        count(difference.relations_changed.len() as u64)
    );
    println!("Changes behind most of the new hosts:");
    for (number, hosts) in &review.changes {
        println!("  {number:14} {hosts:>4} hosts");
    }
}
