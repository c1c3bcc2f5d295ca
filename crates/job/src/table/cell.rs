//! The text of a field.

use serde::Serialize;
use serde_json::Value;

use super::row_error::RowError;

/// Text of a field of a row.
pub(super) enum Scalar {
    /// The cell is missing.
    Missing,
    Text(String),
}

/// Returns the text of a field: texts as they are, other values as JSON in one line.
pub(super) fn scalar<V: Serialize + ?Sized>(value: &V) -> Result<Scalar, RowError> {
    let json = serde_json::to_string(value).map_err(|error| RowError(error.to_string()))?;
    Ok(match json.as_bytes() {
        b"null" => Scalar::Missing,
        [b'"', ..] => match serde_json::from_str(&json) {
            Ok(Value::String(text)) => Scalar::Text(text),
            _ => Scalar::Text(json),
        },
        _ => Scalar::Text(json),
    })
}
