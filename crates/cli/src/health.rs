//! `mapreduce health`: checks that Redis is usable.

use std::process::ExitCode;

use settings::{Exit, Settings};
use store::{Health, JobStore, RedisStore, StoreId, StoreResult};

use crate::output::print_line;

/// Connects to Redis like a master, and prints what it reports.
///
/// The exit code is 0 even if Redis reports problems: all of them are temporary, or an operator can fix them while jobs
/// wait.
#[tokio::main]
pub(crate) async fn health(settings: &Settings) -> ExitCode {
    let store = match settings::redis_store(settings) {
        Ok(store) => store,
        Err(code) => return code,
    };
    match check(&store).await {
        Ok((id, health)) => {
            print_line(&format!(
                "Redis at {} is usable (run_id {})",
                settings.redis.shown_url(),
                id.0
            ));
            for problem in health.problems {
                print_line(&problem.to_string());
            }
            Exit::Done.into()
        }
        Err(error) => settings::fail(Exit::NoRedis, &error),
    }
}

async fn check(store: &RedisStore) -> StoreResult<(StoreId, Health)> {
    let id = store.connect().await?;
    Ok((id, store.health(None).await?))
}
