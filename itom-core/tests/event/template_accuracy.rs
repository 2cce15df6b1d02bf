//! Log templates against ground truth: the Loghub samples (Zhu et al., ISSRE 2023), if they are
//! there. One configuration for all systems; the group of a line is the id it was given at once.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use itom_core::event::TemplateMiner;

/// Grouping accuracy: the share of lines whose group has exactly the lines of their template.
/// Template accuracy: the F1 of templates whose lines are exactly right and whose text is the
/// annotated one.
struct Accuracy {
    grouping: f64,
    template_f1: f64,
}

#[test]
fn templates_of_real_systems_are_found() {
    let Some(folder) = std::env::var_os("ITOM_DATA").map(|data| Path::new(&data).join("loghub"))
    else {
        println!("skipped: set ITOM_DATA to the folder with loghub/");
        return;
    };
    let mut systems: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    systems.sort();
    let accuracies: Vec<Accuracy> = systems.iter().map(|system| accuracy(system)).collect();
    let mean =
        |of: fn(&Accuracy) -> f64| accuracies.iter().map(of).sum::<f64>() / accuracies.len() as f64;
    let (grouping, template_f1) = (mean(|a| a.grouping), mean(|a| a.template_f1));
    println!("mean: grouping accuracy {grouping:.4}, template F1 {template_f1:.4}");
    // The bars hold for systems nobody looked at as well; on the eight samples it is .99 and .80.
    assert!(grouping >= 0.90, "grouping accuracy {grouping}");
    assert!(template_f1 >= 0.45, "template F1 {template_f1}");
}

fn accuracy(system: &Path) -> Accuracy {
    let name = system.file_name().unwrap().to_str().unwrap();
    let bytes = std::fs::read(system.join(format!("{name}_2k.log_structured.csv"))).unwrap();
    let rows = rows(&String::from_utf8_lossy(&bytes));
    let column = |wanted: &str| rows[0].iter().position(|name| name == wanted).unwrap();
    let (content, event, text) = (column("Content"), column("EventId"), column("EventTemplate"));
    let mut miner = TemplateMiner::default();
    let mut pairs: BTreeMap<(&str, u64), usize> = BTreeMap::new();
    let mut truths: HashMap<&str, usize> = HashMap::new();
    let mut groups: HashMap<u64, usize> = HashMap::new();
    let mut texts: HashMap<&str, &str> = HashMap::new();
    for row in &rows[1..] {
        let id = miner.add(row[content].as_bytes()).id();
        *pairs.entry((&row[event], id)).or_default() += 1;
        *truths.entry(&row[event]).or_default() += 1;
        *groups.entry(id).or_default() += 1;
        texts.insert(&row[event], &row[text]);
    }
    let right: Vec<_> = pairs
        .iter()
        .filter(|((truth, id), lines)| truths[truth] == **lines && groups[id] == **lines)
        .collect();
    let lines: usize = right.iter().map(|(_, lines)| **lines).sum();
    let same = right
        .iter()
        .filter(|((truth, id), _)| miner.template(*id).unwrap().text == texts[truth])
        .count();
    let accuracy = Accuracy {
        grouping: lines as f64 / (rows.len() - 1) as f64,
        template_f1: 2.0 * same as f64 / (truths.len() + groups.len()) as f64,
    };
    let Accuracy { grouping, template_f1 } = accuracy;
    println!("{name}: grouping accuracy {grouping:.4}, template F1 {template_f1:.4}");
    accuracy
}

/// The rows of a CSV file, quoted cells with commas, quotes and line breaks included.
fn rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut characters = text.chars().filter(|c| *c != '\r').peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                cell.push('"');
                characters.next();
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            other => cell.push(other),
        }
    }
    if !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows
}
