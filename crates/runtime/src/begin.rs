//! What every `main` starts with.

use std::process::ExitCode;

use store::{RedisOptions, RedisStore};

use crate::{Exit, Settings, SettingsArgs, Surroundings, fail, telemetry};

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
