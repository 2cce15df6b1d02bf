//! Values as cells of a table: the narrowest type that holds all of a column.

use super::Value;
use crate::table::{Column, TextColumn};

/// A column of the narrowest type that holds all of these values.
pub(crate) fn column_of(values: &[Option<&Value>]) -> Column {
    let all = |test: fn(&Value) -> bool| values.iter().flatten().all(|value| test(value));
    if values.iter().all(Option::is_none) {
        return Column::Text(values.iter().map(|_| None).collect());
    }
    if all(|value| matches!(value, Value::Int(_))) {
        let whole = |value: &Option<&Value>| match value {
            Some(Value::Int(number)) => Some(*number),
            _ => None,
        };
        return Column::Int(values.iter().map(whole).collect());
    }
    if all(|value| matches!(value, Value::Int(_) | Value::Float(_))) {
        let float = |value: &Option<&Value>| match value {
            Some(Value::Int(number)) => Some(*number as f64),
            Some(Value::Float(number)) => Some(*number),
            _ => None,
        };
        return Column::Float(values.iter().map(float).collect());
    }
    if all(|value| matches!(value, Value::Bool(_))) {
        let truth = |value: &Option<&Value>| match value {
            Some(Value::Bool(truth)) => Some(*truth),
            _ => None,
        };
        return Column::Bool(values.iter().map(truth).collect());
    }
    if all(|value| matches!(value, Value::Time(_))) {
        let instant = |value: &Option<&Value>| match value {
            Some(Value::Time(instant)) => Some(*instant),
            _ => None,
        };
        return Column::Time(values.iter().map(instant).collect());
    }
    let mut cells = TextColumn::default();
    values.iter().for_each(|value| cells.push(value.map(written).as_deref()));
    Column::Text(cells)
}

/// A value as text: what JSON writes as text as it is, the others as JSON.
pub(crate) fn written(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Float(_) => value.to_string(),
        other => match serde_json::to_value(other) {
            Ok(serde_json::Value::String(text)) => text,
            Ok(json) => json.to_string(),
            Err(_) => String::new(),
        },
    }
}
