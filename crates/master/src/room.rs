//! Whether there is room for what a job puts into the store of blobs.

use mapreduce::{Aggregate, Plan};
use store::{BlobStore, JobStore};
use tracing::debug;

use crate::error::MasterError;
use crate::planner::{self, Request};

/// Estimates how many bytes the runs and parts of `plan`, which is that of `request`, will take.
///
/// # Errors
/// [`MasterError::NoRoom`] if `blobs` cannot hold them. A job that `store` knows already goes on: some of the
/// room is taken by its own runs.
pub(crate) async fn check<S: JobStore, B: BlobStore>(
    plan: &Plan,
    request: &Request,
    store: &S,
    blobs: &B,
) -> Result<u64, MasterError> {
    let estimate = planner::estimate(plan, request).await;
    if plan.spec().aggregate != Aggregate::Shuffle || plan.total() == 0 {
        return Ok(0);
    }
    let needed = estimate.in_redis(plan);
    let room = match blobs.room().await {
        Ok(room) => room.filter(|room| room.free() < needed),
        Err(error) => {
            // What ails it will be told, or be over, when the plan is handed over.
            debug!(%error, "nobody knows how much room there is for runs");
            None
        }
    };
    if let Some(room) = room {
        let listed = store.jobs().await.unwrap_or_default();
        if listed.iter().all(|listed| listed.job.plan != plan.hash()) {
            let (free, limit) = (room.free(), room.limit);
            return Err(MasterError::NoRoom {
                needed,
                free,
                limit,
            });
        }
    }
    Ok(estimate.bytes())
}
