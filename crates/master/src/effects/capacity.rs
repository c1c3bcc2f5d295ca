//! Checks that the blob store has enough capacity for a job.

use mapreduce_core::{Aggregate, Plan};
use store::{BlobStore, JobStore};
use tracing::debug;

use crate::error::MasterError;
use crate::planner::{self, Request};

/// Estimates the bytes of the runs and partition results of `plan`, which is the plan of `request`.
///
/// # Errors
/// [`MasterError::InsufficientCapacity`] if `blobs` cannot hold them. A job that `store` lists already is not refused,
/// because its own runs take some of the space.
pub(super) async fn check<S: JobStore, B: BlobStore>(
    plan: &Plan,
    request: &Request,
    store: &S,
    blobs: &B,
) -> Result<u64, MasterError> {
    let estimate = planner::estimate_storage(plan, request).await;
    if plan.spec().aggregate != Aggregate::Shuffle || plan.total() == 0 {
        return Ok(0);
    }
    let needed = estimate.redis_bytes(plan);
    let too_small = match blobs.capacity().await {
        Ok(capacity) => capacity.filter(|capacity| capacity.free() < needed),
        Err(error) => {
            // If the store does not recover, the next action on it reports the error.
            debug!(%error, "cannot query the free memory of Redis");
            None
        }
    };
    if let Some(capacity) = too_small {
        let listed = store.jobs().await.unwrap_or_default();
        if listed.iter().all(|listed| listed.job.plan != plan.hash()) {
            let (free, limit) = (capacity.free(), capacity.limit);
            return Err(MasterError::InsufficientCapacity {
                needed,
                free,
                limit,
            });
        }
    }
    Ok(estimate.bytes())
}
