//! Tests of the decisions.

mod decisions;
mod fixtures;
mod stalls;
