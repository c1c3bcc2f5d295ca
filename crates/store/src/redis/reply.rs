//! Replies of the function library: a word followed by items.

use ::redis::{Cmd, FromRedisValue, Value, cmd, from_redis_value};
use mapreduce_core::JobId;

use super::errors::{fatal, lost};
use super::keys::JobKey;
use crate::error::{StoreError, StoreResult};

/// Starts a call of the function `name` with the keys of `job`. The caller appends the arguments.
pub(super) fn call(name: &str, job: &JobId) -> Cmd {
    let mut command = cmd("FCALL");
    extend_call(&mut command, name, job);
    command
}

/// Like [`call`], for a command that has space reserved for its arguments.
pub(super) fn extend_call(command: &mut Cmd, name: &str, job: &JobId) {
    command.arg(name).arg(JobKey::ALL.len());
    for key in JobKey::ALL {
        command.arg(key.of(job));
    }
}

/// A parsed reply.
#[derive(Debug, PartialEq)]
pub(super) struct Reply {
    pub(super) word: String,
    rest: std::collections::VecDeque<Value>,
}

impl FromRedisValue for Reply {
    fn from_redis_value(value: Value) -> Result<Self, ::redis::ParsingError> {
        let mut rest: std::collections::VecDeque<Value> = Vec::from_redis_value(value)?.into();
        let word = String::from_redis_value(rest.pop_front().unwrap_or_default())?;
        Ok(Self { word, rest })
    }
}

impl Reply {
    /// Returns the next item.
    pub(super) fn next<T: FromRedisValue>(&mut self) -> StoreResult<T> {
        from_redis_value(self.rest.pop_front().unwrap_or_default()).map_err(|error| {
            fatal(format!(
                "cannot parse the reply {} of a function: {error}",
                self.word
            ))
        })
    }

    /// Returns the next item as text, even if it is not UTF-8.
    pub(super) fn text(&mut self) -> StoreResult<String> {
        Ok(lossy(self.next()?))
    }

    /// Returns all remaining items.
    pub(super) fn all<T: FromRedisValue>(mut self) -> StoreResult<Vec<T>> {
        (0..self.rest.len()).map(|_| self.next()).collect()
    }

    /// Converts a reply that the caller does not handle to an error.
    pub(super) fn into_error(mut self, job: &JobId) -> StoreError {
        let text = self.text().unwrap_or_default();
        match self.word.as_str() {
            "NOPLAN" => lost(format!("the plan of job {job}")),
            "NOGROUP" => lost(format!("the consumer group of job {job}")),
            "PLAN_MISMATCH" => lost(format!(
                "the plan of job {job}, and now contains another one ({text})"
            )),
            word => fatal(format!(
                "Redis refused a command for job {job}: {text} ({word})"
            )),
        }
    }
}

/// Converts bytes to text. Invalid UTF-8 is replaced.
pub(super) fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
