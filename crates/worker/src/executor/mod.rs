//! Executor of the core's actions. Each action is a future that ends with an event.

mod attempt_name;
mod attempts;
mod bad_records;
mod bisection;
mod blob;
mod claims;
mod commit_gate;
mod commits;
mod failure;
mod fetch;
mod job_files;
mod job_folder;
mod jobs;
mod lease_grace;
mod map;
mod master_watch;
mod part_file;
mod partition;
mod reduce;
mod reduce_error;
mod retry;
mod returns;
mod search_budget;
mod state;
mod task_environment;
mod timing;

pub(crate) use state::{ActionResult, Executor};
