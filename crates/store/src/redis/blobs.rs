//! Blobs in keys of Redis: plain strings that are written whole, read in ranges, and expire.
//!
//! A blob longer than a chunk is stored in several keys. The first chunk is written last, so a blob is complete if its
//! first chunk exists. The chunks of an interrupted put expire.

use std::sync::Arc;
use std::time::Duration;

use ::redis::{Cmd, Pipeline, Value, cmd};
use bytes::Bytes;
use mapreduce_core::JobId;

use super::chunked_read::ChunkedRead;
use super::connection::Connections;
use super::errors::fatal;
use super::keys;
use super::server::Info;
use super::store::RedisStore;
use crate::blobs::local_file::{blocking, open_source, read_range};
use crate::error::StoreResult;
use crate::traits::BlobStore;
use crate::types::{Blob, BlobId, BlobRange, Capacity};

/// Bytes in a key. The client holds a command three times while it sends it, and Redis serves no other client while it
/// reads it (2 ms). A little less than 8 MiB keeps Redis from allocating 10 MiB.
const CHUNK: u64 = (8 << 20) - 64;
/// Maximum number of keys in one command that removes or extends many.
const BATCH: usize = 500;
/// Longest lifetime of a key, about 140,000 years. Redis refuses times that overflow its clock.
const MAX_LIFETIME_MS: u64 = 1 << 52;

/// Blobs in one Redis. Clones are cheap. They share their connections with the [`RedisStore`].
#[derive(Debug, Clone)]
pub struct RedisBlobs {
    redis: Arc<Connections>,
    lasting: Duration,
    chunk: u64,
}

impl RedisStore {
    /// Returns the blobs in the same Redis. They expire after `lasting` unless their lifetime is extended.
    pub fn blobs(&self, lasting: Duration) -> RedisBlobs {
        RedisBlobs {
            redis: Arc::clone(&self.redis),
            lasting,
            chunk: CHUNK,
        }
    }
}

impl RedisBlobs {
    /// Sets the size of a chunk, at least 1 byte. All processes that share the blobs must use the same size. For tests.
    #[doc(hidden)]
    #[must_use]
    pub fn with_chunks_of(mut self, bytes: u64) -> Self {
        self.chunk = bytes.max(1);
        self
    }

    async fn set(&self, key: &str, bytes: &[u8]) -> StoreResult<()> {
        // Reserves space for the other arguments, so that the bytes are not copied again.
        let mut set = Cmd::with_capacity(5, bytes.len() + key.len() + 64);
        set.arg("SET").arg(key).arg(bytes);
        set.arg("PX").arg(millis(self.lasting));
        self.redis.run_slow(&set).await
    }

    /// Runs `add_command` for all keys of the blobs. The reply to each command must be whether the key existed.
    async fn with_all_keys(
        &self,
        job: &JobId,
        ids: &[BlobId],
        add_command: impl Fn(&mut Pipeline, &str),
    ) -> StoreResult<()> {
        for ids in ids.chunks(BATCH) {
            let mut ids: Vec<&BlobId> = ids.iter().collect();
            for chunk in 0.. {
                let mut commands = Pipeline::with_capacity(ids.len());
                for id in &ids {
                    add_command(&mut commands, &keys::blob(job, id, chunk));
                }
                let found = self.redis.run_all_slow(&commands).await?;
                let mut found = found.iter().map(|found| *found == Value::Int(1));
                // The second chunk of an interrupted put exists without the first.
                ids.retain(|_| found.next().unwrap_or(false) || chunk == 0);
                if ids.is_empty() {
                    break;
                }
            }
        }
        Ok(())
    }
}

impl BlobStore for RedisBlobs {
    async fn put(&self, job: &JobId, id: &BlobId, blob: &Blob) -> StoreResult<()> {
        let last = blob.len().saturating_sub(1) / self.chunk;
        for chunk in (1..=last).chain([0]) {
            let range = chunk * self.chunk..blob.len().min((chunk + 1) * self.chunk);
            let bytes = match blob {
                // The casts lose nothing, since these bytes are in memory.
                Blob::Memory(bytes) => bytes.slice(range.start as usize..range.end as usize),
                Blob::File(path, _) => {
                    let path = Arc::clone(path);
                    let read = move || read_range(&open_source(&path)?, &path, range);
                    let short = || {
                        fatal(format!(
                            "cannot store {id}: its file was truncated after it was written"
                        ))
                    };
                    blocking(read).await?.ok_or_else(short)?
                }
            };
            self.set(&keys::blob(job, id, chunk), &bytes).await?;
        }
        Ok(())
    }

    async fn read(&self, job: &JobId, ranges: &[BlobRange]) -> StoreResult<Vec<Option<Bytes>>> {
        let mut read = ChunkedRead::new(ranges, self.chunk);
        loop {
            let pieces = read.next_batch();
            if pieces.is_empty() {
                return Ok(read.into_ranges());
            }
            let mut commands = Pipeline::with_capacity(pieces.len());
            for piece in &pieces {
                let key = keys::blob(job, &ranges[piece.range].blob, piece.chunk);
                let last = piece.start + piece.len - 1;
                commands.cmd("GETRANGE").arg(key).arg(piece.start).arg(last);
            }
            let replies = self.redis.run_all_slow(&commands).await?;
            for (piece, reply) in pieces.iter().zip(replies) {
                let Value::BulkString(bytes) = reply else {
                    let address = &self.redis.address;
                    return Err(fatal(format!(
                        "Redis at {address} replied to GETRANGE without data"
                    )));
                };
                read.add_reply(piece, bytes);
            }
        }
    }

    async fn remove(&self, job: &JobId, ids: &[BlobId]) -> StoreResult<()> {
        self.with_all_keys(job, ids, |commands, key| {
            commands.cmd("UNLINK").arg(key);
        })
        .await
    }

    async fn extend_lifetime(
        &self,
        job: &JobId,
        ids: &[BlobId],
        lasting: Duration,
    ) -> StoreResult<()> {
        let lasting = millis(lasting);
        self.with_all_keys(job, ids, |commands, key| {
            commands.cmd("PEXPIRE").arg(key).arg(lasting);
        })
        .await
    }

    async fn capacity(&self) -> StoreResult<Option<Capacity>> {
        let text: String = self.redis.run(cmd("INFO").arg("memory")).await?;
        let info = Info::parse(&text);
        let limit = info.number("maxmemory").filter(|limit| *limit > 0);
        Ok(limit.map(|limit| Capacity {
            limit,
            used: info.number("used_memory").unwrap_or(0),
        }))
    }
}

/// Converts a lifetime to milliseconds, at least 1: Redis refuses 0.
fn millis(lasting: Duration) -> u64 {
    u64::try_from(lasting.as_millis())
        .unwrap_or(MAX_LIFETIME_MS)
        .clamp(1, MAX_LIFETIME_MS)
}
