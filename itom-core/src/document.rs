//! Reading definitions: JSON in, and an error that names the place in the document.
//!
//! What serde says of a value is put into the words of the library's errors, and into those of JSON:
//! who writes a document knows nothing of `u32` or of a struct's name.

use serde::de::DeserializeOwned;

use crate::{Error, ErrorKind, Result};

/// Reads a definition, a list of changes or the like from JSON text; errors speak of it as
/// `argument` and name the place inside: `definition.weekly.mon[0] must be …, got …`.
///
/// ```
/// use itom_core::read_json;
///
/// let error = read_json::<Vec<u8>>("[1, 2, \"x\"]", "sizes").unwrap_err();
/// let expected = "sizes[2] must be a whole number from 0 to 255, got \"x\" at line 1 column 10";
/// assert_eq!(error.to_string(), expected);
/// assert_eq!(error.argument(), Some("sizes"));
/// ```
///
/// # Errors
/// The text is no JSON, or not of the shape of `T`.
pub fn read_json<T: DeserializeOwned>(json: &str, argument: &str) -> Result<T> {
    read(json, argument, true)
}

/// [`read_json`] of a text that a program wrote, so that a line and a column say nothing to anybody
/// and errors do not name them.
///
/// ```
/// let error = itom_core::read_document::<Vec<u8>>("[1, 2, -3]", "sizes").unwrap_err();
/// assert_eq!(error.to_string(), "sizes[2] must be a whole number from 0 to 255, got -3");
/// ```
///
/// # Errors
/// As [`read_json`].
pub fn read_document<T: DeserializeOwned>(json: &str, argument: &str) -> Result<T> {
    read(json, argument, false)
}

fn read<T: DeserializeOwned>(json: &str, argument: &str, tells_lines: bool) -> Result<T> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let place = match path.as_str() {
            "." => String::new(),
            path if path.starts_with('[') => path.to_owned(),
            path => format!(".{path}"),
        };
        invalid(&format!("{argument}{place}"), error.inner(), tells_lines)
    });
    let value = value.map_err(|error| error.about(argument))?;
    reader.end().map_err(|error| invalid(argument, &error, tells_lines).about(argument))?;
    Ok(value)
}

/// What serde says, in the library's words.
fn invalid(place: &str, why: &serde_json::Error, tells_lines: bool) -> Error {
    let at = format!(" at line {} column {}", why.line(), why.column());
    let whole = why.to_string();
    let said = whole.strip_suffix(&at).unwrap_or(&whole);
    let mut message = match reworded(said) {
        Some((expected, got)) => format!("{place} must be {expected}, got {got}"),
        None if said.starts_with("data did not match any variant") => {
            format!("{place} is not valid: it has none of the forms that it may have")
        }
        None => format!("{place} is not valid: {said}"),
    };
    if tells_lines && why.line() > 0 {
        message.push_str(&at);
    }
    Error::new(ErrorKind::InvalidArgument, message)
}

/// What was expected and what was there, of the messages that say both.
fn reworded(said: &str) -> Option<(String, String)> {
    let split = |rest: &str| {
        let (got, expected) = rest.rsplit_once(", expected ")?;
        Some((in_words(expected).to_owned(), got.to_owned()))
    };
    if let Some(rest) = said.strip_prefix("invalid type: ").or(said.strip_prefix("invalid value: "))
    {
        return split(rest).map(|(expected, got)| (expected, as_json(&got)));
    }
    if let Some(rest) = said.strip_prefix("invalid length ") {
        return split(rest).map(|(expected, got)| (expected, format!("{got} of them")));
    }
    split(said.strip_prefix("unknown variant ")?)
}

/// A type of Rust in words.
fn in_words(expected: &str) -> &str {
    match expected {
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "u128" | "usize" => "a whole number from 0",
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a string" | "a borrowed string" | "a character" => "text",
        "a sequence" => "an array",
        "a map" => "an object",
        "option" | "unit" => "null or a value",
        other if other.starts_with("struct ") => "an object",
        other if other.starts_with("enum ") => "one of its words or an object",
        other if other.starts_with("tuple struct ") || other.starts_with("newtype struct ") => {
            "a value"
        }
        other if other.contains(" variant ") && other.contains("::") => "an object",
        other => other,
    }
}

/// A value as serde shows it, as JSON shows it.
fn as_json(got: &str) -> String {
    if let Some(text) = got.strip_prefix("string ") {
        return text.to_owned();
    }
    match got {
        "sequence" => "an array".to_owned(),
        "map" => "an object".to_owned(),
        other => match other.split_once('`').and_then(|(_, rest)| rest.strip_suffix('`')) {
            Some(value) => value.to_owned(),
            None => other.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "snake_case")]
    #[allow(dead_code)]
    struct Shape {
        #[serde(default)]
        sizes: Vec<u32>,
        #[serde(default)]
        pair: Option<[String; 2]>,
        #[serde(default)]
        side: Option<Side>,
        #[serde(default)]
        inner: Option<Box<Shape>>,
        #[serde(default)]
        form: Option<Form>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Side {
        Left,
        Right,
    }

    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    #[allow(dead_code)]
    enum Form {
        Word(String),
        Number(i64),
    }

    fn said(json: &str) -> String {
        read_document::<Shape>(json, "shape").unwrap_err().to_string()
    }

    #[test]
    fn errors_speak_of_the_document_and_not_of_rust() {
        for (json, expected) in [
            (
                r#"{"sizes": [1, -1]}"#,
                "shape.sizes[1] must be a whole number from 0 to 4294967295, got -1",
            ),
            (r#"{"sizes": {}}"#, "shape.sizes must be an array, got an object"),
            (r#"{"pair": ["a"]}"#, "shape.pair must be an array of length 2, got 1 of them"),
            (
                r#"{"pair": "a, expected b"}"#,
                "shape.pair must be an array of length 2, got \"a, expected b\"",
            ),
            (r#"{"inner": {"inner": 5}}"#, "shape.inner.inner must be an object, got 5"),
            (r#"{"side": "up"}"#, "shape.side must be `left` or `right`, got `up`"),
            (
                r#"{"form": []}"#,
                "shape.form is not valid: it has none of the forms that it may have",
            ),
            ("true", "shape must be an object, got true"),
        ] {
            assert_eq!(said(json), expected, "{json}");
        }
        assert!(
            said(r#"{"size": 1}"#).starts_with("shape.size is not valid: unknown field `size`")
        );
        let text = read_json::<Shape>("{\n\"sizes\": 5}", "shape").unwrap_err().to_string();
        assert_eq!(text, "shape.sizes must be an array, got 5 at line 2 column 10");
        let broken = read_json::<Shape>("{", "shape").unwrap_err().to_string();
        assert!(broken.contains("EOF") && broken.contains("line 1"), "{broken}");
    }
}
