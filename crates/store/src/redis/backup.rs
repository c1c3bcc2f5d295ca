//! Second attempts at what others hold for long.

use std::sync::Arc;
use std::time::Duration;

use mapreduce::{TaskIndex, WorkerName};

use super::claims::millis;
use super::reply::{Reply, call, lossy};
use super::store::RedisStore;
use crate::{Backup, Claim, JobRef, StoreResult, TaskRef};

impl RedisStore {
    pub(super) async fn claim_slow(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        lease: Duration,
    ) -> StoreResult<Backup> {
        let mut backup = call("mr1_backup", &job.id);
        backup
            .arg(job.plan.to_string())
            .arg(worker.as_str())
            .arg(millis(lease));
        let mut reply: Reply = self.redis.run(&backup).await?;
        match reply.word.as_str() {
            "CLAIMED" => claimed(&mut reply),
            "DUE" => Ok(Backup::Due(Duration::from_millis(reply.next()?))),
            "NONE" => Ok(Backup::None),
            _ => Err(reply.into_error(&job.id)),
        }
    }
}

/// What follows the word `CLAIMED`.
fn claimed(reply: &mut Reply) -> StoreResult<Backup> {
    let entry = reply.text()?;
    let task = TaskRef {
        index: TaskIndex(reply.next()?),
        entry,
    };
    let payload: Arc<str> = lossy(reply.next()?).into();
    let holder = WorkerName::new(reply.text()?);
    let held = Duration::from_millis(reply.next()?);
    let claim = Claim {
        task,
        payload,
        // Nobody has failed at it, and the store has just looked.
        deliveries: 1,
        repeated: false,
    };
    Ok(Backup::Claimed {
        claim,
        holder,
        held,
    })
}
