//! `itom.cmdb`: conversion only.

mod formats;
mod health;
mod impact;
mod model;
mod moments;
mod reconcile;
mod storage;

use std::sync::Arc;
use std::time::SystemTime;

use itom_core::cmdb::{
    Change, Cmdb as Core, Direction, ModelDefinition, Query, Transaction, View as CoreView,
};
use itom_core::{Error, ErrorKind, Result, Timestamp};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyList, PyString};

use crate::convert;
use crate::enter::{Handle, enter};
use crate::errors::{invalid, raise, wrong_type};
use crate::table::Table;

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Cmdb>()?;
    module.add_class::<View>()?;
    formats::register(module)?;
    health::register(module)?;
    impact::register(module)
}

/// A view and the Python strings of its ids.
struct Shared {
    view: CoreView,
    names: PyOnceLock<Vec<Py<PyString>>>,
}

impl Shared {
    fn new(view: CoreView) -> Arc<Self> {
        Arc::new(Shared { view, names: PyOnceLock::new() })
    }

    /// Made once for all questions, hashes and all.
    fn names(&self, py: Python<'_>) -> &[Py<PyString>] {
        let make = |row| {
            let name = PyString::new(py, self.view.id_of(row));
            // Python keeps the hash of a text from when it was first asked for it.
            let _ = name.hash();
            name.unbind()
        };
        self.names.get_or_init(py, || (0..self.view.rows()).map(make).collect())
    }

    /// The names of these rows.
    fn list<'py>(&self, py: Python<'py>, rows: &[u32]) -> PyResult<Bound<'py, PyList>> {
        let names = self.names(py);
        PyList::new(py, rows.iter().map(|&row| names[row as usize].bind(py)))
    }
}

struct Engine {
    /// `None` after `close`.
    core: Option<Core>,
    /// What `at()` gave last, until something is applied.
    latest: Option<Arc<Shared>>,
}

impl Engine {
    fn core(&mut self) -> Result<&mut Core> {
        let message = "the database was closed";
        self.core.as_mut().ok_or_else(|| Error::new(ErrorKind::Conflict, message))
    }

    /// The default of `known`: the host's clock, held to what was known before if that is later.
    fn known(&mut self, known: Option<Timestamp>) -> Result<Timestamp> {
        let last = self.core()?.transactions().last().map(|transaction| transaction.known);
        Ok(known.unwrap_or_else(|| last.map_or(host_clock(), |last| last.max(host_clock()))))
    }
}

/// Now, by the clock of the host. The core never asks; this is Python's default for `known`.
fn host_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// What there is, what there was, and what was known of it when: a bitemporal log of transactions.
///
/// `model` is a class model (a dict or JSON text); the name of a ready-made one, such as
/// `"operations"`, several joined by `+` or in a list (`Cmdb.packs()` has the names); or None: any class,
/// any attribute, any kind of relation. In memory; `Cmdb.open` is durable.
///
/// >>> import itom, datetime as dt
/// >>> db = itom.cmdb.Cmdb()
/// >>> db.load(
/// ...     items={"id": ["shop", "web-1", "web-2"], "class": ["service", "host", "host"]},
/// ...     relations={"source": ["shop"] * 2, "kind": ["runs_on"] * 2, "target": ["web-1", "web-2"],
/// ...                "group": ["web"] * 2, "min_up": [1, 1]},
/// ...     at=dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc),
/// ... )
/// >>> impact = db.at().impact(["web-1"])
/// >>> set(impact.down), set(impact.at_risk)
/// ({'web-1'}, {'shop'})
#[pyclass(frozen, module = "itom.cmdb")]
pub struct Cmdb(Handle<Engine>);

impl Cmdb {
    fn wrap(core: Core) -> Self {
        Cmdb(Handle::new(Engine { core: Some(core), latest: None }))
    }

    /// An independent copy in memory, also of a durable database.
    #[cfg_attr(not(feature = "operations"), allow(dead_code))]
    pub fn copy(&self, py: Python<'_>) -> PyResult<Core> {
        self.0.with(py, |engine| Core::from_bytes(&engine.core()?.to_bytes()))
    }

    fn change<R: Send>(
        &self,
        py: Python<'_>,
        about: About,
        change: impl FnOnce(&mut Core, Transaction) -> Result<R> + Send,
    ) -> PyResult<R> {
        self.0.with(py, |engine| {
            let transaction =
                Transaction { known: engine.known(about.known)?, ..about.transaction };
            engine.latest = None;
            change(engine.core()?, transaction)
        })
    }
}

/// What a caller says of a transaction.
struct About {
    /// Of which `known` is not said yet.
    transaction: Transaction,
    known: Option<Timestamp>,
}

impl About {
    fn new(
        at: &Bound<'_, PyAny>,
        known: Option<&Bound<'_, PyAny>>,
        [actor, reason, change, source]: [Option<&Bound<'_, PyAny>>; 4],
    ) -> PyResult<About> {
        let mut transaction = Transaction::at(convert::instant(at, "at")?);
        transaction.actor = optional_text(actor, "actor")?;
        transaction.reason = optional_text(reason, "reason")?;
        transaction.change = optional_text(change, "change")?;
        transaction.source = optional_text(source, "source")?;
        Ok(About { transaction, known: convert::optional_instant(known, "known")? })
    }
}

fn optional_text(value: Option<&Bound<'_, PyAny>>, argument: &str) -> PyResult<Option<String>> {
    value.map(|value| convert::text(value, argument)).transpose()
}

#[pymethods]
impl Cmdb {
    #[new]
    #[pyo3(signature = (model=None))]
    fn new(py: Python<'_>, model: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let model = self::model::optional(model)?;
        enter(py, || Core::new(model.unwrap_or_default())).map(Cmdb::wrap)
    }

    /// Opens the database in a file, or makes one. `model` as in `Cmdb`; None takes the model that
    /// is in the file.
    ///
    /// A transaction is on the disk when the call returns; with `commit_every` only every so many
    /// are synced together, 0 leaves it to `sync()`. One process at a time may write, until
    /// `close()` or the end of a `with`; with `read_only` any number may read meanwhile what was
    /// written when they opened it.
    ///
    /// >>> import itom, pathlib, tempfile, datetime as dt
    /// >>> folder = tempfile.TemporaryDirectory()
    /// >>> path = pathlib.Path(folder.name, "shop.itom")
    /// >>> with itom.cmdb.Cmdb.open(path) as db:
    /// ...     db.apply([{"put_item": {"id": "web-1", "class": "host"}}],
    /// ...              at=dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc))
    /// ...     "web-1" in itom.cmdb.Cmdb.open(path, read_only=True).at()
    /// True
    /// >>> itom.cmdb.Cmdb.verify(path).transactions
    /// 1
    /// >>> folder.cleanup()
    #[staticmethod]
    #[pyo3(signature = (path, model=None, *, read_only=None, commit_every=None))]
    fn open(
        path: &Bound<'_, PyAny>,
        model: Option<&Bound<'_, PyAny>>,
        read_only: Option<&Bound<'_, PyAny>>,
        commit_every: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        storage::open(path, self::model::optional(model)?, read_only, commit_every).map(Cmdb::wrap)
    }

