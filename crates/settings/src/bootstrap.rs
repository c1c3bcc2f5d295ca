//! First steps of a program: settings and log.

use std::process::ExitCode;

use crate::exit::{Exit, fail};
use crate::settings::{Environment, Settings, SettingsArgs, Step};
use crate::telemetry;

/// Reads the settings of this process and starts its log.
///
/// # Errors
/// Wrong settings: the exit code to return from `main`, after a message on stderr.
pub fn bootstrap(args: &SettingsArgs) -> Result<Settings, ExitCode> {
    let settings = Settings::read(args, &Environment::of_process())
        .map_err(|error| fail(Exit::BadSettings, &error))?;
    telemetry::init(&settings.log);
    Ok(settings)
}

/// Reads the settings of each step of a job, at least one, and starts the log.
///
/// # Errors
/// Wrong settings: the exit code to return from `main`, after a message on stderr.
pub fn bootstrap_steps(args: &SettingsArgs) -> Result<Vec<Step>, ExitCode> {
    let steps = Settings::read_steps(args, &Environment::of_process())
        .map_err(|error| fail(Exit::BadSettings, &error))?;
    // Steps cannot differ in the settings of the log.
    telemetry::init(&steps[0].settings.log);
    Ok(steps)
}
