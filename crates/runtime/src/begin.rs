//! What every `main` starts with.

use std::process::ExitCode;

use store::{Blobs, FolderBlobs, RedisOptions, RedisStore};

use crate::{Exit, Settings, SettingsArgs, Step, Surroundings, fail, telemetry};

/// Reads the settings of this process and starts its log.
///
/// # Errors
/// The exit code of wrong settings; what is wrong has been said on stderr.
pub fn begin(flags: &SettingsArgs) -> Result<Settings, ExitCode> {
    let settings = Settings::read(flags, &Surroundings::of_process())
        .map_err(|error| fail(Exit::BadSettings, &error))?;
    telemetry::init(&settings.log);
    Ok(settings)
}

/// As [`begin`], for a job that may have several steps; at least one. The log is that of the first.
///
/// # Errors
/// The exit code of wrong settings; what is wrong has been said on stderr.
pub fn begin_steps(flags: &SettingsArgs) -> Result<Vec<Step>, ExitCode> {
    let steps = Settings::read_steps(flags, &Surroundings::of_process())
        .map_err(|error| fail(Exit::BadSettings, &error))?;
    telemetry::init(&steps[0].settings.log);
    Ok(steps)
}

/// The store at `redis.url`; connects to nothing yet.
///
/// # Errors
/// The exit code of an unusable URL; what is wrong has been said on stderr.
pub fn redis_store(settings: &Settings) -> Result<RedisStore, ExitCode> {
    let options = RedisOptions {
        url: settings.redis.url.clone(),
        ..RedisOptions::default()
    };
    RedisStore::new(options).map_err(|error| fail(Exit::BadSettings, &error))
}

/// Where runs are put, as `shuffle.store` says: with the tasks in `redis`, or in a shared folder.
pub fn blobs(settings: &Settings, redis: &RedisStore) -> Blobs {
    let expire = settings.shuffle.expire;
    match &settings.shuffle.store {
        Some(folder) => FolderBlobs::new(folder, expire).into(),
        None => redis.blobs(expire).into(),
    }
}
