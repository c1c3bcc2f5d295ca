//! Clusters of real processes, with and without faults. The result is exact, byte for byte, or the job fails
//! without a result and names the cause.
//!
//! The results of the modules `exact`, `shuffle::exact`, `shuffle::output`, `jobs` and `streaming` are compared with
//! those of other programs. `.ci/run` runs these modules again with larger real input; see `testkit::data_sets`.

mod bad_files;
mod bad_redis;
mod differential;
mod exact;
mod faults;
mod jobs;
mod master_dies;
mod memory;
mod part_files;
mod redis_dies;
mod shuffle;
mod stragglers;
mod streaming;
mod support;
mod tampering;
mod watchdog;
mod watching;
mod workers_die;
