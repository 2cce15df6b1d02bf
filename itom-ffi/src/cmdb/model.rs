//! Class models: set as a transaction, and the ready-made ones.

use std::ffi::c_char;

use itom_core::Error;
use itom_core::cmdb::ModelDefinition;

use super::database::{self, itom_cmdb, itom_transaction};
use crate::error::{itom_error, itom_status};
use crate::guard::guard;
use crate::input::{exclusive, text};
use crate::output::{Out, itom_bytes};

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_cmdb_set_model(
    cmdb: *mut itom_cmdb,
    model: *const c_char,
    model_len: usize,
    transaction: *const itom_transaction,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let transaction = database::transaction(transaction)?;
            let model = database::model(model, model_len)?;
            let model = model.ok_or_else(|| Error::invalid("model", "NULL", "a model"))?;
            exclusive(cmdb, "cmdb")?.0.write(|core| Ok(core.set_model(model, transaction)?))
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn itom_model_pack(
    names: *const c_char,
    names_len: usize,
    out: *mut *mut itom_bytes,
    error: *mut *mut itom_error,
) -> itom_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let out = Out::new(out, "out")?;
            let model = ModelDefinition::pack(text(names, names_len, "names")?)
                .map_err(|error| error.about("names"))?;
            out.give(itom_bytes::json(&model)?);
            Ok(())
        })
    }
}
