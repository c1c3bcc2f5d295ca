//! `mapreduce health`: whether the cluster's Redis can be worked with.

use std::process::ExitCode;

use runtime::{Exit, Settings};
use store::JobStore;

use crate::run::say;

/// Connects as a master would.
#[tokio::main]
pub(crate) async fn health(settings: &Settings) -> ExitCode {
    let connected = match runtime::redis_store(settings) {
        Ok(store) => store.connect().await,
        Err(code) => return code,
    };
    match connected {
        Ok(id) => {
            say(&format!(
                "redis at {} answers (run_id {})",
                settings.redis.shown_url(),
                id.0
            ));
            Exit::Done.into()
        }
        Err(error) => runtime::fail(Exit::NoRedis, &error),
    }
}
