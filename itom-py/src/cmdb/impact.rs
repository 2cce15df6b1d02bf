//! Impact, and the questions about the graph: conversion only.

use std::collections::BTreeMap;
use std::sync::Arc;

use itom_core::cmdb::{
    CutSetQuery, Direction, FailureCauseQuery, GraphFilter, Impact as Core, ImpactRules, View,
};
use pyo3::basic::CompareOp;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyFrozenSet, PyIterator, PyList, PyString};

use super::Shared;
use crate::convert;
use crate::enter::enter;

pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Impact>()?;
    module.add_class::<ItemSet>()?;
    let py = module.py();
    let set = py.import("collections.abc")?.getattr("Set")?;
    set.call_method1("register", (py.get_type::<ItemSet>(),))?;
    Ok(())
}

/// More items than this get their Python texts when the first set is looked through, not before.
const AHEAD: u32 = 250_000;

pub(super) fn impact(shared: &Arc<Shared>, failed: &Bound<'_, PyAny>) -> PyResult<Impact> {
    let ids = convert::texts(failed, "failed")?;
    if shared.view.rows() <= AHEAD {
        shared.names(failed.py());
    }
    let impact = enter(failed.py(), || shared.view.impact(&ids))?;
    let sets = [(); 4].map(|()| PyOnceLock::new());
    Ok(Impact { impact: Arc::new(impact), shared: Arc::clone(shared), sets })
}

/// What is down, degraded and at risk when items fail; made by `View.impact`.
#[pyclass(frozen, module = "itom.cmdb")]
pub struct Impact {
    impact: Arc<Core>,
    shared: Arc<Shared>,
    /// Each made when it is first asked for.
    sets: [PyOnceLock<Py<ItemSet>>; 4],
}

#[derive(Clone, Copy)]
enum Which {
    Down,
    Degraded,
    AtRisk,
    Failed,
}

impl Impact {
    fn set<'py>(&self, py: Python<'py>, which: Which) -> PyResult<Bound<'py, ItemSet>> {
        let set = self.sets[which as usize].get_or_try_init(py, || {
            let (impact, shared) = (Arc::clone(&self.impact), Arc::clone(&self.shared));
            Py::new(py, ItemSet { impact, shared, which, whole: PyOnceLock::new() })
        })?;
        Ok(set.bind(py).clone())
    }
}

#[pymethods]
impl Impact {
    /// The items that are down; the failed ones belong to them.
    #[getter]
    fn down<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, ItemSet>> {
        self.set(py, Which::Down)
    }

    /// The items that are not down, but a group of theirs lost a member.
    #[getter]
    fn degraded<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, ItemSet>> {
        self.set(py, Which::Degraded)
    }

    /// The degraded items that one more loss in a group which already lost takes down.
    #[getter]
    fn at_risk<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, ItemSet>> {
        self.set(py, Which::AtRisk)
    }

    /// The items that failed themselves.
    #[getter]
    fn failed<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, ItemSet>> {
        self.set(py, Which::Failed)
    }

    /// Every redundancy group that lost a member, the least `slack` first: 0 is at risk, below 0 is
    /// down.
    fn groups<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let groups = enter(py, || Ok(self.impact.groups()))?;
        convert::to_python(py, &groups)
    }

    /// Why an item is affected: `.state`, `.lost` (its groups and what they lost) and `.path`, a
    /// chain from a failure to it in which each item went down before the next.
    ///
    /// >>> import itom, datetime as dt
    /// >>> db = itom.cmdb.Cmdb()
    /// >>> db.load(items={"id": ["shop", "web", "host"], "class": ["x"] * 3},
    /// ...         relations={"source": ["shop", "web"], "kind": ["uses", "runs_on"],
    /// ...                    "target": ["web", "host"]},
    /// ...         at=dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc))
    /// >>> why = db.at().impact(["host"]).why("shop")
    /// >>> why.state, why.path
    /// ('down', ['host', 'web', 'shop'])
    fn why<'py>(&self, id: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let text = convert::text(id, "id")?;
        let why = enter(id.py(), || self.impact.why(&text))?;
        convert::to_python(id.py(), &why)
    }

    fn __repr__(&self) -> String {
        let count = [
            self.impact.down_rows().len(),
            self.impact.degraded_rows().len(),
            self.impact.at_risk_rows().len(),
        ];
        format!(
            "<itom.cmdb.Impact: {} down, {} degraded, {} of them at risk>",
            count[0], count[1], count[2]
        )
    }
}

