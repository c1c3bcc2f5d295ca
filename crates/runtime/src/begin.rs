//! What every `main` starts with.

use std::process::ExitCode;
use std::time::Duration;

use store::{Blobs, FolderBlobs, RedisOptions, RedisStore};

use crate::settings::RedisSettings;
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
    RedisStore::new(redis_options(&settings.redis)).map_err(|error| fail(Exit::BadSettings, &error))
}

/// Shortest wait for an answer, whatever the deadline.
const PROMPT: Duration = Duration::from_secs(1);

/// How patient to be: what has no answer must be asked once more within the deadline.
fn redis_options(settings: &RedisSettings) -> RedisOptions {
    let default = RedisOptions::default();
    let half = (settings.deadline / 2).max(PROMPT);
    RedisOptions {
        url: settings.url.clone(),
        response_timeout: default.response_timeout.min(half),
        commit_timeout: default.commit_timeout.min(half),
        ..default
    }
}

/// Where runs are put, as `shuffle.store` says: with the tasks in `redis`, or in a shared folder.
pub fn blobs(settings: &Settings, redis: &RedisStore) -> Blobs {
    let expire = settings.shuffle.expire;
    match &settings.shuffle.store {
        Some(folder) => FolderBlobs::new(folder, expire).into(),
        None => redis.blobs(expire).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_answer_is_asked_again_within_the_deadline() {
        let waits = |deadline| {
            let options = redis_options(&RedisSettings {
                url: "redis://h".to_owned(),
                deadline: Duration::from_secs(deadline),
            });
            (options.response_timeout, options.commit_timeout)
        };
        let seconds = |answer, commit| (Duration::from_secs(answer), Duration::from_secs(commit));
        assert_eq!(waits(600), seconds(10, 60));
        assert_eq!(waits(60), seconds(10, 30));
        assert_eq!(waits(6), seconds(3, 3));
        assert_eq!(waits(0), seconds(1, 1));
    }
}
