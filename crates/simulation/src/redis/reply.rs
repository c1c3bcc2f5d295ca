//! Replies of commands.

use std::io;

use ::redis::{RedisError, RedisResult, Value};

/// A reply.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// A word such as `OK`.
    Status(String),
    /// An integer.
    Int(i64),
    /// Bytes.
    Bulk(Vec<u8>),
    /// No value.
    Nil,
    /// Several replies.
    Array(Vec<Reply>),
    /// An error. Its first word is the code.
    Error(String),
}

/// Result of a step of a command. An error ends the command.
pub(super) type Step<T> = Result<T, Reply>;

impl Reply {
    /// Returns the status `OK`.
    pub(crate) fn ok() -> Self {
        Self::Status("OK".to_owned())
    }

    /// Returns text as bytes.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Bulk(text.into().into_bytes())
    }

    /// Returns an error with the generic code `ERR`.
    pub(super) fn err(text: &str) -> Self {
        Self::Error(format!("ERR {text}"))
    }

    /// Returns a count.
    pub(super) fn count(count: usize) -> Self {
        Self::Int(count as i64)
    }

    /// Returns bytes or no value.
    pub(super) fn maybe(bytes: Option<Vec<u8>>) -> Self {
        bytes.map_or(Self::Nil, Self::Bulk)
    }

    /// Returns the error for a key of the wrong type.
    pub(super) fn wrong_type() -> Self {
        Self::Error("WRONGTYPE Operation against a key holding the wrong kind of value".to_owned())
    }

    /// Returns the reply as text for people.
    pub fn shown(&self) -> String {
        match self {
            Self::Status(text) | Self::Error(text) => text.clone(),
            Self::Int(number) => number.to_string(),
            Self::Bulk(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Self::Nil => "nil".to_owned(),
            Self::Array(items) => {
                let items: Vec<_> = items.iter().map(Self::shown).collect();
                format!("[{}]", items.join(" "))
            }
        }
    }

    /// Converts the reply to the type of the client library.
    ///
    /// # Errors
    /// The reply is an error.
    pub fn into_value(self) -> RedisResult<Value> {
        Ok(match self {
            Self::Status(word) if word == "OK" => Value::Okay,
            Self::Status(word) => Value::SimpleString(word),
            Self::Int(number) => Value::Int(number),
            Self::Bulk(bytes) => Value::BulkString(bytes),
            Self::Nil => Value::Nil,
            Self::Array(items) => {
                let items: RedisResult<_> = items.into_iter().map(Self::into_value).collect();
                Value::Array(items?)
            }
            Self::Error(text) => return Err(server_error(&text)),
        })
    }
}

/// Returns the error that the client library parses from the reply of a server.
fn server_error(text: &str) -> RedisError {
    match ::redis::parse_redis_value(format!("-{text}\r\n").as_bytes()) {
        Ok(Value::ServerError(error)) => error.into(),
        Err(error) => error,
        Ok(_) => RedisError::from(io::Error::other(text.to_owned())),
    }
}