/// A set of ids that is not made before it is needed: its size and whether an id is in it cost
/// nothing of the sort. Immutable; equal to a frozenset of the same ids, and does what one does.
///
/// >>> import itom, datetime as dt
/// >>> db = itom.cmdb.Cmdb()
/// >>> db.load(items={"id": ["shop", "db"], "class": ["service", "database"]},
/// ...         relations={"source": ["shop"], "kind": ["uses"], "target": ["db"]},
/// ...         at=dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc))
/// >>> down = db.at().impact(["db"]).down
/// >>> len(down), "shop" in down, down == {"shop", "db"}, down - {"db"}
/// (2, True, True, frozenset({'shop'}))
#[pyclass(frozen, module = "itom.cmdb")]
pub struct ItemSet {
    impact: Arc<Core>,
    shared: Arc<Shared>,
    which: Which,
    whole: PyOnceLock<Py<PyFrozenSet>>,
}

impl ItemSet {
    fn rows(&self) -> &[u32] {
        match self.which {
            Which::Down => self.impact.down_rows(),
            Which::Degraded => self.impact.degraded_rows(),
            Which::AtRisk => self.impact.at_risk_rows(),
            Which::Failed => self.impact.failed_rows(),
        }
    }

    fn list<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.shared.list(py, self.rows())
    }

    /// By way of a list: `frozenset(list)` is twice as fast as adding one by one.
    fn whole<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyFrozenSet>> {
        let whole = self.whole.get_or_try_init(py, || {
            let whole = py.get_type::<PyFrozenSet>().call1((self.list(py)?,))?;
            PyResult::Ok(whole.cast_into::<PyFrozenSet>()?.unbind())
        })?;
        Ok(whole.bind(py).clone())
    }

    /// What a frozenset answers, `other` made one too if it is one of these.
    fn ask<'py>(&self, method: &str, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.whole(other.py())?.call_method1(method, (plain(other)?,))
    }
}

/// A frozenset in place of one of ours.
fn plain<'py>(other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    match other.cast::<ItemSet>() {
        Ok(own) => Ok(own.get().whole(other.py())?.into_any()),
        Err(_) => Ok(other.clone()),
    }
}

#[pymethods]
impl ItemSet {
    fn __len__(&self) -> usize {
        self.rows().len()
    }

    fn __contains__(&self, item: &Bound<'_, PyAny>) -> bool {
        let Ok(text) = item.cast::<PyString>() else { return false };
        let Ok(id) = text.to_str() else { return false };
        let Some(row) = self.shared.view.row_of(id) else { return false };
        match self.which {
            Which::Down => self.impact.is_down_row(row),
            _ => self.rows().binary_search(&row).is_ok(),
        }
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.list(py)?.try_iter()
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        self.whole(py)?.hash()
    }

