//! The master plans a job, watches over its tasks, recovers from faults, and publishes the result.
//!
//! # Layout
//! - [`core`]: the decisions, pure.
//! - `effects`: the loop that performs them.
//! - [`planner`]: from the input files to the plan.
//! - `output`: the result, from the locked file or folder to its publication.
//! - `options`, `shipped_files`: settings and files that a master starts with.
//! - [`program`]: the program, for any registry of jobs. `steps`: jobs of several steps.
//! - `progress`, `summary`: messages for the user. `error`: the reasons why a master ends without a result.
//!
//! Dependencies point one way: program → steps → options → error → output → planner, core. Only `effects` uses all of
//! them.

pub mod core;
mod effects;
mod error;
mod options;
mod output;
pub mod planner;
pub mod program;
mod progress;
mod shipped_files;
mod steps;
mod summary;

pub use effects::run;
pub use error::MasterError;
pub use options::MasterOptions;
pub use output::OutputError;
pub use progress::Progress;
pub use steps::Steps;
pub use summary::Summary;
