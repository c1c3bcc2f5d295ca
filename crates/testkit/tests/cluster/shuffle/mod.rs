//! Jobs that aggregate by shuffle. The result is exact, byte for byte, whatever happens to processes and runs in either
//! phase.
//!
//! # Layout
//! - `phase`: the two phases, and checks of blobs and logs.
//! - `exact`: without faults. `output`: formats of the result. `spill`: more data than memory.
//! - `workers`, `masters`, `redis`: deaths in each phase.
//! - `lost_blobs`: missing and damaged blobs. `unshared_stores`: run folders that are not shared.
//! - `expiry`: the lifetime of blobs.

mod exact;
mod expiry;
mod lost_blobs;
mod masters;
mod output;
mod phase;
mod redis;
mod spill;
mod unshared_stores;
mod workers;