    fn __richcmp__<'py>(
        &self,
        other: &Bound<'py, PyAny>,
        op: CompareOp,
    ) -> PyResult<Bound<'py, PyAny>> {
        let method = match op {
            CompareOp::Lt => "__lt__",
            CompareOp::Le => "__le__",
            CompareOp::Eq => "__eq__",
            CompareOp::Ne => "__ne__",
            CompareOp::Gt => "__gt__",
            CompareOp::Ge => "__ge__",
        };
        self.ask(method, other)
    }

    fn __and__<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.ask("__and__", other)
    }

    fn __rand__<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.ask("__rand__", other)
    }

    fn __or__<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.ask("__or__", other)
    }

    fn __ror__<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.ask("__ror__", other)
    }

    fn __sub__<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.ask("__sub__", other)
    }

    fn __rsub__<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.ask("__rsub__", other)
    }

    fn __xor__<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.ask("__xor__", other)
    }

    fn __rxor__<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.ask("__rxor__", other)
    }

    /// Whether nothing is in both.
    fn isdisjoint<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.ask("isdisjoint", other)
    }

    /// Whether all of these are in the other.
    fn issubset<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.ask("issubset", other)
    }

    /// Whether all of the other are in this one.
    fn issuperset<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.ask("issuperset", other)
    }

    /// What is in either.
    fn union<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.ask("union", other)
    }

    /// What is in both.
    fn intersection<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.ask("intersection", other)
    }

    /// What is in this one alone.
    fn difference<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.ask("difference", other)
    }

    /// What is in one of the two alone.
    fn symmetric_difference<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.ask("symmetric_difference", other)
    }

    /// A copy or a pickle of it is a frozenset.
    fn __reduce__<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyList>,))> {
        Ok((py.get_type::<PyFrozenSet>().into_any(), (self.list(py)?,)))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        const MOST: usize = 50;
        let count = self.rows().len();
        if count > MOST {
            return Ok(format!("<itom.cmdb.ItemSet of {count} items>"));
        }
        let list = self.list(py)?;
        list.sort()?;
        Ok(format!("ItemSet({})", list.repr()?))
    }
}

// -------------------------------------------------------------------- questions

pub(super) fn dependencies<'py>(
    view: &View,
    id: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let text = convert::text(id, "id")?;
    convert::to_python(id.py(), &enter(id.py(), || view.dependencies(&text))?)
}

fn texts(value: Option<&Bound<'_, PyAny>>, argument: &str) -> PyResult<Vec<String>> {
    value.map_or(Ok(Vec::new()), |value| convert::texts(value, argument))
}

fn count(value: Option<&Bound<'_, PyAny>>, argument: &str) -> PyResult<Option<u64>> {
    value.map(|value| convert::count(value, argument)).transpose()
}

/// The same, as far as memory can hold.
fn size(value: Option<&Bound<'_, PyAny>>, argument: &str) -> PyResult<Option<usize>> {
    Ok(count(value, argument)?.map(|count| usize::try_from(count).unwrap_or(usize::MAX)))
}

pub(super) fn causes<'py>(
    view: &View,
    down: &Bound<'py, PyAny>,
    classes: Option<&Bound<'py, PyAny>>,
    [max_size, max_trials, limit]: [Option<&Bound<'py, PyAny>>; 3],
) -> PyResult<Bound<'py, PyAny>> {
    let usual = FailureCauseQuery::default();
    let query = FailureCauseQuery {
        max_size: size(max_size, "max_size")?.unwrap_or(usual.max_size),
        classes: texts(classes, "classes")?,
        max_trials: count(max_trials, "max_trials")?.unwrap_or(usual.max_trials),
        limit: size(limit, "limit")?.unwrap_or(usual.limit),
    };
    let down_ids = convert::texts(down, "down")?;
    let causes = enter(down.py(), || view.causes(&down_ids, &query))?;
    convert::to_python(down.py(), &causes)
}

pub(super) fn cut_sets<'py>(
    view: &View,
    service: &Bound<'py, PyAny>,
    classes: Option<&Bound<'py, PyAny>>,
    [max_size, max_trials, max_sets]: [Option<&Bound<'py, PyAny>>; 3],
) -> PyResult<Bound<'py, PyAny>> {
    let usual = CutSetQuery::default();
    let query = CutSetQuery {
        max_size: size(max_size, "max_size")?.unwrap_or(usual.max_size),
        classes: texts(classes, "classes")?,
        max_trials: count(max_trials, "max_trials")?.unwrap_or(usual.max_trials),
        max_sets: size(max_sets, "max_sets")?.unwrap_or(usual.max_sets),
    };
    let text = convert::text(service, "service")?;
    let cuts = enter(service.py(), || view.cut_sets(&text, &query))?;
    convert::to_python(service.py(), &cuts)
}

