//! Values that several parts of `itom.sla` take and give.

use itom_core::Timestamp;
use pyo3::prelude::*;

use crate::convert;
use crate::errors::{invalid, refused};

/// A list of pairs of instants.
pub(super) fn spans(
    value: &Bound<'_, PyAny>,
    argument: &str,
) -> PyResult<Vec<(Timestamp, Timestamp)>> {
    let pairs = pairs(value, argument)?;
    let pair = |(index, (from, until)): (usize, AnyPair<'_>)| {
        let place = format!("{argument}[{index}]");
        Ok((convert::instant(&from, &place)?, convert::instant(&until, &place)?))
    };
    pairs.into_iter().enumerate().map(pair).collect()
}

pub(super) type AnyPair<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);

pub(super) fn pairs<'py>(value: &Bound<'py, PyAny>, argument: &str) -> PyResult<Vec<AnyPair<'py>>> {
    let expected = "a list of (from, until) pairs of instants";
    let failed = |cause| refused(cause, argument, value, expected);
    let mut pairs = Vec::new();
    for pair in value.try_iter().map_err(failed)? {
        let pair = pair.map_err(failed)?;
        let cells: Vec<_> =
            pair.try_iter().map_err(failed)?.collect::<PyResult<_>>().map_err(failed)?;
        let [from, until] = cells.try_into().map_err(|_| invalid(argument, &pair, expected))?;
        pairs.push((from, until));
    }
    Ok(pairs)
}

pub(super) fn counts(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<Vec<u64>> {
    let failed = |cause| refused(cause, argument, value, "an array of counts");
    let cells = value.try_iter().map_err(failed)?;
    cells.map(|cell| convert::count(&cell.map_err(failed)?, argument)).collect()
}