    /// When it returns, every transaction applied is on the disk. In memory it does nothing.
    fn sync(&self, py: Python<'_>) -> PyResult<()> {
        self.0.with(py, |engine| engine.core()?.sync())
    }

    /// Writes the whole state behind the log, so that opening need not apply what is before it, and
    /// tells how many bytes it takes.
    ///
    /// One is written by itself whenever the log behind the last one has grown as large as that was,
    /// and from 1 MiB on; and by :meth:`compact`, which removes those before it.
    ///
    /// >>> import itom, pathlib, tempfile, datetime as dt
    /// >>> folder = tempfile.TemporaryDirectory()
    /// >>> path = pathlib.Path(folder.name, "shop.itom")
    /// >>> with itom.cmdb.Cmdb.open(path) as db:
    /// ...     db.apply([{"put_item": {"id": "web-1", "class": "host"}}],
    /// ...              at=dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc))
    /// ...     db.checkpoint() > 0
    /// True
    /// >>> itom.cmdb.Cmdb.verify(path).checkpoints
    /// 1
    /// >>> folder.cleanup()
    fn checkpoint(&self, py: Python<'_>) -> PyResult<u64> {
        self.0.with(py, |engine| engine.core()?.checkpoint())
    }

    /// Writes the file anew in as few blocks as may be, at one stroke; every transaction stays. Behind
    /// them it writes a :meth:`checkpoint`.
    fn compact<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let done = self.0.with(py, |engine| engine.core()?.compact())?;
        convert::to_python(py, &done)
    }

