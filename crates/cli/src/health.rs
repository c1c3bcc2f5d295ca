//! `mapreduce health`: whether the cluster's Redis can be worked with.

use std::process::ExitCode;

use runtime::{Exit, Settings};
use store::{JobStore, RedisOptions, RedisStore};

use crate::run::say;

/// Connects as a master would.
#[tokio::main]
pub(crate) async fn health(settings: &Settings) -> ExitCode {
    let connected = match RedisStore::new(RedisOptions {
        url: settings.redis.url.clone(),
        ..RedisOptions::default()
    }) {
        Ok(store) => store.connect().await,
        Err(error) => return runtime::fail(Exit::BadSettings, &error),
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
