//! The Redis store against real servers: the conformance suite, and faults that only Redis can have.

mod backups;
mod commit_batches;
mod differential;
mod harness;
mod library;
mod outputs;
mod permissions;
mod phases;
mod presence;
mod recovery;
mod refusals;
mod repairs;
mod tampering;

use harness::Redis;

store::conformance_tests!(Redis::start());
