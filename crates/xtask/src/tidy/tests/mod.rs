//! Each rule over small made-up crates.

mod cycles;
mod edges;
mod invariants;
mod names;
mod style;
mod support;
