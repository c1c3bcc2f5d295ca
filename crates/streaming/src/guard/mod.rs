//! Guards end all processes of a command with its attempt.
//!
//! ```text
//! worker ── guard ── /bin/sh -c COMMAND ── …
//!    └──────── pipes ───────┘
//! ```
//! A guard is a process between a worker and a command. It runs the worker's program, and can do three things that the
//! worker cannot do for each of its commands:
//!
//! - The system signals the worker's death to the guard, whatever its cause.
//! - Orphaned processes become children of the guard, which is a *subreaper*.
//! - All processes of the command are therefore descendants of the guard, including daemons.
//!
//! The guard kills the remaining processes when the command ends, when the worker terminates the guard, or when the
//! worker dies. It does not touch the pipes between worker and command.

mod descendants;
mod guardian;
mod program;
mod protocol;

pub(crate) use program::GuardProgram;
pub use program::run_guard_if_requested;
pub(crate) use protocol::{EXIT_UNABLE, TERMINATE};
