//! `mapreduce health`: whether the cluster's Redis can be worked with.

use std::process::ExitCode;

use runtime::{Exit, Settings};
use store::{Health, JobStore, RedisStore, StoreId, StoreResult};

use crate::run::say;

/// Connects as a master would.
#[tokio::main]
pub(crate) async fn health(settings: &Settings) -> ExitCode {
    let store = match runtime::redis_store(settings) {
        Ok(store) => store,
        Err(code) => return code,
    };
    match look(&store).await {
        Ok((id, health)) => {
            say(&format!(
                "redis at {} answers (run_id {})",
                settings.redis.shown_url(),
                id.0
            ));
            for trouble in health.troubles {
                say(&trouble.to_string());
            }
            Exit::Done.into()
        }
        Err(error) => runtime::fail(Exit::NoRedis, &error),
    }
}

/// What troubles it has does not change whether it can be worked with: all pass by themselves, or with help.
async fn look(store: &RedisStore) -> StoreResult<(StoreId, Health)> {
    let id = store.connect().await?;
    Ok((id, store.health(None).await?))
}