    /// Looks at every byte of a file, and says what is whole and what is damaged.
    #[staticmethod]
    fn verify<'py>(path: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        storage::verify(path)
    }

    /// Writes what can be read of a damaged file to a new one, and says what is lost.
    #[staticmethod]
    fn salvage<'py>(
        path: &Bound<'py, PyAny>,
        to: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        storage::salvage(path, to)
    }

    /// Loads tables as one transaction: `items` with the columns `id`, `class` and any attributes,
    /// `relations` with `source`, `kind`, `target` and, if wanted, `group`, `min_up`, `min_up_type`
    /// (count, percent, weight or weight_percent) and `weight`.
    ///
    /// `at` is the valid time from which it holds, `known` the time when it became known: the
    /// host's clock if not given, never before that of the transaction before. What exists is
    /// changed, what does not is made, nothing is removed; a missing cell says nothing.
    /// Who made it (`actor`), why, under which `change`, and which `source` says so are kept.
    ///
    /// >>> import itom, datetime as dt
    /// >>> db = itom.cmdb.Cmdb()
    /// >>> at = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
    /// >>> db.load(items={"id": ["web-1"], "class": ["host"], "cores": [8]}, at=at)
    /// >>> db.at().item("web-1").attributes
    /// {'cores': 8}
    #[pyo3(signature = (items=None, relations=None, *, at, known=None, actor=None, reason=None, change=None, source=None))]
    #[allow(clippy::too_many_arguments)]
    fn load(
        &self,
        py: Python<'_>,
        items: Option<&Bound<'_, PyAny>>,
        relations: Option<&Bound<'_, PyAny>>,
        at: &Bound<'_, PyAny>,
        known: Option<&Bound<'_, PyAny>>,
        actor: Option<&Bound<'_, PyAny>>,
        reason: Option<&Bound<'_, PyAny>>,
        change: Option<&Bound<'_, PyAny>>,
        source: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let items = items.map(|items| convert::table(items, "items")).transpose()?;
        let relations =
            relations.map(|relations| convert::table(relations, "relations")).transpose()?;
        let about = About::new(at, known, [actor, reason, change, source])?;
        self.change(py, about, |core, transaction| {
            core.load_as(items.as_ref(), relations.as_ref(), transaction)
        })
    }

    /// Applies changes as one transaction: all of them, or on an error none.
    ///
    /// `changes` is a list of `{"put_item": {"id", "class", "attributes"}}`,
    /// `{"remove_item": {"id"}}`, `{"put_relation": {"source", "kind", "target", "group",
    /// "min_up", "min_up_type", "weight"}}` and `{"remove_relation": {"source", "kind", "target",
    /// "group"}}`. `min_up` of a group is a number of members, or by its `min_up_type` a percent of
    /// them, a weight, or a percent of their weight; a relation that says no `weight` has that of its
    /// kind, which usually is 100. A put of an item sets the
    /// attributes it names and leaves the others; null clears one. An instant in an attribute is
    /// `{"time": ...}`, or just the instant where the class model says datetime.
    ///
    /// >>> import itom, datetime as dt
    /// >>> db = itom.cmdb.Cmdb()
    /// >>> at = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
    /// >>> db.apply([{"put_item": {"id": "web-1", "class": "host"}}], at=at, change="CHG0042")
    /// >>> db.apply([{"remove_item": {"id": "web-2"}}], at=at)
    /// Traceback (most recent call last):
    /// itom.NotFound: change 0: id: item "web-2" does not exist
    #[pyo3(signature = (changes, *, at, known=None, actor=None, reason=None, change=None, source=None))]
    #[allow(clippy::too_many_arguments)]
    fn apply(
        &self,
        changes: &Bound<'_, PyAny>,
        at: &Bound<'_, PyAny>,
        known: Option<&Bound<'_, PyAny>>,
        actor: Option<&Bound<'_, PyAny>>,
        reason: Option<&Bound<'_, PyAny>>,
        change: Option<&Bound<'_, PyAny>>,
        source: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let list = convert::definition::<Vec<Change>>(changes, "changes")?;
        let about = About::new(at, known, [actor, reason, change, source])?;
        self.change(changes.py(), about, |core, transaction| core.apply(&list, transaction))
    }

    /// Puts another class model in place of the one that holds, as a transaction: a view by what
    /// was known before still has the model of that time.
    ///
    /// `model` as in `Cmdb`, but not None. What there is from `at` on must fit it; values are
    /// brought into its form where that loses nothing, items get its defaults.
    ///
    /// >>> import itom, datetime as dt
    /// >>> at = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
    /// >>> db = itom.cmdb.Cmdb()
    /// >>> db.apply([{"put_item": {"id": "a", "class": "host", "attributes": {"ip": "::1"}}}], at=at)
    /// >>> db.set_model({"classes": {"host": {"attributes": {"ip": {"type": "mac"}}}}}, at=at)
    /// Traceback (most recent call last):
    /// itom.Conflict: model must fit what there is, got item "a" of class host: ip: mac must be a hardware address of 12 hex digits, got "::1"
    /// >>> db.set_model({"classes": {"host": {"attributes": {"ip": {"type": "ip"}}}}}, at=at)
    #[pyo3(signature = (model, *, at, known=None, actor=None, reason=None, change=None, source=None))]
    #[allow(clippy::too_many_arguments)]
    fn set_model(
        &self,
        model: &Bound<'_, PyAny>,
        at: &Bound<'_, PyAny>,
        known: Option<&Bound<'_, PyAny>>,
        actor: Option<&Bound<'_, PyAny>>,
        reason: Option<&Bound<'_, PyAny>>,
        change: Option<&Bound<'_, PyAny>>,
        source: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let definition = self::model::read(model)?;
        let about = About::new(at, known, [actor, reason, change, source])?;
        self.change(model.py(), about, |core, transaction| core.set_model(definition, transaction))
    }

    /// The names of the ready-made models.
    ///
    /// >>> import itom
    /// >>> itom.cmdb.Cmdb.packs()
    /// ['aws', 'azure', 'backstage', 'csdm', 'datacenter', 'gcp', 'kubernetes', 'network', 'operations', 'otel']
    #[staticmethod]
    fn packs() -> Vec<&'static str> {
        ModelDefinition::pack_names().collect()
    }

    /// Finds the items that records of a source are of, and writes what the source says of them, as
    /// one transaction. What several sources say of an attribute stays; the rules choose the value.
    ///
    /// `records` is a list of `{"class", "id", "attributes"}`, of which `id` may be left out, or an
    /// import with `records` and `relations`; `relations` is a list of `{"source", "kind", "target",
    /// "group", "min_up", "min_up_type", "weight"}` whose ends are the index of a record, the id of an item, or a record that
    /// identifies one. The answer has `.records`, one result each (`.outcome` is inserted, updated,
    /// unchanged, ambiguous, reclassified or rejected; `.identified` tells how the item was found),
    /// `.relations` and `.counts`. With `dry_run` nothing is written.
    ///
    /// >>> import itom, datetime as dt
    /// >>> model = {"classes": {"host": {
    /// ...     "attributes": {"serial": {"type": "string"}, "os": {"type": "string"}},
    /// ...     "identification": [{"attributes": ["serial"]}]}}}
    /// >>> db = itom.cmdb.Cmdb(model)
    /// >>> day = lambda n: dt.datetime(2026, 1, n, tzinfo=dt.timezone.utc)
    /// >>> host = lambda os: {"class": "host", "attributes": {"serial": "J7X", "os": os}}
    /// >>> db.reconcile("scan", [host("debian")], at=day(1)).records[0].id
    /// 'host-000001'
    /// >>> second = db.reconcile("import", [host("ubuntu")], at=day(2)).records[0]
    /// >>> second.outcome, second.attributes, second.identified.matched
    /// ('updated', ['os'], 'serial')
    /// >>> db.at().why_value("host-000001", "os").claims[1].verdict
    /// 'older'
    #[pyo3(signature = (source, records, relations=None, *, at, known=None, actor=None, reason=None, change=None, dry_run=false))]
    #[allow(clippy::too_many_arguments)]
    fn reconcile<'py>(
        &self,
        source: &Bound<'py, PyAny>,
        records: &Bound<'py, PyAny>,
        relations: Option<&Bound<'py, PyAny>>,
        at: &Bound<'_, PyAny>,
        known: Option<&Bound<'_, PyAny>>,
        actor: Option<&Bound<'_, PyAny>>,
        reason: Option<&Bound<'_, PyAny>>,
        change: Option<&Bound<'_, PyAny>>,
        dry_run: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let about = About::new(at, known, [actor, reason, change, Some(source)])?;
        reconcile::reconcile(self, records, relations, (about, dry_run))
    }

    /// `reconcile` of the rows of a table: each column is an attribute, but `id` and `class` if there
    /// are such; a missing cell says nothing. The answer is a table with the columns `outcome`, `id`,
    /// `matched`, `attributes` and `why`.
    ///
    /// >>> import itom, datetime as dt
    /// >>> db = itom.cmdb.Cmdb()
    /// >>> at = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
    /// >>> done = db.reconcile_table("scan", {"id": ["a", "b"], "os": ["x", "y"]}, "host", at=at)
    /// >>> len(done)
    /// 2
    #[pyo3(signature = (source, table, class_=None, *, at, known=None, actor=None, reason=None, change=None))]
    #[allow(clippy::too_many_arguments)]
    fn reconcile_table(
        &self,
        source: &Bound<'_, PyAny>,
        table: &Bound<'_, PyAny>,
        class_: Option<&Bound<'_, PyAny>>,
        at: &Bound<'_, PyAny>,
        known: Option<&Bound<'_, PyAny>>,
        actor: Option<&Bound<'_, PyAny>>,
        reason: Option<&Bound<'_, PyAny>>,
        change: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<crate::table::Table> {
        let about = About::new(at, known, [actor, reason, change, Some(source)])?;
        reconcile::reconcile_table(self, table, optional_text(class_, "class_")?, about)
    }

    /// Puts the rules by which values of several sources become one in place of those before. The
    /// present and the past are read by them; `db.at(known=...)` reads by the rules known then.
    ///
    /// >>> import itom, datetime as dt
    /// >>> db = itom.cmdb.Cmdb()
    /// >>> at = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
    /// >>> db.set_rules({"rules": [{"class": "host", "attributes": ["os"],
    /// ...                          "sources": ["scan", "import"]}]}, at=at)
    /// >>> db.rules.rules[0].sources
    /// ['scan', 'import']
    #[pyo3(signature = (rules, *, at, known=None, actor=None, reason=None, change=None))]
    fn set_rules(
        &self,
        rules: &Bound<'_, PyAny>,
        at: &Bound<'_, PyAny>,
        known: Option<&Bound<'_, PyAny>>,
        actor: Option<&Bound<'_, PyAny>>,
        reason: Option<&Bound<'_, PyAny>>,
        change: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        reconcile::set_rules(self, rules, About::new(at, known, [actor, reason, change, None])?)
    }

    /// The rules that hold.
    #[getter]
    fn rules<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let rules = self.0.with(py, |engine| Ok(engine.core()?.rules()))?;
        convert::to_python(py, &rules)
    }

    /// Locks an attribute of an item to a value, or without one to the value it has: sources are
    /// heard, but what was said by hand holds until `release`.
    #[pyo3(signature = (id, attribute, value=None, *, at, known=None, actor=None, reason=None, change=None))]
    #[allow(clippy::too_many_arguments)]
    fn lock(
        &self,
        id: &Bound<'_, PyAny>,
        attribute: &Bound<'_, PyAny>,
        value: Option<&Bound<'_, PyAny>>,
        at: &Bound<'_, PyAny>,
        known: Option<&Bound<'_, PyAny>>,
        actor: Option<&Bound<'_, PyAny>>,
        reason: Option<&Bound<'_, PyAny>>,
        change: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        reconcile::lock(
            self,
            (id, attribute),
            value,
            About::new(at, known, [actor, reason, change, None])?,
        )
    }

    /// Lets go of a lock.
    #[pyo3(signature = (id, attribute, *, at, known=None, actor=None, reason=None, change=None))]
    #[allow(clippy::too_many_arguments)]
    fn release(
        &self,
        id: &Bound<'_, PyAny>,
        attribute: &Bound<'_, PyAny>,
        at: &Bound<'_, PyAny>,
        known: Option<&Bound<'_, PyAny>>,
        actor: Option<&Bound<'_, PyAny>>,
        reason: Option<&Bound<'_, PyAny>>,
        change: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let (item, name) = (convert::text(id, "id")?, convert::text(attribute, "attribute")?);
        let about = About::new(at, known, [actor, reason, change, None])?;
        self.change(id.py(), about, |core, transaction| core.release(&item, &name, transaction))
    }

    /// Makes several items one, of which `keep` is the id: what was and will be said of the others
    /// counts for it, their relations are its, and their ids lead to it.
    ///
    /// >>> import itom, datetime as dt
    /// >>> db = itom.cmdb.Cmdb()
    /// >>> at = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
    /// >>> db.load(items={"id": ["a", "b"], "class": ["host"] * 2}, at=at)
    /// >>> db.merge("a", ["b"], at=at)
    /// >>> db.at().item("b").id
    /// 'a'
    /// >>> db.unmerge(["b"], at=at)
    /// >>> db.at().item("b").id
    /// 'b'
    #[pyo3(signature = (keep, others, *, at, known=None, actor=None, reason=None, change=None))]
    #[allow(clippy::too_many_arguments)]
    fn merge(
        &self,
        keep: &Bound<'_, PyAny>,
        others: &Bound<'_, PyAny>,
        at: &Bound<'_, PyAny>,
        known: Option<&Bound<'_, PyAny>>,
        actor: Option<&Bound<'_, PyAny>>,
        reason: Option<&Bound<'_, PyAny>>,
        change: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let (kept, ids) = (convert::text(keep, "keep")?, convert::texts(others, "others")?);
        let about = About::new(at, known, [actor, reason, change, None])?;
        self.change(keep.py(), about, |core, transaction| core.merge(&kept, &ids, transaction))
    }

    /// Makes items that were merged items of their own again, with all that was said of each since.
    #[pyo3(signature = (ids, *, at, known=None, actor=None, reason=None, change=None))]
    fn unmerge(
        &self,
        ids: &Bound<'_, PyAny>,
        at: &Bound<'_, PyAny>,
        known: Option<&Bound<'_, PyAny>>,
        actor: Option<&Bound<'_, PyAny>>,
        reason: Option<&Bound<'_, PyAny>>,
        change: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let all = convert::texts(ids, "ids")?;
        let about = About::new(at, known, [actor, reason, change, None])?;
        self.change(ids.py(), about, |core, transaction| core.unmerge(&all, transaction))
    }

    /// Withdraws what a source said of items that it has not seen since an instant: those no one else
    /// claims are removed, or marked absent. More than the guard's share (5 % if not said) is
    /// refused; with `dry_run` nothing is done.
    ///
    /// >>> import itom, datetime as dt
    /// >>> db = itom.cmdb.Cmdb()
    /// >>> day = lambda n: dt.datetime(2026, 1, n, tzinfo=dt.timezone.utc)
    /// >>> _ = db.reconcile("scan", [{"class": "host", "id": "a"}, {"class": "host", "id": "b"}], at=day(1))
    /// >>> _ = db.reconcile("scan", [{"class": "host", "id": "a"}], at=day(9))
    /// >>> sweep = {"source": "scan", "seen_before": day(5), "guard": 0.5}
    /// >>> db.sweep(sweep, at=day(9)).removed
    /// ['b']
    #[pyo3(signature = (definition, *, at, known=None, actor=None, reason=None, change=None, dry_run=false))]
    #[allow(clippy::too_many_arguments)]
    fn sweep<'py>(
        &self,
        definition: &Bound<'py, PyAny>,
        at: &Bound<'_, PyAny>,
        known: Option<&Bound<'_, PyAny>>,
        actor: Option<&Bound<'_, PyAny>>,
        reason: Option<&Bound<'_, PyAny>>,
        change: Option<&Bound<'_, PyAny>>,
        dry_run: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        reconcile::sweep(
            self,
            definition,
            (About::new(at, known, [actor, reason, change, None])?, dry_run),
        )
    }

    /// The state at a moment: as it was at `valid`, by what was known at `known`; None is the
    /// latest. A view stays as it is whatever is applied later.
    ///
    /// >>> import itom
    /// >>> len(itom.cmdb.Cmdb().at())
    /// 0
    #[pyo3(signature = (valid=None, known=None))]
    fn at(
        &self,
        py: Python<'_>,
        valid: Option<&Bound<'_, PyAny>>,
        known: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<View> {
        let valid = convert::optional_instant(valid, "valid")?;
        let known = convert::optional_instant(known, "known")?;
        let shared = self.0.with(py, |engine| {
            if (valid, known) != (None, None) {
                return Ok(Shared::new(engine.core()?.at(valid, known)));
            }
            if engine.latest.is_none() {
                let view = engine.core()?.at(None, None);
                engine.latest = Some(Shared::new(view));
            }
            engine.core()?;
            Ok(Arc::clone(engine.latest.as_ref().expect("made just before")))
        })?;
        Ok(View(shared))
    }

    /// What differs from a view to a later one, of all items or of those of `ids` and the relations
    /// between them: `added`, `removed`, `changed`, `relations_added`, `relations_removed`,
    /// `relations_changed`. The views are of this database or of branches of it.
    ///
    /// >>> import itom, datetime as dt
    /// >>> at = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
    /// >>> db = itom.cmdb.Cmdb()
    /// >>> before = db.at()
    /// >>> db.apply([{"put_item": {"id": "web-1", "class": "host"}}], at=at)
    /// >>> [item.id for item in db.diff(before, db.at()).added]
    /// ['web-1']
    #[pyo3(signature = (before, after, ids=None))]
    fn diff<'py>(
        &self,
        before: &Bound<'py, PyAny>,
        after: &Bound<'py, PyAny>,
        ids: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let earlier = moments::view(before, "before")?.get();
        let later = moments::view(after, "after")?.get();
        moments::diff(before.py(), earlier.core(), later.core(), ids)
    }

    /// A branch in memory: a database with the same past, to try changes in. Neither sees what
    /// happens to the other. Costs the same however large the database is.
    ///
    /// >>> import itom, datetime as dt
    /// >>> at = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
    /// >>> db = itom.cmdb.Cmdb()
    /// >>> what_if = db.branch()
    /// >>> what_if.apply([{"put_item": {"id": "web-1", "class": "host"}}], at=at)
    /// >>> len(db.at()), len(what_if.at())
    /// (0, 1)
    fn branch(&self, py: Python<'_>) -> PyResult<Cmdb> {
        self.0.with(py, |engine| Ok(engine.core()?.branch())).map(Cmdb::wrap)
    }

    /// Merges a branch as one transaction: the differences of its latest state from what the two
    /// had in common. What both changed to different values is a conflict; `favour` says whose value
    /// counts: `"ours"`, `"theirs"`, or `"neither"`, with which nothing is merged while there is one.
    ///
    /// >>> import itom, datetime as dt
    /// >>> at = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
    /// >>> db = itom.cmdb.Cmdb()
    /// >>> what_if = db.branch()
    /// >>> what_if.apply([{"put_item": {"id": "web-1", "class": "host"}}], at=at)
    /// >>> db.merge_branch(what_if, at=at).merged, len(db.at())
    /// (True, 1)
    #[pyo3(signature = (branch, favour=None, *, at, known=None, actor=None, reason=None, change=None, source=None))]
    #[allow(clippy::too_many_arguments)]
    fn merge_branch<'py>(
        &self,
        branch: &Bound<'py, PyAny>,
        favour: Option<&Bound<'py, PyAny>>,
        at: &Bound<'py, PyAny>,
        known: Option<&Bound<'py, PyAny>>,
        actor: Option<&Bound<'py, PyAny>>,
        reason: Option<&Bound<'py, PyAny>>,
        change: Option<&Bound<'py, PyAny>>,
        source: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = branch.py();
        let expected = "a branch, as db.branch() gives it";
        let other = branch.cast::<Cmdb>().map_err(|_| wrong_type("branch", branch, expected))?;
        let favour = moments::favour(favour)?;
        let about = About::new(at, known, [actor, reason, change, source])?;
        // Shares everything with the branch, and spares locking two databases at once.
        let branch = other.get().0.with(py, |engine| Ok(engine.core()?.branch()))?;
        let merge = self.change(py, about, |core, transaction| {
            core.merge_branch(&branch, favour, transaction)
        })?;
        convert::to_python(py, &merge)
    }

    /// Everything that was said of an item, in the order it became known: each statement with its
    /// transaction (who, why, which change, which source), its class and attributes.
    ///
    /// >>> import itom, datetime as dt
    /// >>> at = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
    /// >>> db = itom.cmdb.Cmdb()
    /// >>> db.apply([{"put_item": {"id": "web-1", "class": "host"}}], at=at, actor="ada")
    /// >>> db.item_history("web-1")[0].transaction.actor
    /// 'ada'
    fn item_history<'py>(&self, id: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let (py, id) = (id.py(), convert::text(id, "id")?);
        let said = self.0.with(py, |engine| engine.core()?.item_history(&id))?;
        convert::to_python(py, &said)
    }

    /// Gives the present a name, as a transaction; `baseline(name)` is the view of it ever after.
    ///
    /// >>> import itom, datetime as dt
    /// >>> at = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
    /// >>> db = itom.cmdb.Cmdb()
    /// >>> db.set_baseline("empty", at=at)
    /// >>> db.apply([{"put_item": {"id": "web-1", "class": "host"}}], at=at)
    /// >>> len(db.baseline("empty")), [each.name for each in db.baselines()]
    /// (0, ['empty'])
    #[pyo3(signature = (name, *, at, known=None, actor=None, reason=None, change=None, source=None))]
    #[allow(clippy::too_many_arguments)]
    fn set_baseline(
        &self,
        name: &Bound<'_, PyAny>,
        at: &Bound<'_, PyAny>,
        known: Option<&Bound<'_, PyAny>>,
        actor: Option<&Bound<'_, PyAny>>,
        reason: Option<&Bound<'_, PyAny>>,
        change: Option<&Bound<'_, PyAny>>,
        source: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let text = convert::text(name, "name")?;
        let about = About::new(at, known, [actor, reason, change, source])?;
        self.change(name.py(), about, |core, transaction| core.set_baseline(&text, transaction))
    }

    /// The view of a baseline: as of its transaction's valid time, by what was known then.
    ///
    /// >>> import itom
    /// >>> itom.cmdb.Cmdb().baseline("none")
    /// Traceback (most recent call last):
    /// itom.NotFound: name: baseline "none" does not exist
    fn baseline(&self, name: &Bound<'_, PyAny>) -> PyResult<View> {
        let text = convert::text(name, "name")?;
        let view = self.0.with(name.py(), |engine| engine.core()?.baseline(&text))?;
        Ok(View(Shared::new(view)))
    }

    /// The baselines in the order they were set, each with its `name` and `transaction`.
    fn baselines<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let named = self.0.with(py, |engine| Ok(engine.core()?.baselines()))?;
        convert::to_python(py, &named)
    }

    /// Answers a query as an `itom.Table`: text in the query language, or a definition as a dict.
    /// `~` is a pattern with `*` and `?`; `matches` (or `=~`) and `not matches` look for a regular
    /// expression, in quotes or between slashes: `id matches /^web-[0-9]+$/`.
    ///
    /// >>> import itom, datetime as dt
    /// >>> db = itom.cmdb.Cmdb()
    /// >>> at = dt.datetime(2026, 5, 1, tzinfo=dt.timezone.utc)
    /// >>> db.load(items={"id": ["shop", "web-1"], "class": ["service", "host"], "cores": [None, 8]},
    /// ...         relations={"source": ["shop"], "kind": ["runs_on"], "target": ["web-1"]}, at=at)
    /// >>> db.query("service -runs_on*1..4-> host where cores >= 4 as of 2026-06-01").to_dict()
    /// {'service': ['shop'], 'host': ['web-1']}
    /// >>> db.query("host wher cores = 8")
    /// Traceback (most recent call last):
    /// itom.InvalidArgument: query, column 11: expected where, a step, select, order by, limit, as of, known at or the end, found cores
    fn query(&self, query: &Bound<'_, PyAny>) -> PyResult<Table> {
        let asked = formats::query(query)?;
        let view =
            self.0.with(query.py(), |engine| Ok(engine.core()?.at(asked.as_of, asked.known_at)))?;
        let here = Query { as_of: None, known_at: None, ..asked };
        enter(query.py(), || view.answer(&here)).map(Table::wrap)
    }

    /// The class model that holds now, as a dict.
    #[getter]
    fn model<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let model = self.0.with(py, |engine| Ok(engine.core()?.model().clone()))?;
        convert::to_python(py, &model)
    }

    /// The transactions so far, oldest first: `at`, `known`, `actor`, `reason`.
    fn transactions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let all: Vec<Transaction> =
            self.0.with(py, |engine| Ok(engine.core()?.transactions().cloned().collect()))?;
        convert::to_python(py, &all)
    }

    /// The whole database as a snapshot.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.0.with(py, |engine| Ok(engine.core()?.to_bytes()))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// A database in memory from a snapshot.
    ///
    /// >>> import itom
    /// >>> len(itom.cmdb.Cmdb.from_bytes(itom.cmdb.Cmdb().to_bytes()).at())
    /// 0
    #[staticmethod]
    fn from_bytes(data: &Bound<'_, PyAny>) -> PyResult<Self> {
        let bytes = convert::bytes(data, "data")?;
        enter(data.py(), || Core::from_bytes(&bytes)).map(Cmdb::wrap)
    }

    /// Closes the database: lets go of the file. Views go on; every other call is refused.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.0.with(py, |engine| {
            (engine.core, engine.latest) = (None, None);
            Ok(())
        })
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (exc_type, exc_value, traceback, /))]
    fn __exit__(
        &self,
        exc_type: &Bound<'_, PyAny>,
        exc_value: &Bound<'_, PyAny>,
        traceback: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let _ = (exc_value, traceback);
        self.close(exc_type.py())
    }
}

