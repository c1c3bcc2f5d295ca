//! The keys of the server and what they hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::reply::{Reply, Step};
use super::stream::Stream;

/// A sorted set: scores by member.
pub(super) type Scores = BTreeMap<Vec<u8>, f64>;
/// A hash.
pub type Fields = BTreeMap<Vec<u8>, Vec<u8>>;

/// What a key holds.
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

impl Content {
    /// The name of its type.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Text(_) => "string",
            Self::Hash(_) => "hash",
            Self::Scores(_) => "zset",
            Self::Stream(_) => "stream",
        }
    }
}

/// A key's content, and when it goes.
#[derive(Debug, Clone, PartialEq)]
struct Held {
    content: Content,
    expires: Option<u64>,
}

/// All that a snapshot holds: keys, and the text of the function library.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Data {
    keys: BTreeMap<Vec<u8>, Held>,
    /// The function library, if one is loaded.
    pub library: Option<Arc<str>>,
    /// The server's clock, in ms.
    pub now: u64,
}

impl Data {
    /// What the key holds, unless its time is over.
    pub fn get(&self, key: &[u8]) -> Option<&Content> {
        let held = self.keys.get(key)?;
        let over = held.expires.is_some_and(|at| at <= self.now);
        (!over).then_some(&held.content)
    }

    /// All keys that are there.
    pub fn keys(&self) -> impl Iterator<Item = &[u8]> {
        let there = |key: &&Vec<u8>| self.get(key).is_some();
        self.keys.keys().filter(there).map(Vec::as_slice)
    }

    /// The hash at the key, if there is one.
    pub fn hash(&self, key: &str) -> Option<&Fields> {
        match self.get(key.as_bytes()) {
            Some(Content::Hash(fields)) => Some(fields),
            _ => None,
        }
    }

    /// The stream at the key, if there is one.
    pub fn stream(&self, key: &str) -> Option<&Stream> {
        match self.get(key.as_bytes()) {
            Some(Content::Stream(stream)) => Some(stream),
            _ => None,
        }
    }

    /// Removes a key; whether it was there.
    pub fn remove(&mut self, key: &[u8]) -> bool {
        let there = self.get(key).is_some();
        self.keys.remove(key);
        there
    }

    pub(super) fn set(&mut self, key: &[u8], content: Content, expires: Option<u64>) {
        self.keys.insert(key.to_vec(), Held { content, expires });
    }

    /// Sets when a key goes; whether it is there.
    pub(super) fn expire_at(&mut self, key: &[u8], at: u64) -> bool {
        if self.get(key).is_none() {
            return false;
        }
        if let Some(held) = self.keys.get_mut(key) {
            held.expires = Some(at);
        }
        true
    }

    /// How long a key lasts: `None` if it is not there, the inner `None` if it stays.
    pub(super) fn lasting(&self, key: &[u8]) -> Option<Option<u64>> {
        self.get(key)?;
        let expires = self.keys.get(key)?.expires;
        Some(expires.map(|at| at.saturating_sub(self.now)))
    }

    /// The content for a change, made by `fresh` if there is none.
    fn entry(&mut self, key: &[u8], fresh: impl FnOnce() -> Content) -> &mut Content {
        if self.get(key).is_none() {
            self.keys.remove(key);
        }
        let expires = None;
        let held = self.keys.entry(key.to_vec()).or_insert_with(|| Held {
            content: fresh(),
            expires,
        });
        &mut held.content
    }

    /// The string at `key`.
    pub(super) fn text_at(&self, key: &[u8]) -> Step<Option<&Vec<u8>>> {
        match self.get(key) {
            None => Ok(None),
            Some(Content::Text(text)) => Ok(Some(text)),
            Some(_) => Err(Reply::wrong_type()),
        }
    }

    /// The hash at `key`.
    pub(super) fn hash_at(&self, key: &[u8]) -> Step<Option<&Fields>> {
        match self.get(key) {
            None => Ok(None),
            Some(Content::Hash(fields)) => Ok(Some(fields)),
            Some(_) => Err(Reply::wrong_type()),
        }
    }

    /// The hash at `key` for a change, made if need be.
    pub(super) fn hash_for(&mut self, key: &[u8]) -> Step<&mut Fields> {
        match self.entry(key, || Content::Hash(Fields::new())) {
            Content::Hash(fields) => Ok(fields),
            _ => Err(Reply::wrong_type()),
        }
    }

    /// The sorted set at `key`.
    pub(super) fn scores_at(&self, key: &[u8]) -> Step<Option<&Scores>> {
        match self.get(key) {
            None => Ok(None),
            Some(Content::Scores(scores)) => Ok(Some(scores)),
            Some(_) => Err(Reply::wrong_type()),
        }
    }

    /// The sorted set at `key` for a change, made if need be.
    pub(super) fn scores_for(&mut self, key: &[u8]) -> Step<&mut Scores> {
        match self.entry(key, || Content::Scores(Scores::new())) {
            Content::Scores(scores) => Ok(scores),
            _ => Err(Reply::wrong_type()),
        }
    }

    /// The stream at `key`.
    pub(super) fn stream_at(&self, key: &[u8]) -> Step<Option<&Stream>> {
        match self.get(key) {
            None => Ok(None),
            Some(Content::Stream(stream)) => Ok(Some(stream)),
            Some(_) => Err(Reply::wrong_type()),
        }
    }

    /// The stream at `key` for a change, made if need be.
    pub(super) fn stream_for(&mut self, key: &[u8]) -> Step<&mut Stream> {
        match self.entry(key, || Content::Stream(Stream::default())) {
            Content::Stream(stream) => Ok(stream),
            _ => Err(Reply::wrong_type()),
        }
    }

    /// Removes a hash or a sorted set that has become empty, as Redis does.
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
