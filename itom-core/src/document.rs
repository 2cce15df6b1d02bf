//! Reading definitions: JSON in, and an error that names the place in the document.

use serde::de::DeserializeOwned;

use crate::{Error, ErrorKind, Result};

/// Reads a definition, a list of changes or the like from JSON text; errors speak of it as
/// `argument` and name the place inside: `definition.weekly.mon[0] is not valid: …`.
///
/// ```
/// use itom_core::read_json;
///
/// let error = read_json::<Vec<u8>>("[1, 2, \"x\"]", "sizes").unwrap_err();
/// assert!(error.to_string().starts_with("sizes[2] is not valid: invalid type"), "{error}");
/// assert_eq!(error.argument(), Some("sizes"));
/// ```
///
/// # Errors
/// The text is no JSON, or not of the shape of `T`.
pub fn read_json<T: DeserializeOwned>(json: &str, argument: &str) -> Result<T> {
    let invalid = |place: &str, why: &serde_json::Error| {
        let message = format!("{argument}{place} is not valid: {why}");
        Error::new(ErrorKind::InvalidArgument, message).about(argument)
    };
    let mut reader = serde_json::Deserializer::from_str(json);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let place = match path.as_str() {
            "." => String::new(),
            path if path.starts_with('[') => path.to_owned(),
            path => format!(".{path}"),
        };
        invalid(&place, error.inner())
    })?;
    reader.end().map_err(|error| invalid("", &error))?;
    Ok(value)
}
