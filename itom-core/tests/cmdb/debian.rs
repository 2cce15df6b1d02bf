//! The dependencies of a whole distribution, from the machine's own package lists: real redundancy
//! groups (`a | b`, and virtual packages with several providers), against counting in a loop.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use itom_core::Timestamp;
use itom_core::cmdb::Cmdb;
use itom_core::table::{Column, Table, TextColumn};

use crate::impact::{Groups, oracle};

/// The lists as apt knows them; `None` where there is no apt or it has no lists.
fn lists() -> Option<String> {
    let output = Command::new("apt-cache").arg("dumpavail").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success() && text.lines().any(|line| line.starts_with("Depends: ")))
        .then_some(text)
}

/// The name in `name:any (>= 1) [arch]`.
fn name(alternative: &str) -> &str {
    let end = alternative.find([' ', '(', '[', ':']).unwrap_or(alternative.len());
    &alternative[..end]
}

/// Packages, and of each its groups: one of the alternatives of each clause is needed.
fn packages(text: &str) -> (Vec<&str>, Groups) {
    let mut fields: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    let mut package = "";
    for line in text.lines() {
        match line.split_once(": ") {
            Some(("Package", name)) => {
                package = name;
                fields.entry(package).or_default();
            }
            Some((key @ ("Depends" | "Pre-Depends" | "Provides"), list)) => {
                fields.entry(package).or_default().push((key, list));
            }
            _ => {}
        }
    }
    let names: Vec<&str> = fields.keys().copied().collect();
    let mut providers: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for (n, (package, fields)) in fields.iter().enumerate() {
        providers.entry(package).or_default().insert(n);
        for (_, list) in fields.iter().filter(|(key, _)| *key == "Provides") {
            for provided in list.split(", ") {
                providers.entry(name(provided)).or_default().insert(n);
            }
        }
    }
    let groups = fields.values().map(|fields| {
        let lists = fields.iter().filter(|(key, _)| *key != "Provides");
        let clauses: BTreeSet<Vec<usize>> = lists
            .flat_map(|(_, list)| list.split(", "))
            .map(|clause| {
                let all = clause.split(" | ").filter_map(|one| providers.get(name(one)));
                all.flatten().copied().collect::<BTreeSet<usize>>().into_iter().collect()
            })
            .filter(|members: &Vec<usize>| !members.is_empty())
            .collect();
        clauses.into_iter().map(|members| (1, members)).collect()
    });
    let groups = groups.collect();
    (names, groups)
}

fn load(names: &[&str], groups: &Groups) -> Cmdb {
    let same = |word: &'static str, n: usize| {
        Column::Text(std::iter::repeat_n(Some(word), n).collect::<TextColumn>())
    };
    let [mut sources, mut targets, mut pools] = [(); 3].map(|()| TextColumn::default());
    let mut min_up = Vec::new();
    for (source, groups) in groups.iter().enumerate() {
        for (n, (need, members)) in groups.iter().enumerate() {
            for member in members {
                let pooled = members.len() > 1;
                sources.push(Some(names[source]));
                targets.push(Some(names[*member]));
                pools.push(pooled.then(|| format!("clause {n}")).as_deref());
                min_up.push(pooled.then_some(i64::from(*need)));
            }
        }
    }
    let ids: TextColumn = names.iter().map(|name| Some(*name)).collect();
    let items =
        Table::new([("id", Column::Text(ids)), ("class", same("package", names.len()))]).unwrap();
    let relations = Table::new([
        ("kind", same("depends_on", min_up.len())),
        ("source", Column::Text(sources)),
        ("target", Column::Text(targets)),
        ("group", Column::Text(pools)),
        ("min_up", Column::Int(min_up)),
    ])
    .unwrap();
    let mut db = Cmdb::default();
    let at = Timestamp::from_secs(0);
    db.load(&items, Some(&relations), at, at).unwrap();
    db
}

#[test]
fn the_packages_of_debian_fall_as_their_clauses_say() {
    let Some(text) = lists() else {
        println!("skipped: no package lists (apt-cache dumpavail)");
        return;
    };
    let (names, groups) = packages(&text);
    let pooled = groups.iter().flatten().filter(|(_, members)| members.len() > 1).count();
    println!("{} packages, {pooled} clauses with alternatives", names.len());
    let view = load(&names, &groups).at(None, None);
    let mut in_use = vec![0; names.len()];
    for member in groups.iter().flatten().flat_map(|(_, members)| members) {
        in_use[*member] += 1;
    }
    let mut hubs: Vec<usize> = (0..names.len()).collect();
    hubs.sort_by_key(|n| std::cmp::Reverse(in_use[*n]));
    let spread = (0..names.len()).step_by((names.len() / 25).max(1)).map(|n| vec![n]);
    let pairs = hubs.windows(2).take(3).map(<[usize]>::to_vec);
    let mut largest = 0;
    for failed in hubs[..3].iter().map(|n| vec![*n]).chain(spread).chain(pairs) {
        let ids: Vec<&str> = failed.iter().map(|n| names[*n]).collect();
        let impact = view.impact(&ids).unwrap();
        let want: BTreeSet<&str> = oracle(&groups, &failed).into_iter().map(|n| names[n]).collect();
        let down: BTreeSet<&str> = impact.down().into_iter().collect();
        assert!(down == want, "{ids:?}: {} down, {} expected", down.len(), want.len());
        largest = largest.max(want.len());
    }
    assert!(largest > names.len() / 20, "{largest} down: no impact was large");
}
