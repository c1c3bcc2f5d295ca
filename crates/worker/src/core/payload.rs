//! Payload of a claimed task.

use std::sync::Arc;

use mapreduce::Task;
use store::Claim;

/// Parses the payload of a claim.
///
/// # Errors
/// Returns the parser's message if the payload is not a task of this version.
pub(crate) fn parse_task(claim: &Claim) -> Result<Arc<Task>, String> {
    serde_json::from_str(&claim.payload)
        .map(Arc::new)
        .map_err(|error| error.to_string())
}