/// What was so at one moment; made by `Cmdb.at`. Immutable, so threads may share it.
///
/// >>> import itom, datetime as dt
/// >>> db = itom.cmdb.Cmdb(model="operations")
/// >>> db.apply([{"put_item": {"id": "shop", "class": "service"}},
/// ...           {"put_item": {"id": "orders", "class": "database"}},
/// ...           {"put_relation": {"source": "shop", "kind": "uses", "target": "orders"}}],
/// ...          at=dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc))
/// >>> view = db.at()
/// >>> view.providers("shop"), view.consumers("orders"), view.path("shop", "orders")
/// (['orders'], ['shop'], ['shop', 'orders'])
/// >>> view.neighbours("orders")[0].name
/// 'used_by'
#[pyclass(frozen, module = "itom.cmdb")]
pub struct View(Arc<Shared>);

impl View {
    /// The view of the core, for the other domains.
    pub fn core(&self) -> &CoreView {
        &self.0.view
    }
}

/// Which way, `both` if it is not said.
fn direction(value: Option<&Bound<'_, PyAny>>) -> PyResult<Direction> {
    let Some(value) = value else { return Ok(Direction::Both) };
    match convert::text(value, "direction")?.as_str() {
        "providers" => Ok(Direction::Providers),
        "consumers" => Ok(Direction::Consumers),
        "both" => Ok(Direction::Both),
        _ => Err(invalid("direction", value, "providers, consumers or both")),
    }
}

