//! Blobs in keys of Redis: plain strings, written whole, read in ranges, gone by themselves.
//!
//! A blob longer than a chunk goes in several keys. The first is written last, so that a blob whose
//! first chunk is there is all there; what an interrupted put leaves behind expires.

use std::sync::Arc;
use std::time::Duration;

use ::redis::{Cmd, Pipeline, Value, cmd};
use bytes::Bytes;
use mapreduce::JobId;

use super::connection::Connections;
use super::errors::fatal;
use super::keys;
use super::pieces::Reading;
use super::server::Info;
use super::store::RedisStore;
use crate::blobs::file::{blocking, open_source, read_range};
use crate::{Blob, BlobId, BlobRange, BlobStore, Room, StoreResult};

/// Bytes in a key. The client holds a command three times while it is sent, Redis serves nobody else
/// while it takes it in (2 ms), and a little less than 8 MiB keeps Redis from allotting 10.
const CHUNK: u64 = (8 << 20) - 64;
/// Keys in one command that removes or looks at many.
const BATCH: usize = 500;
/// Longest life of a key, some 140,000 years: Redis refuses what overflows its clock.
const LONGEST_MS: u64 = 1 << 52;

/// Blobs in one Redis. Cheap to clone; clones and the [`RedisStore`] share their connections.
#[derive(Debug, Clone)]
pub struct RedisBlobs {
    redis: Arc<Connections>,
    lasting: Duration,
    chunk: u64,
}

impl RedisStore {
    /// Blobs in the same Redis, which last for `lasting` unless they are kept longer.
    pub fn blobs(&self, lasting: Duration) -> RedisBlobs {
        RedisBlobs {
            redis: Arc::clone(&self.redis),
            lasting,
            chunk: CHUNK,
        }
    }
}

impl RedisBlobs {
    /// With chunks of another size, at least 1, on which all who share the blobs must agree. For tests.
    #[doc(hidden)]
    pub fn with_chunks_of(mut self, bytes: u64) -> Self {
        self.chunk = bytes.max(1);
        self
    }

    async fn set(&self, key: &str, bytes: &[u8]) -> StoreResult<()> {
        // Room for the few short words beside the bytes, so that these are not moved again.
        let mut set = Cmd::with_capacity(5, bytes.len() + key.len() + 64);
        set.arg("SET").arg(key).arg(bytes);
        set.arg("PX").arg(millis(self.lasting));
        self.redis.run_patiently(&set).await
    }

    /// Does `act`, which answers for each of some keys whether it is there, with all keys of blobs.
    async fn with_all_keys(
        &self,
        job: &JobId,
        ids: &[BlobId],
        act: impl Fn(&mut Pipeline, &str),
    ) -> StoreResult<()> {
        for ids in ids.chunks(BATCH) {
            let mut ids: Vec<&BlobId> = ids.iter().collect();
            for chunk in 0.. {
                let mut commands = Pipeline::with_capacity(ids.len());
                for id in &ids {
                    act(&mut commands, &keys::blob(job, id, chunk));
                }
                let found = self.redis.run_all_patiently(&commands).await?;
                let mut found = found.iter().map(|found| *found == Value::Int(1));
                // The second chunk of a put that was interrupted is there without the first.
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
                // No loss: these are bytes in memory.
                Blob::Memory(bytes) => bytes.slice(range.start as usize..range.end as usize),
                Blob::File(path, _) => {
                    let path = Arc::clone(path);
                    let read = move || read_range(&open_source(&path)?, &path, range);
                    let short = || fatal(format!("the file of {id} is shorter than it was"));
                    blocking(read).await?.ok_or_else(short)?
                }
            };
            self.set(&keys::blob(job, id, chunk), &bytes).await?;
        }
        Ok(())
    }

    async fn read(&self, job: &JobId, ranges: &[BlobRange]) -> StoreResult<Vec<Option<Bytes>>> {
        let mut reading = Reading::new(ranges, self.chunk);
        loop {
            let pieces = reading.trip();
            if pieces.is_empty() {
                return Ok(reading.answers());
            }
            let mut commands = Pipeline::with_capacity(pieces.len());
            for piece in &pieces {
                let key = keys::blob(job, &ranges[piece.range].blob, piece.chunk);
                let last = piece.start + piece.len - 1;
                commands.cmd("GETRANGE").arg(key).arg(piece.start).arg(last);
            }
            let answers = self.redis.run_all_patiently(&commands).await?;
            for (piece, answer) in pieces.iter().zip(answers) {
                let Value::BulkString(bytes) = answer else {
                    let address = &self.redis.address;
                    return Err(fatal(format!("Redis at {address} answered no bytes")));
                };
                reading.take(piece, bytes);
            }
        }
    }

    async fn remove(&self, job: &JobId, ids: &[BlobId]) -> StoreResult<()> {
        self.with_all_keys(job, ids, |commands, key| {
            commands.cmd("UNLINK").arg(key);
        })
        .await
    }

    async fn keep(&self, job: &JobId, ids: &[BlobId], lasting: Duration) -> StoreResult<()> {
        let lasting = millis(lasting);
        self.with_all_keys(job, ids, |commands, key| {
            commands.cmd("PEXPIRE").arg(key).arg(lasting);
        })
        .await
    }

    async fn room(&self) -> StoreResult<Option<Room>> {
        let mut ask = cmd("INFO");
        ask.arg("memory");
        let text: String = self.redis.run(&ask).await?;
        let info = Info::parse(&text);
        let limit = info.number("maxmemory").filter(|limit| *limit > 0);
        Ok(limit.map(|limit| Room {
            limit,
            used: info.number("used_memory").unwrap_or(0),
        }))
    }
}

/// A life of a key, at least 1 ms: Redis refuses 0.
fn millis(lasting: Duration) -> u64 {
    u64::try_from(lasting.as_millis())
        .unwrap_or(LONGEST_MS)
        .clamp(1, LONGEST_MS)
}
