//! The mutations, and the tests that must fail for each.

mod catalog;
mod files;
mod functions;
mod killers;
mod recovery;

pub(super) use catalog::MUTANTS;
