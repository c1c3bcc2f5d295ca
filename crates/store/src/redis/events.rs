//! Waits for events of a job, and for jobs for idle workers.

use std::time::Duration;

use ::redis::{Cmd, cmd};
use mapreduce_core::JobId;
use tokio::time::Instant;

use super::claims::add_block;
use super::entries::{entries, of_one_stream};
use super::keys::{ANNOUNCE, DISMISSED, DISMISSED_SECONDS, JobKey, MASTER};
use super::store::RedisStore;
use crate::error::StoreResult;
use crate::types::{EventCursor, JobHeader};

/// Maximum number of events per read. The stream is capped at about this number.
const EVENTS: usize = 1_000;

impl RedisStore {
    pub(super) async fn await_event(
        &self,
        job: &JobId,
        after: EventCursor,
        wait: Duration,
    ) -> StoreResult<EventCursor> {
        let after = after.0.unwrap_or_else(|| "0-0".to_owned());
        let found = self
            .redis
            .run_blocking_read(&read(&JobKey::Events.of(job), &after, wait), wait)
            .await?;
        let last = of_one_stream(found).pop().map_or(after, |event| event.id);
        Ok(EventCursor(Some(last)))
    }

    pub(super) async fn await_job(&self, wait: Duration) -> StoreResult<Option<JobHeader>> {
        let deadline = Instant::now() + wait;
        loop {
            // Read the last announcement before the jobs, so that a later announcement ends the wait at once.
            let last = self.last_announcement().await?;
            if let Some(job) = self.ready_job().await? {
                return Ok(Some(job));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left < Duration::from_millis(1) {
                return Ok(None);
            }
            self.redis
                .run_blocking_read(&read(ANNOUNCE, &last, left), left)
                .await?;
        }
    }

    /// Wakes the workers that wait for a job.
    pub(super) async fn announce(&self, job: &JobId) -> StoreResult<()> {
        let mut add = cmd("XADD");
        add.arg(ANNOUNCE)
            .arg("MAXLEN")
            .arg("~")
            .arg(100)
            .arg("*")
            .arg("job")
            .arg(job.as_str());
        self.redis.run::<String>(&add).await.map(drop)
    }

    pub(super) async fn deserted_for(&self) -> StoreResult<Option<Duration>> {
        let time_to_live = async |key: &str| -> StoreResult<i64> {
            let mut pttl = cmd("PTTL");
            self.redis.run(pttl.arg(key)).await
        };
        // `PTTL` returns -2 if the key does not exist.
        let Ok(remaining) = u64::try_from(time_to_live(DISMISSED).await?) else {
            return Ok(None);
        };
        if time_to_live(MASTER).await? != -2 {
            return Ok(None);
        }
        let lasting = Duration::from_secs(DISMISSED_SECONDS);
        Ok(Some(
            lasting.saturating_sub(Duration::from_millis(remaining)),
        ))
    }

    async fn last_announcement(&self) -> StoreResult<String> {
        let last = cmd("XREVRANGE")
            .arg(ANNOUNCE)
            .arg("+")
            .arg("-")
            .arg("COUNT")
            .arg(1)
            .take();
        let found = entries(self.redis.run(&last).await?).pop();
        Ok(found.map_or_else(|| "0-0".to_owned(), |event| event.id))
    }
}

fn read(stream: &str, after: &str, wait: Duration) -> Cmd {
    let mut read = cmd("XREAD");
    read.arg("COUNT").arg(EVENTS);
    add_block(&mut read, wait);
    read.arg("STREAMS").arg(stream).arg(after);
    read
}
