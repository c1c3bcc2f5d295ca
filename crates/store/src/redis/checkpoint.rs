//! Checkpoints: background snapshots of Redis.

use std::sync::atomic::Ordering;
use std::time::Duration;

use ::redis::cmd;

use super::server::Info;
use super::store::RedisStore;
use crate::error::{StoreError, StoreResult};
use crate::types::Checkpoint;

impl RedisStore {
    pub(super) async fn snapshot(&self) -> StoreResult<Checkpoint> {
        match self.redis.run::<String>(&cmd("BGSAVE")).await {
            Ok(_) => {}
            Err(StoreError::Fatal { detail }) if is_running(&detail) => {}
            Err(StoreError::Fatal { detail }) => return Ok(self.without_checkpoints(&detail)),
            Err(error) => return Err(error),
        }
        let text: String = self.redis.run(cmd("INFO").arg("persistence")).await?;
        let (seconds, _micros): (u64, u64) = self.redis.run(&cmd("TIME")).await?;
        Ok(describe(&Info::parse(&text), seconds))
    }

    /// A managed Redis may refuse `BGSAVE`. Jobs run there without checkpoints.
    fn without_checkpoints(&self, detail: &str) -> Checkpoint {
        if !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(detail, "Redis refuses BGSAVE; jobs run without checkpoints");
        }
        Checkpoint {
            age: None,
            ok: true,
            running: false,
        }
    }
}

/// Returns whether `BGSAVE` was refused because a snapshot or a rewrite of the append-only file is running.
fn is_running(detail: &str) -> bool {
    detail.contains("save already in progress") || detail.contains("child process is active")
}

pub(super) fn describe(info: &Info<'_>, now: u64) -> Checkpoint {
    let saved = info.number("rdb_last_save_time");
    Checkpoint {
        age: saved.map(|saved| Duration::from_secs(now.saturating_sub(saved))),
        ok: info.get("rdb_last_bgsave_status") != "err",
        running: info.get("rdb_bgsave_in_progress") == "1",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_checkpoint_is_described_by_age_and_status() {
        let text =
            "rdb_bgsave_in_progress:1\r\nrdb_last_save_time:100\r\nrdb_last_bgsave_status:err\r\n";
        let found = describe(&Info::parse(text), 107);
        let age = Some(Duration::from_secs(7));
        assert_eq!(
            found,
            Checkpoint {
                age,
                ok: false,
                running: true
            }
        );
        assert_eq!(
            describe(&Info::parse(""), 107),
            Checkpoint {
                age: None,
                ok: true,
                running: false
            }
        );
    }

    #[test]
    fn a_running_checkpoint_is_not_an_error() {
        assert!(is_running("ERR Background save already in progress"));
        assert!(is_running(
            "ERR Another child process is active (AOF?): can't BGSAVE right now"
        ));
        assert!(!is_running("NOPERM this user has no permissions"));
    }
}
