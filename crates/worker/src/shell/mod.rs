//! Edge of the worker: performs the actions of the core, and reports their outcomes to it.

mod dispatcher;
mod event_loop;

pub use event_loop::run;
