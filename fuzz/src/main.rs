//! Fuzz targets under libFuzzer. `cargo xtask fuzz` builds and runs this program.
//!
//! The environment variable `FUZZ_TARGET` selects the target. All targets share one program, so that the libraries are
//! instrumented and linked once.
#![no_main]

use std::sync::OnceLock;

use fuzzer::{Check, Target};
use libfuzzer_sys::fuzz_target;
use nix::sys::resource::{Resource, setrlimit};

/// Limit of the address space in bytes: several times the need of any target and of libFuzzer.
///
/// libFuzzer limits resident memory only, so this finds inputs that reserve far too much.
const MEMORY_LIMIT: u64 = 1 << 30;

static CHECK: OnceLock<Check> = OnceLock::new();

fuzz_target!(
    init: {
        setrlimit(Resource::RLIMIT_AS, MEMORY_LIMIT, MEMORY_LIMIT).expect("memory can be limited");
    },
    |input: &[u8]| CHECK.get_or_init(selected)(input)
);

/// Returns the target that `FUZZ_TARGET` names.
fn selected() -> Check {
    let name = std::env::var("FUZZ_TARGET").expect("FUZZ_TARGET names a target");
    let crates: [&[Target]; 4] = [
        mapreduce_jobs::fuzzing::TARGETS,
        store::fuzzing::TARGETS,
        settings::fuzzing::TARGETS,
        streaming::fuzzing::TARGETS,
    ];
    let mut targets = crates.iter().copied().flatten();
    let found = targets.find(|(other, _)| *other == name);
    found.expect("FUZZ_TARGET is the name of a target").1
}