pub(super) fn maintenance<'py>(
    view: &View,
    ids: &Bound<'py, PyAny>,
    classes: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (rows, classes) = (convert::texts(ids, "ids")?, texts(classes, "classes")?);
    let plan = enter(ids.py(), || view.maintenance(&rows, &classes))?;
    convert::to_python(ids.py(), &plan)
}

/// Rules as a document, or a preset by name.
fn rules(value: Option<&Bound<'_, PyAny>>) -> PyResult<ImpactRules> {
    let Some(value) = value else { return Ok(ImpactRules::default()) };
    if let Ok(text) = value.cast::<PyString>() {
        match text.to_str()? {
            "opennms" => return Ok(ImpactRules::opennms()),
            "bmc" => return Ok(ImpactRules::bmc()),
            "up_or_down" => return Ok(ImpactRules::up_or_down()),
            _ => {}
        }
    }
    convert::definition::<ImpactRules>(value, "rules")
}

pub(super) fn statuses<'py>(
    view: &View,
    observed: &Bound<'py, PyAny>,
    rules: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let rules = self::rules(rules)?;
    let seen = convert::definition::<BTreeMap<String, String>>(observed, "observed")?;
    let all = enter(observed.py(), || view.statuses(&seen, &rules))?;
    convert::to_python(observed.py(), &all)
}

pub(super) fn filter(
    [kinds, classes]: [Option<&Bound<'_, PyAny>>; 2],
    [depth, limit]: [Option<&Bound<'_, PyAny>>; 2],
) -> PyResult<GraphFilter> {
    let far = |depth: u64| u32::try_from(depth).unwrap_or(u32::MAX);
    Ok(GraphFilter {
        kinds: texts(kinds, "kinds")?,
        classes: texts(classes, "classes")?,
        depth: count(depth, "depth")?.map(far),
        limit: size(limit, "limit")?.unwrap_or(GraphFilter::default().limit),
    })
}

pub(super) fn neighbourhood<'py>(
    view: &View,
    id: &Bound<'py, PyAny>,
    direction: Direction,
    filter: &GraphFilter,
) -> PyResult<Bound<'py, PyAny>> {
    let text = convert::text(id, "id")?;
    let found = enter(id.py(), || view.neighbourhood(&text, direction, filter))?;
    convert::to_python(id.py(), &found)
}

pub(super) fn service_map<'py>(
    view: &View,
    service: &Bound<'py, PyAny>,
    filter: &GraphFilter,
) -> PyResult<Bound<'py, PyAny>> {
    let text = convert::text(service, "service")?;
    let map = enter(service.py(), || view.service_map(&text, filter))?;
    convert::to_python(service.py(), &map)
}

pub(super) fn shortest_paths<'py>(
    view: &View,
    source: &Bound<'py, PyAny>,
    target: &Bound<'py, PyAny>,
    filter: &GraphFilter,
) -> PyResult<Bound<'py, PyAny>> {
    let (from, to) = (convert::text(source, "source")?, convert::text(target, "target")?);
    let paths = enter(source.py(), || view.shortest_paths(&from, &to, filter))?;
    convert::to_python(source.py(), &paths)
}

pub(super) fn cycles(view: &View, py: Python<'_>) -> PyResult<Vec<Vec<String>>> {
    enter(py, || {
        let own = |circle: Vec<&str>| circle.into_iter().map(str::to_owned).collect();
        Ok(view.cycles().into_iter().map(own).collect())
    })
}
