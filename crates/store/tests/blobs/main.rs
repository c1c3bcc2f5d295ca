//! Blob stores under their conformance suite, and what only one of them can meet.

mod folder;
mod memory;
mod redis;
