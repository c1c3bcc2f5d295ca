//! The store of a cluster, against real servers: the conformance suite, and what only Redis can do to us.

mod attendance;
mod backups;
mod harness;
mod library;
mod outputs;
mod parts;
mod phases;
mod recovery;
mod refusals;
mod repairs;
mod rights;
mod tampering;
mod twins;

use harness::Redis;

store::conformance_tests!(Redis::start());
