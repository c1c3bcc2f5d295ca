//! Backup attempts at slow tasks of other workers.

use std::time::Duration;

use mapreduce_core::{TaskIndex, WorkerName};

use super::claims::millis;
use super::reply::{Reply, call};
use super::store::RedisStore;
use crate::error::StoreResult;
use crate::types::{Backup, Claim, JobRef, TaskRef, parse_payload};

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

/// Parses the rest of a `CLAIMED` reply.
fn claimed(reply: &mut Reply) -> StoreResult<Backup> {
    let entry = reply.text()?;
    let task = TaskRef {
        index: TaskIndex(reply.next()?),
        entry,
    };
    let payload = parse_payload(&reply.text()?);
    let holder = WorkerName::new(reply.text()?);
    let held = Duration::from_millis(reply.next()?);
    let claim = Claim {
        task,
        payload,
        // The function offers only tasks that have not failed and are not done.
        deliveries: 1,
        repeated: false,
    };
    Ok(Backup::Claimed {
        claim,
        holder,
        held,
    })
}
