//! Tests of the decisions, one sentence each.

mod ahead;
mod backups;
mod fixture;
mod jobs;
mod leases;
mod reordering;
mod rollbacks;
mod shutdown;
mod steps;
mod tasks;

pub(crate) use fixture::claim;
