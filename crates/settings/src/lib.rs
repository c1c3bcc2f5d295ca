//! Settings of the programs, and what every program needs around its work: logs, signals, retries, exit codes.
//!
//! # Layout
//! - [`settings`]: the settings and the layers that contain them.
//! - [`mod@bootstrap`]: the first steps of a program.
//! - [`stores`]: the stores that the settings select.
//! - [`exit`]: the exit codes, and the last message of a process.
//! - [`async_runtime`]: the Tokio runtime of a program.
//! - [`telemetry`]: log lines on stderr.
//! - [`shutdown`]: SIGINT and SIGTERM as a cancellation token.
//! - [`backoff`]: retries of store operations.
//! - [`crash`]: deliberate crashes, for demonstrations and tests.
//! - [`generated_names`]: generated names of processes and jobs.

pub mod async_runtime;
pub mod backoff;
pub mod bootstrap;
pub mod crash;
pub mod exit;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod generated_names;
pub mod settings;
pub mod shutdown;
pub mod stores;
pub mod telemetry;

pub use async_runtime::run_program;
pub use backoff::{retry, retry_unless_cancelled};
pub use bootstrap::{bootstrap, bootstrap_steps};
pub use crash::CrashPlan;
pub use exit::{Exit, fail, parse_arguments};
pub use generated_names::{job_id, owner_nonce, worker_name};
pub use settings::{
    CrashPoint, Environment, Settings, SettingsArgs, SettingsError, Step, steps_folder,
};
pub use shutdown::{Shutdown, Signal};
pub use stores::{blob_store, redis_store};
