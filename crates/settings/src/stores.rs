//! The stores that the settings select.

use std::process::ExitCode;

use store::{AnyBlobs, FolderBlobs, RedisOptions, RedisStore};

use crate::exit::{Exit, fail};
use crate::settings::Settings;

/// The store at `redis.url`; it connects at its first call.
///
/// # Errors
/// An unusable URL: the exit code to return from `main`, after a message on stderr.
pub fn redis_store(settings: &Settings) -> Result<RedisStore, ExitCode> {
    let options = RedisOptions {
        url: settings.redis.url.clone(),
        ..RedisOptions::default()
    };
    RedisStore::new(options).map_err(|error| fail(Exit::BadSettings, &error))
}

/// The storage of runs that `shuffle.store` selects: `redis`, or a shared folder.
pub fn blob_store(settings: &Settings, redis: &RedisStore) -> AnyBlobs {
    let expire = settings.shuffle.expire;
    match &settings.shuffle.store {
        Some(folder) => FolderBlobs::new(folder, expire).into(),
        None => redis.blobs(expire).into(),
    }
}
