//! Reads the PetShop data: its call graph as a CMDB, its metrics as observations.

use std::fs;
use std::path::Path;

use itom_core::cmdb::{Cmdb, ModelDefinition};
use itom_core::operations::{MetricSample, Observation};
use itom_core::table::{Column, Table};
use itom_core::{Duration, Timestamp};

type AnyResult<T> = Result<T, Box<dyn std::error::Error>>;

/// The statistic that is read of each metric.
const STATISTICS: [(&str, &str); 3] =
    [("latency", "Average"), ("availability", "Average"), ("requests", "Sum")];
const STEP: Duration = Duration::from_secs(300);

/// One issue of the data set, with the normal operation before it.
pub(crate) struct PetShop {
    edges: Vec<(String, String)>,
    classes: Vec<(String, String)>,
    normal: Metrics,
    odd: Metrics,
    /// The first row of the issue.
    pub(crate) issue_start: Timestamp,
    /// The last row of the issue.
    pub(crate) end: Timestamp,
}

/// The columns of a metrics file that are used, and its rows.
struct Metrics {
    series: Vec<(String, String)>,
    rows: Vec<(Timestamp, Vec<Option<f64>>)>,
}

impl PetShop {
    /// Reads `DATA/SCENARIO/{graph.csv,noissue/metrics.csv,SPLIT/issue_N/metrics.csv}`; the names
    /// of the classes come from `DATA/classes.csv`, or from the bundled one where there is none.
    pub(crate) fn read(
        data: &Path,
        scenario: &str,
        split: &str,
        issue: &str,
    ) -> AnyResult<PetShop> {
        let folder = data.join(scenario);
        let mut normal = Metrics::read(&folder.join("noissue/metrics.csv"))?;
        let odd = folder.join(split).join(format!("issue_{issue}/metrics.csv"));
        if !odd.exists() {
            return Err(format!("there is no issue {issue}: {} is missing", odd.display()).into());
        }
        let odd = Metrics::read(&odd)?;
        let (Some(start), Some(end)) = (odd.rows.first(), odd.rows.last()) else {
            return Err("the issue has no rows".into());
        };
        let (issue_start, end) = (start.0, end.0);
        normal.shift_to_end_at(issue_start - STEP);
        let own_classes = data.join("classes.csv");
        let bundled = concat!(env!("CARGO_MANIFEST_DIR"), "/data/petshop/classes.csv");
        let classes = if own_classes.exists() { own_classes.as_path() } else { Path::new(bundled) };
        Ok(PetShop {
            edges: read_edges(&folder.join("graph.csv"))?,
            classes: read_pairs(classes)?,
            normal,
            odd,
            issue_start,
            end,
        })
    }

    /// The topology: every component an item, every call a dependency.
    pub(crate) fn cmdb(&self) -> AnyResult<Cmdb> {
        let at = self.normal.rows.first().map_or(self.issue_start, |row| row.0);
        let mut ids: Vec<&str> =
            self.edges.iter().flat_map(|(a, b)| [a.as_str(), b.as_str()]).collect();
        let measured = [&self.normal, &self.odd].into_iter().flat_map(|m| &m.series);
        ids.extend(measured.map(|(item, _)| item.as_str()));
        ids.sort_unstable();
        ids.dedup();
        let items = Table::new([
            ("id", Column::Text(ids.iter().copied().collect())),
            ("class", Column::Text(ids.iter().map(|id| self.class(id)).collect())),
        ])?;
        let relations = Table::new([
            ("source", Column::Text(self.edges.iter().map(|edge| edge.0.as_str()).collect())),
            ("kind", Column::Text(self.edges.iter().map(|_| "depends_on").collect())),
            ("target", Column::Text(self.edges.iter().map(|edge| edge.1.as_str()).collect())),
        ])?;
        let mut cmdb = Cmdb::new(ModelDefinition::operations())?;
        cmdb.load(&items, Some(&relations), at, at)?;
        Ok(cmdb)
    }

    /// The observations, a row of the files at a time: normal operation, then the issue.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Vec<Observation>> {
        [&self.normal, &self.odd].into_iter().flat_map(Metrics::observations)
    }

    /// The class of the first pattern that the item's name contains.
    fn class(&self, item: &str) -> &str {
        let known = self.classes.iter().find(|(pattern, _)| item.contains(pattern.as_str()));
        known.map_or("service", |(_, class)| class)
    }
}

impl Metrics {
    /// Three header rows — component, metric, statistic — one of another kind, then the rows.
    fn read(path: &Path) -> AnyResult<Metrics> {
        let text = read_text(path)?;
        let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let mut header = || lines.next().ok_or(format!("{}: no header", path.display()));
        let (items, metrics, statistics) = (header()?, header()?, header()?);
        let used: Vec<usize> = (1..items.len())
            .filter(|&column| {
                let heading = (metrics.get(column).copied(), statistics.get(column).copied());
                STATISTICS.iter().any(|&(m, s)| heading == (Some(m), Some(s)))
            })
            .collect();
        let series = used.iter().map(|&c| (items[c].to_owned(), metrics[c].to_owned())).collect();
        let mut rows = Vec::new();
        for cells in lines {
            let Ok(seconds) = cells[0].parse::<f64>() else { continue };
            let cell = |&column: &usize| match cells.get(column) {
                None | Some(&"") => Ok(None),
                Some(text) => text.parse().map(Some),
            };
            let values = used.iter().map(cell).collect::<Result<Vec<Option<f64>>, _>>()?;
            rows.push((Timestamp::from_secs(seconds as i64), values));
        }
        rows.sort_by_key(|row| row.0);
        Ok(Metrics { series, rows })
    }

    fn shift_to_end_at(&mut self, end: Timestamp) {
        let Some(shift) = self.rows.last().map(|row| end - row.0) else { return };
        self.rows.iter_mut().for_each(|row| row.0 = row.0 + shift);
    }

    fn observations(&self) -> impl Iterator<Item = Vec<Observation>> {
        self.rows.iter().map(|(time, values)| {
            let samples = self.series.iter().zip(values);
            samples
                .map(|((item, metric), &value)| {
                    Observation::Metric(MetricSample {
                        time: *time,
                        item: item.clone(),
                        metric: metric.clone(),
                        value,
                    })
                })
                .collect()
        })
    }
}

/// The adjacency matrix: a row depends on the columns it calls.
fn read_edges(path: &Path) -> AnyResult<Vec<(String, String)>> {
    let text = read_text(path)?;
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap_or("").split(',').skip(1).collect();
    let mut edges = Vec::new();
    for line in lines {
        let (consumer, cells) = line.split_once(',').unwrap_or((line, ""));
        for (provider, cell) in names.iter().zip(cells.split(',')) {
            if !matches!(cell, "" | "0" | "0.0") {
                edges.push((consumer.to_owned(), (*provider).to_owned()));
            }
        }
    }
    Ok(edges)
}

/// The lines of a file of two columns, without its header.
fn read_pairs(path: &Path) -> AnyResult<Vec<(String, String)>> {
    let text = read_text(path)?;
    let pairs = text.lines().skip(1).filter_map(|line| line.split_once(','));
    Ok(pairs.map(|(a, b)| (a.to_owned(), b.to_owned())).collect())
}

/// The files have no quoted cells; one that has would be read wrongly, so it is refused.
fn read_text(path: &Path) -> AnyResult<String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    if text.contains('"') {
        return Err(format!("{}: quoted cells are not supported", path.display()).into());
    }
    Ok(text)
}
