//! The function library: its source, and loading it into Redis.

use std::sync::LazyLock;

use ::redis::cmd;
use xxhash_rust::xxh3::xxh3_128;

use super::connection::Connections;
use crate::error::{StoreError, StoreResult};

/// Source of the library. The file with the shared code comes first.
const SOURCE: &str = concat!(
    include_str!("../../lua/mapreduce.lua"),
    include_str!("../../lua/held.lua"),
    include_str!("../../lua/permissions.lua"),
    include_str!("../../lua/plan.lua"),
    include_str!("../../lua/commit.lua"),
    include_str!("../../lua/leases.lua"),
    include_str!("../../lua/backup.lua"),
    include_str!("../../lua/repair.lua"),
    include_str!("../../lua/ending.lua"),
    include_str!("../../lua/status.lua"),
);

/// Version of the library: a hash of its source. A rollback of Redis restores the library of an earlier time, so its
/// existence is not enough.
static VERSION: LazyLock<String> =
    LazyLock::new(|| format!("{:032x}", xxh3_128(SOURCE.as_bytes())));

/// Returns the text that is loaded. For simulations.
#[doc(hidden)]
pub fn library_text() -> String {
    SOURCE.replace("@VERSION@", &VERSION)
}

/// Loads the library if it is missing or of another version.
pub(super) async fn ensure(connections: &Connections) -> StoreResult<()> {
    let ours = VERSION.as_str();
    let found: StoreResult<String> = connections
        .run(cmd("FCALL").arg("mr1_version").arg(0))
        .await;
    match found {
        Ok(version) if version == ours => return Ok(()),
        Ok(version) => {
            tracing::info!(
                found = version,
                version = ours,
                "replacing the function library"
            );
        }
        Err(StoreError::Lost { .. }) => {
            tracing::debug!(version = ours, "loading the function library");
        }
        Err(error) => return Err(error),
    }
    let text = library_text();
    connections
        .run::<()>(cmd("FUNCTION").arg("LOAD").arg("REPLACE").arg(text))
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_has_one_version_placeholder_and_functions_of_at_most_80_lines() {
        assert!(SOURCE.starts_with("#!lua name=mapreduce1\n"));
        assert_eq!(SOURCE.matches("@VERSION@").count(), 1);
        let mut start = 0;
        for (number, line) in SOURCE.lines().enumerate() {
            if line.starts_with("local function ") {
                start = number;
            } else if line == "end" {
                assert!(
                    number - start < 80,
                    "the function that ends in line {}",
                    number + 1
                );
            }
        }
    }
}
