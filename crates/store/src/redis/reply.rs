//! Replies of the function library: a word and what follows it.

use ::redis::{Cmd, FromRedisValue, Value, cmd, from_redis_value};
use mapreduce::JobId;

use super::errors::{fatal, lost};
use super::keys::JobKey;
use crate::{StoreError, StoreResult};

/// A call of the function `name` on the keys of `job`; its arguments are to be appended.
pub(super) fn call(name: &str, job: &JobId) -> Cmd {
    let mut command = cmd("FCALL");
    extend_call(&mut command, name, job);
    command
}

/// Like [`call`], into a command that was made with room for what follows.
pub(super) fn extend_call(command: &mut Cmd, name: &str, job: &JobId) {
    command.arg(name).arg(JobKey::ALL.len());
    for key in JobKey::ALL {
        command.arg(key.of(job));
    }
}

/// A reply, taken apart.
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
    /// The next item behind the word.
    pub(super) fn next<T: FromRedisValue>(&mut self) -> StoreResult<T> {
        from_redis_value(self.rest.pop_front().unwrap_or_default())
            .map_err(|error| fatal(format!("reply {} of a function: {error}", self.word)))
    }

    /// The next item as text, whatever bytes it holds.
    pub(super) fn text(&mut self) -> StoreResult<String> {
        Ok(lossy(self.next()?))
    }

    /// All items that are left.
    pub(super) fn all<T: FromRedisValue>(mut self) -> StoreResult<Vec<T>> {
        (0..self.rest.len()).map(|_| self.next()).collect()
    }

    /// What a reply means that the caller has no word of its own for.
    pub(super) fn into_error(mut self, job: &JobId) -> StoreError {
        let text = self.text().unwrap_or_default();
        match self.word.as_str() {
            "NOPLAN" => lost(format!("the plan of job {job}")),
            "NOGROUP" => lost(format!("the group of workers of job {job}")),
            "PLAN_MISMATCH" => lost(format!(
                "the plan of job {job}; it holds the plan {text} instead"
            )),
            word => fatal(format!("job {job} in Redis: {text} ({word})")),
        }
    }
}

/// Bytes as text for people.
pub(super) fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