#[pymethods]
impl View {
    /// The item of that id, or None.
    fn item<'py>(&self, id: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let text = convert::text(id, "id")?;
        let item = self.0.view.item(&text);
        item.map(|item| convert::to_python(id.py(), &item)).transpose()
    }

    /// The items of a class and of the classes below it, or all, in the order of their ids.
    #[pyo3(signature = (class_=None))]
    fn items<'py>(
        &self,
        py: Python<'py>,
        class_: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let class = optional_text(class_, "class_")?;
        let items = enter(py, || self.0.view.items(class.as_deref()))?;
        convert::to_python(py, &items)
    }

    /// All that is said of an item: every source's claim for every attribute, those that lost among
    /// them, each with `.source`, `.value`, `.at`, `.seen` and `.verdict`.
    fn claims<'py>(&self, id: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        reconcile::claims(self, id)
    }

    /// Why an attribute of an item has the value it has: `.value`, `.source`, `.rule`, `.locked` and
    /// `.claims`.
    fn why_value<'py>(
        &self,
        id: &Bound<'py, PyAny>,
        attribute: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        reconcile::why_value(self, id, attribute)
    }

    /// Items that are the same by the identification rules of the model.
    fn duplicates<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        reconcile::duplicates(self, py)
    }

    /// How healthy the database is at the view's moment: `.all`, `.classes`, `.services`, `.owners`,
    /// `.sources` with counts and scores from 0 to 1, and `.worst`, failing items each with its reasons.
    /// `definition` says what is asked of items; `now` is what staleness is told by, the view's valid
    /// time if left out, of the latest view the latest of which anything was said.
    ///
    /// >>> import itom, datetime as dt
    /// >>> db = itom.cmdb.Cmdb()
    /// >>> db.load(items={"id": ["shop", "web-1", "spare"], "class": ["service", "host", "host"],
    /// ...                "os": [None, "Debian 12", "SunOS"]},
    /// ...         relations={"source": ["shop"], "kind": ["runs_on"], "target": ["web-1"]},
    /// ...         at=dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc))
    /// >>> rules = [{"name": "supported", "class": "host", "condition": 'os ~ "Debian*"'}]
    /// >>> report = db.at().health({"rules": rules})
    /// >>> report.all.compliance, report.all.metrics["compliance"].failed
    /// (0.5, 1)
    /// >>> report.worst[0].id, [failure.reason for failure in report.worst[0].failures]
    /// ('spare', ['no relation to another item', 'not supported: os ~ "Debian*"'])
    /// >>> [(group.name, group.scores.item_count) for group in report.services]
    /// [('shop', 2)]
    #[pyo3(signature = (definition=None, *, now=None))]
    fn health<'py>(
        &self,
        py: Python<'py>,
        definition: Option<&Bound<'py, PyAny>>,
        now: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        health::health(py, &self.0.view, definition, now)
    }

    /// The relations an item is an end of, or all, sorted.
    #[pyo3(signature = (id=None))]
    fn relations<'py>(
        &self,
        py: Python<'py>,
        id: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let id = optional_text(id, "id")?;
        let relations = enter(py, || self.0.view.relations(id.as_deref()))?;
        convert::to_python(py, &relations)
    }

    /// What an item depends on directly, by relations that carry impact, sorted.
    fn providers<'py>(&self, id: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        let text = convert::text(id, "id")?;
        PyList::new(id.py(), self.0.view.providers(&text).map_err(raise)?)
    }

    /// What depends on an item directly, by relations that carry impact, sorted.
    fn consumers<'py>(&self, id: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        let text = convert::text(id, "id")?;
        PyList::new(id.py(), self.0.view.consumers(&text).map_err(raise)?)
    }

    /// The items next to one, by relations of one kind or of any, sorted. `direction` is
    /// `"providers"`, `"consumers"` or `"both"`.
    #[pyo3(signature = (id, direction=None, kind=None))]
    fn neighbours<'py>(
        &self,
        id: &Bound<'py, PyAny>,
        direction: Option<&Bound<'py, PyAny>>,
        kind: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let text = convert::text(id, "id")?;
        let kind = optional_text(kind, "kind")?;
        let side = self::direction(direction)?;
        let next = self.0.view.neighbours(&text, side, kind.as_deref()).map_err(raise)?;
        convert::to_python(id.py(), &next)
    }

    /// The shortest chain of dependence from `source` to `target`, both included, or None.
    fn path<'py>(
        &self,
        source: &Bound<'py, PyAny>,
        target: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Vec<String>>> {
        let py = source.py();
        let (source, target) = (convert::text(source, "source")?, convert::text(target, "target")?);
        enter(py, || {
            let path = self.0.view.path(&source, &target)?;
            Ok(path.map(|path| path.into_iter().map(str::to_owned).collect()))
        })
    }

    /// What is down, degraded and at risk if these items fail.
    ///
    /// An item is down if it failed itself, or if any group of it has fewer than `min_up` members
    /// up, or less of their weight (a plain dependency is a group of one that needs one): the least
    /// set of that kind, so circles are fine. Kinds of relations say in the class model which end
    /// depends (`impact`: target_to_source, source_to_target, both or none). Degraded: not down, and a group lost a member. At risk: degraded, and one
    /// more loss in such a group takes it down.
    ///
    /// >>> import itom
    /// >>> itom.cmdb.Cmdb().at().impact(["nobody"])
    /// Traceback (most recent call last):
    /// itom.NotFound: failed: item "nobody" does not exist
    fn impact(&self, failed: &Bound<'_, PyAny>) -> PyResult<impact::Impact> {
        impact::impact(&self.0, failed)
    }

    /// Everything an item depends on, nearest first: `id`, `class` and `level`, 1 is direct.
    fn dependencies<'py>(&self, id: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        impact::dependencies(&self.0.view, id)
    }

    /// Which failures explain that all of these items are down: every minimal set of at most
    /// `max_size` items (1 to 3), ranked by how much else it would have taken down (`unseen`).
    /// `classes` limits what is suspected; `complete` says whether a bound was reached.
    ///
    /// >>> import itom, datetime as dt
    /// >>> db = itom.cmdb.Cmdb()
    /// >>> db.load(items={"id": ["shop", "mail", "wiki", "db", "net"], "class": ["x"] * 5},
    /// ...         relations={"source": ["shop", "mail", "wiki", "db"], "kind": ["uses"] * 4,
    /// ...                    "target": ["db", "db", "net", "net"]},
    /// ...         at=dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc))
    /// >>> [(cause.failed, cause.unseen) for cause in db.at().causes(["shop", "mail"]).causes]
    /// [(['db'], 0), (['net'], 2)]
    #[pyo3(signature = (down, *, max_size=None, classes=None, max_trials=None, limit=None))]
    fn causes<'py>(
        &self,
        down: &Bound<'py, PyAny>,
        max_size: Option<&Bound<'py, PyAny>>,
        classes: Option<&Bound<'py, PyAny>>,
        max_trials: Option<&Bound<'py, PyAny>>,
        limit: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        impact::causes(&self.0.view, down, classes, [max_size, max_trials, limit])
    }

    /// The minimal sets of items, at most `max_size` (1 to 3) of them, whose joint failure takes a
    /// service down; those of one are its single points of failure. `classes` limits what fails;
    /// `complete` says whether a bound was reached.
    ///
    /// >>> import itom, datetime as dt
    /// >>> db = itom.cmdb.Cmdb()
    /// >>> db.load(items={"id": ["shop", "web-1", "web-2", "db"], "class": ["x"] * 4},
    /// ...         relations={"source": ["shop"] * 3, "kind": ["uses"] * 3,
    /// ...                    "target": ["web-1", "web-2", "db"],
    /// ...                    "group": ["web", "web", None], "min_up": [1, 1, None]},
    /// ...         at=dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc))
    /// >>> db.at().cut_sets("shop").sets
    /// [['db'], ['web-1', 'web-2']]
    #[pyo3(signature = (service, *, max_size=None, classes=None, max_trials=None, max_sets=None))]
    fn cut_sets<'py>(
        &self,
        service: &Bound<'py, PyAny>,
        max_size: Option<&Bound<'py, PyAny>>,
        classes: Option<&Bound<'py, PyAny>>,
        max_trials: Option<&Bound<'py, PyAny>>,
        max_sets: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        impact::cut_sets(&self.0.view, service, classes, [max_size, max_trials, max_sets])
    }

    /// May these items go down at once? `safe` if nothing else is `lost`; what is `degraded`, what
    /// is left `without_spare`, and the `groups` that lose a member. `classes` limits what is told.
    #[pyo3(signature = (ids, *, classes=None))]
    fn maintenance<'py>(
        &self,
        ids: &Bound<'py, PyAny>,
        classes: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        impact::maintenance(&self.0.view, ids, classes)
    }

    /// The statuses that follow from those observed (`{id: status}`), the worst first. `rules` is a
    /// document or the name of a preset, `"opennms"`, `"bmc"` or `"up_or_down"`; functions that are
    /// not monotone cannot be written, so circles are fine.
    ///
    /// >>> import itom, datetime as dt
    /// >>> db = itom.cmdb.Cmdb()
    /// >>> db.load(items={"id": ["pool", "h1", "h2", "h3"], "class": ["pool"] + ["host"] * 3},
    /// ...         relations={"source": ["pool"] * 3, "kind": ["uses"] * 3, "target": ["h1", "h2", "h3"]},
    /// ...         at=dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc))
    /// >>> rules = {"by_class": {"pool": {"reduce": {"cluster": {"percent": 50}}}}}
    /// >>> [(x.id, x.status) for x in db.at().statuses({"h1": "major", "h2": "minor"}, rules)]
    /// [('h1', 'major'), ('h2', 'minor'), ('pool', 'minor')]
    #[pyo3(signature = (observed, rules=None))]
    fn statuses<'py>(
        &self,
        observed: &Bound<'py, PyAny>,
        rules: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        impact::statuses(&self.0.view, observed, rules)
    }

    /// The items at most `depth` relations away, with their distance as `layer`, and the relations
    /// between them.
    #[pyo3(signature = (id, direction=None, *, kinds=None, classes=None, depth=None, limit=None))]
    fn neighbourhood<'py>(
        &self,
        id: &Bound<'py, PyAny>,
        direction: Option<&Bound<'py, PyAny>>,
        kinds: Option<&Bound<'py, PyAny>>,
        classes: Option<&Bound<'py, PyAny>>,
        depth: Option<&Bound<'py, PyAny>>,
        limit: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let filter = impact::filter([kinds, classes], [depth, limit])?;
        impact::neighbourhood(&self.0.view, id, self::direction(direction)?, &filter)
    }

    /// What a service stands on, ready to draw: `nodes` in layers, each below everything that
    /// depends on it, and the `relations` between them.
    #[pyo3(signature = (service, *, kinds=None, classes=None, depth=None, limit=None))]
    fn service_map<'py>(
        &self,
        service: &Bound<'py, PyAny>,
        kinds: Option<&Bound<'py, PyAny>>,
        classes: Option<&Bound<'py, PyAny>>,
        depth: Option<&Bound<'py, PyAny>>,
        limit: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let filter = impact::filter([kinds, classes], [depth, limit])?;
        impact::service_map(&self.0.view, service, &filter)
    }

    /// All shortest chains of dependence from `source` to `target`, at most `limit` of them.
    #[pyo3(signature = (source, target, *, kinds=None, classes=None, depth=None, limit=None))]
    #[allow(clippy::too_many_arguments)]
    fn shortest_paths<'py>(
        &self,
        source: &Bound<'py, PyAny>,
        target: &Bound<'py, PyAny>,
        kinds: Option<&Bound<'py, PyAny>>,
        classes: Option<&Bound<'py, PyAny>>,
        depth: Option<&Bound<'py, PyAny>>,
        limit: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let filter = impact::filter([kinds, classes], [depth, limit])?;
        impact::shortest_paths(&self.0.view, source, target, &filter)
    }

    /// The items that depend on each other in circles.
    fn cycles(&self, py: Python<'_>) -> PyResult<Vec<Vec<String>>> {
        impact::cycles(&self.0.view, py)
    }

    /// Answers a query about this moment as an `itom.Table`; see `Cmdb.query`.
    ///
    /// >>> import itom
    /// >>> len(itom.cmdb.Cmdb().at().query("service where criticality >= 2"))
    /// 0
    fn query(&self, query: &Bound<'_, PyAny>) -> PyResult<Table> {
        let asked = formats::query(query)?;
        enter(query.py(), || self.0.view.answer(&asked)).map(Table::wrap)
    }

    /// The items, or some by id, and the relations between them, in DOT, the language of Graphviz.
    #[pyo3(signature = (ids=None))]
    fn to_dot(&self, py: Python<'_>, ids: Option<&Bound<'_, PyAny>>) -> PyResult<String> {
        formats::to_dot(py, &self.0.view, ids)
    }

    /// The same as a Mermaid flowchart.
    ///
    /// >>> import itom
    /// >>> itom.cmdb.Cmdb().at().to_mermaid()
    /// 'flowchart TD\n'
    #[pyo3(signature = (ids=None))]
    fn to_mermaid(&self, py: Python<'_>, ids: Option<&Bound<'_, PyAny>>) -> PyResult<String> {
        formats::to_mermaid(py, &self.0.view, ids)
    }

    /// The same as GraphML, with typed keys.
    #[pyo3(signature = (ids=None))]
    fn to_graphml(&self, py: Python<'_>, ids: Option<&Bound<'_, PyAny>>) -> PyResult<String> {
        formats::to_graphml(py, &self.0.view, ids)
    }

    /// The same as the bytes of an SQLite file: tables `item`, `attribute`, `relation`, `class_tree`, and a
    /// view for each class.
    ///
    /// >>> import itom
    /// >>> itom.cmdb.Cmdb().at().to_sqlite()[:15]
    /// b'SQLite format 3'
    #[pyo3(signature = (ids=None))]
    fn to_sqlite<'py>(
        &self,
        py: Python<'py>,
        ids: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        formats::to_sqlite(py, &self.0.view, ids)
    }

    /// What was ever said, as two `itom.Table`s, of items and of relations: a row a statement.
    ///
    /// >>> import itom
    /// >>> items, relations = itom.cmdb.Cmdb().at().history_tables()
    /// >>> items.columns[:6]
    /// ['id', 'said', 'class', 'attribute', 'type', 'value']
    #[pyo3(signature = (ids=None))]
    fn history_tables(
        &self,
        py: Python<'_>,
        ids: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<(Table, Table)> {
        formats::history_tables(py, &self.0.view, ids)
    }

    /// The items, or some by id, and the relations between them as two `itom.Table`s: Arrow tables for
    /// pandas, polars, DuckDB.
    ///
    /// >>> import itom
    /// >>> items, relations = itom.cmdb.Cmdb().at().tables()
    /// >>> items.columns, relations.columns
    /// (['id', 'class'], ['source', 'kind', 'target', 'group', 'min_up', 'min_up_type', 'weight'])
    #[pyo3(signature = (ids=None))]
    fn tables(&self, py: Python<'_>, ids: Option<&Bound<'_, PyAny>>) -> PyResult<(Table, Table)> {
        formats::tables(py, &self.0.view, ids)
    }

    fn __len__(&self) -> usize {
        self.0.view.len()
    }

    fn __contains__(&self, id: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.0.view.contains(&convert::text(id, "id")?))
    }

    fn __repr__(&self) -> String {
        let view = &self.0.view;
        format!("<itom.cmdb.View of {} items, {} relations>", view.len(), view.relation_count())
    }
}
