//! Rows of the fault matrix in `docs/concepts/guarantees.md` that need special faults. The tests next to this folder
//! cover most of the other rows. Under each fault, the result is exact, byte for byte, or the job fails without a
//! result and names the cause.
//!
//! # Layout
//! - `network`: lost replies, partitions, latency, half-open connections (rows 2, 3, 21, 22).
//! - `workers`: slow workers, and tasks that kill their workers (rows 6 to 8).
//! - `restarts`: a Redis that dies repeatedly, or returns with an older library (rows 16 and 17).
//! - `damage`: truncated and corrupt files of Redis (row 18).
//! - `clocks`: clocks that are an hour ahead or behind (row 23).
//! - `refused`: unsuitable servers and users, other versions (rows 20, 24 and 29).
//! - `outputs`: disks that are full or read-only, and data of an earlier job (rows 27 and 28).
//! - `progress`: waiting for completed tasks.

mod clocks;
mod damage;
mod network;
mod outputs;
mod progress;
mod refused;
mod restarts;
mod workers;
