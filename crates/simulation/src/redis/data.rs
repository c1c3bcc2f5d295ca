//! Keys and their content.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::reply::{Reply, Step};
use super::stream::Stream;

/// A sorted set: scores by member.
pub(super) type Scores = BTreeMap<Vec<u8>, f64>;
/// A hash.
pub type Fields = BTreeMap<Vec<u8>, Vec<u8>>;

/// Content of a key.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A string.
    Text(Vec<u8>),
    /// A hash.
    Hash(Fields),
    /// A sorted set.
    Scores(Scores),
    /// A stream.
    Stream(Stream),
}

/// Remaining time of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeToLive {
    /// The key does not exist.
    NoKey,
    /// The key does not expire.
    Unlimited,
    /// Milliseconds until the key expires.
    Left(u64),
}

impl Content {
    /// Name of the type.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Text(_) => "string",
            Self::Hash(_) => "hash",
            Self::Scores(_) => "zset",
            Self::Stream(_) => "stream",
        }
    }
}

/// Content of a key and its expiry time.
#[derive(Debug, Clone, PartialEq)]
struct Entry {
    content: Content,
    expires: Option<u64>,
}

/// Content of a snapshot: all keys and the function library.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dataset {
    keys: BTreeMap<Vec<u8>, Entry>,
    /// Text of the loaded function library.
    pub library: Option<Arc<str>>,
    /// Clock of the server in ms.
    pub now: u64,
}

impl Dataset {
    /// Returns the content of the key if it exists and has not expired.
    pub fn get(&self, key: &[u8]) -> Option<&Content> {
        let held = self.keys.get(key)?;
        let over = held.expires.is_some_and(|at| at <= self.now);
        (!over).then_some(&held.content)
    }

    /// Returns all keys that have not expired.
    pub fn keys(&self) -> impl Iterator<Item = &[u8]> {
        let exists = |key: &&Vec<u8>| self.get(key).is_some();
        self.keys.keys().filter(exists).map(Vec::as_slice)
    }

    /// Returns the hash at `key`, or `None` for any other content.
    pub fn hash(&self, key: &str) -> Option<&Fields> {
        match self.get(key.as_bytes()) {
            Some(Content::Hash(fields)) => Some(fields),
            _ => None,
        }
    }

    /// Returns the stream at `key`, or `None` for any other content.
    pub fn stream(&self, key: &str) -> Option<&Stream> {
        match self.get(key.as_bytes()) {
            Some(Content::Stream(stream)) => Some(stream),
            _ => None,
        }
    }

    /// Removes a key and returns whether it existed.
    pub fn remove(&mut self, key: &[u8]) -> bool {
        let existed = self.get(key).is_some();
        self.keys.remove(key);
        existed
    }

    /// Replaces the content of a key.
    pub(super) fn set(&mut self, key: &[u8], content: Content, expires: Option<u64>) {
        self.keys.insert(key.to_vec(), Entry { content, expires });
    }

    /// Sets the expiry time of a key and returns whether the key exists.
    pub(super) fn expire_at(&mut self, key: &[u8], at: u64) -> bool {
        if self.get(key).is_none() {
            return false;
        }
        if let Some(held) = self.keys.get_mut(key) {
            held.expires = Some(at);
        }
        true
    }

    /// Returns the remaining time of a key.
    pub(super) fn time_to_live(&self, key: &[u8]) -> TimeToLive {
        match (self.get(key), self.keys.get(key)) {
            (Some(_), Some(held)) => match held.expires {
                Some(at) => TimeToLive::Left(at.saturating_sub(self.now)),
                None => TimeToLive::Unlimited,
            },
            _ => TimeToLive::NoKey,
        }
    }

    /// Returns the content of a key for a change. `fresh` creates missing content.
    fn entry(&mut self, key: &[u8], fresh: impl FnOnce() -> Content) -> &mut Content {
        if self.get(key).is_none() {
            self.keys.remove(key);
        }
        let expires = None;
        let held = self.keys.entry(key.to_vec()).or_insert_with(|| Entry {
            content: fresh(),
            expires,
        });
        &mut held.content
    }

    /// Returns the string at `key`.
    pub(super) fn text_at(&self, key: &[u8]) -> Step<Option<&Vec<u8>>> {
        match self.get(key) {
            None => Ok(None),
            Some(Content::Text(text)) => Ok(Some(text)),
            Some(_) => Err(Reply::wrong_type()),
        }
    }

    /// Returns the hash at `key`.
    pub(super) fn hash_at(&self, key: &[u8]) -> Step<Option<&Fields>> {
        match self.get(key) {
            None => Ok(None),
            Some(Content::Hash(fields)) => Ok(Some(fields)),
            Some(_) => Err(Reply::wrong_type()),
        }
    }

    /// Returns the hash at `key` for a change and creates it if needed.
    pub(super) fn hash_for(&mut self, key: &[u8]) -> Step<&mut Fields> {
        match self.entry(key, || Content::Hash(Fields::new())) {
            Content::Hash(fields) => Ok(fields),
            _ => Err(Reply::wrong_type()),
        }
    }

    /// Returns the sorted set at `key`.
    pub(super) fn scores_at(&self, key: &[u8]) -> Step<Option<&Scores>> {
        match self.get(key) {
            None => Ok(None),
            Some(Content::Scores(scores)) => Ok(Some(scores)),
            Some(_) => Err(Reply::wrong_type()),
        }
    }

    /// Returns the sorted set at `key` for a change and creates it if needed.
    pub(super) fn scores_for(&mut self, key: &[u8]) -> Step<&mut Scores> {
        match self.entry(key, || Content::Scores(Scores::new())) {
            Content::Scores(scores) => Ok(scores),
            _ => Err(Reply::wrong_type()),
        }
    }

    /// Returns the stream at `key`.
    pub(super) fn stream_at(&self, key: &[u8]) -> Step<Option<&Stream>> {
        match self.get(key) {
            None => Ok(None),
            Some(Content::Stream(stream)) => Ok(Some(stream)),
            Some(_) => Err(Reply::wrong_type()),
        }
    }

    /// Returns the stream at `key` for a change and creates it if needed.
    pub(super) fn stream_for(&mut self, key: &[u8]) -> Step<&mut Stream> {
        match self.entry(key, || Content::Stream(Stream::default())) {
            Content::Stream(stream) => Ok(stream),
            _ => Err(Reply::wrong_type()),
        }
    }

    /// Removes a hash or sorted set that has become empty, as Redis does.
    pub(super) fn drop_if_empty(&mut self, key: &[u8]) {
        let empty = match self.get(key) {
            Some(Content::Hash(fields)) => fields.is_empty(),
            Some(Content::Scores(scores)) => scores.is_empty(),
            _ => false,
        };
        if empty {
            self.keys.remove(key);
        }
    }
}
