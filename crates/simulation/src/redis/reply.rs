//! What a command answers, and the forms in which Lua and the client library have it.

use std::io;

use ::redis::{RedisError, RedisResult, Value};

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// A word such as `OK`.
    Status(String),
    /// A whole number.
    Int(i64),
    /// Bytes.
    Bulk(Vec<u8>),
    /// Nothing.
    Nil,
    /// Several answers.
    Array(Vec<Reply>),
    /// A refusal; its first word is the code.
    Error(String),
}

/// What a step of a command gives: an error ends the command.
pub(super) type Step<T> = Result<T, Reply>;

impl Reply {
    /// The word `OK`.
    pub(crate) fn ok() -> Self {
        Self::Status("OK".to_owned())
    }

    /// Text as bytes.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Bulk(text.into().into_bytes())
    }

    /// An error without a code of its own.
    pub(super) fn err(text: &str) -> Self {
        Self::Error(format!("ERR {text}"))
    }

    /// A count.
    pub(super) fn count(count: usize) -> Self {
        Self::Int(count as i64)
    }

    /// Something or nothing.
    pub(super) fn maybe(bytes: Option<Vec<u8>>) -> Self {
        bytes.map_or(Self::Nil, Self::Bulk)
    }

    /// What a refused command of a wrong type says.
    pub(super) fn wrong_type() -> Self {
        Self::Error("WRONGTYPE Operation against a key holding the wrong kind of value".to_owned())
    }

    /// As people read it.
    pub fn shown(&self) -> String {
        match self {
            Self::Status(text) | Self::Error(text) => text.clone(),
            Self::Int(number) => number.to_string(),
            Self::Bulk(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Self::Nil => "nothing".to_owned(),
            Self::Array(items) => {
                let items: Vec<_> = items.iter().map(Self::shown).collect();
                format!("[{}]", items.join(" "))
            }
        }
    }

    /// As the client library hands it out.
    ///
    /// # Errors
    /// The answer is an error.
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

/// An error as the client library makes it of the bytes that a server sends.
fn server_error(text: &str) -> RedisError {
    match ::redis::parse_redis_value(format!("-{text}\r\n").as_bytes()) {
        Ok(Value::ServerError(error)) => error.into(),
        Err(error) => error,
        Ok(_) => RedisError::from(io::Error::other(text.to_owned())),
    }
}
