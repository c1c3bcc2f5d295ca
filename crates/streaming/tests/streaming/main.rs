//! Jobs of real commands.

mod commands;
mod counts;
mod failures;
mod orphans;
mod support;
