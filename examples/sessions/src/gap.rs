//! The parameter `gap`.

use std::time::Duration;

use mapreduce::{JobError, Params};

/// Returns the longest time between two views of a session.
pub(crate) fn gap(params: &Params) -> Result<Duration, JobError> {
    let default = Duration::from_secs(30 * 60).into();
    let gap: humantime::Duration = params.value("gap", default)?;
    Ok(gap.into())
}
