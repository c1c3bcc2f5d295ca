//! The conformance suite of the blob stores, and tests of each store.

mod folder;
mod memory;
mod redis;
