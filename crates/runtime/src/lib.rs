//! What every binary needs around its work: settings, logs, signals, retries, exit codes.
//!
//! # Layout
//! - [`begin()`]: what every `main` starts with.
//! - [`settings`]: the settings, and the layers they come from.
//! - [`exit`]: the exit codes, and how a process says why it ends.
//! - [`start`]: Tokio, or an end at once.
//! - [`telemetry`]: log lines on stderr.
//! - [`shutdown`]: SIGINT and SIGTERM as a token.
//! - [`backoff`]: retries of store operations.
//! - [`crash`]: deliberate crashes, for demonstrations and tests.
//! - [`instance`]: names made anew at every start.

pub mod backoff;
mod begin;
pub mod crash;
pub mod exit;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod instance;
mod random;
pub mod settings;
pub mod shutdown;
pub mod start;
pub mod telemetry;

pub use backoff::{retry, retry_unless_cancelled};
pub use begin::{begin, begin_steps, blobs, redis_store};
pub use crash::{CrashPlan, CrashPoint};
pub use exit::{Exit, fail, parse_arguments};
pub use instance::{job_id, owner_nonce, worker_name};
pub use settings::{Settings, SettingsArgs, SettingsError, Step, Surroundings, steps_folder};
pub use shutdown::{Shutdown, Signal};
pub use start::run_program;
