//! Reconciliation, rules, locks, merges and sweeps: conversion only.

use itom_core::cmdb::{
    Import, ItemRecord, ReconciliationRules, RelationRecord, SweepDefinition, Value,
};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::{About, Cmdb, View};
use crate::convert;
use crate::enter::enter;

/// The records and relations of a list, or of an import with both.
fn read(
    records: &Bound<'_, PyAny>,
    relations: Option<&Bound<'_, PyAny>>,
) -> PyResult<(Vec<ItemRecord>, Vec<RelationRecord>)> {
    let text: Option<String> = records.extract().ok();
    let is_import = match &text {
        Some(text) => text.trim_start().starts_with('{'),
        None => records.is_instance_of::<PyDict>(),
    };
    let mut import = match is_import {
        true => convert::definition::<Import>(records, "records")?,
        false => Import {
            records: convert::definition::<Vec<ItemRecord>>(records, "records")?,
            ..Import::default()
        },
    };
    if let Some(relations) = relations {
        let more = convert::definition::<Vec<RelationRecord>>(relations, "relations")?;
        import.relations.extend(more);
    }
    Ok((import.records, import.relations))
}

pub(super) fn reconcile<'py>(
    cmdb: &Cmdb,
    records: &Bound<'py, PyAny>,
    relations: Option<&Bound<'py, PyAny>>,
    (about, dry_run): (About, bool),
) -> PyResult<Bound<'py, PyAny>> {
    let py = records.py();
    let (records, relations) = read(records, relations)?;
    let report = cmdb.change(py, about, |core, transaction| {
        let done = match dry_run {
            true => core.identify(&records, &relations, transaction),
            false => core.reconcile(&records, &relations, transaction),
        };
        done.map(|done| done.report())
    })?;
    convert::to_python(py, &report)
}

pub(super) fn reconcile_table(
    cmdb: &Cmdb,
    table: &Bound<'_, PyAny>,
    class: Option<String>,
    about: About,
) -> PyResult<crate::table::Table> {
    let columns = convert::table(table, "table")?;
    let done = cmdb.change(table.py(), about, |core, transaction| {
        let done = core.reconcile_table(class.as_deref(), &columns, transaction)?;
        Ok(done.to_table())
    })?;
    Ok(crate::table::Table::wrap(done))
}

pub(super) fn set_rules(cmdb: &Cmdb, rules: &Bound<'_, PyAny>, about: About) -> PyResult<()> {
    let document = convert::definition::<ReconciliationRules>(rules, "rules")?;
    cmdb.change(rules.py(), about, |core, transaction| core.set_rules(document, transaction))
}

pub(super) fn lock(
    cmdb: &Cmdb,
    (id, attribute): (&Bound<'_, PyAny>, &Bound<'_, PyAny>),
    value: Option<&Bound<'_, PyAny>>,
    about: About,
) -> PyResult<()> {
    let py = id.py();
    let (id, attribute) = (convert::text(id, "id")?, convert::text(attribute, "attribute")?);
    let value = value.map(|value| {
        let list = PyList::new(py, [value])?;
        convert::definition::<[Value; 1]>(&list, "value")
    });
    let value = value.transpose()?.map(|[value]| value);
    cmdb.change(py, about, |core, transaction| core.lock(&id, &attribute, value, transaction))
}

pub(super) fn sweep<'py>(
    cmdb: &Cmdb,
    definition: &Bound<'py, PyAny>,
    (about, dry_run): (About, bool),
) -> PyResult<Bound<'py, PyAny>> {
    let py = definition.py();
    let sweep = convert::definition::<SweepDefinition>(definition, "definition")?;
    let report = cmdb.change(py, about, |core, transaction| match dry_run {
        true => core.plan_sweep(&sweep, transaction),
        false => core.sweep(&sweep, transaction),
    })?;
    convert::to_python(py, &report)
}

pub(super) fn claims<'py>(view: &View, id: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let text = convert::text(id, "id")?;
    let claims = enter(id.py(), || view.core().claims(&text))?;
    convert::to_python(id.py(), &claims)
}

pub(super) fn why_value<'py>(
    view: &View,
    id: &Bound<'py, PyAny>,
    attribute: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let (text, name) = (convert::text(id, "id")?, convert::text(attribute, "attribute")?);
    let why = enter(id.py(), || view.core().why_value(&text, &name))?;
    convert::to_python(id.py(), &why)
}

pub(super) fn duplicates<'py>(view: &View, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
    let found = enter(py, || Ok(view.core().duplicates()))?;
    convert::to_python(py, &found)
}
