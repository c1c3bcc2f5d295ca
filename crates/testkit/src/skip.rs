//! Reports tests that cannot run on this machine.

use std::env;
use std::fs::File;
use std::io::{self, Write};
use std::thread;

/// Variable with the path of a file that collects the skipped tests. `cargo xtask test` sets it, and prints the
/// tests and their number at the end.
pub const SKIPPED_FILE: &str = "TESTKIT_SKIPPED_FILE";

/// Reports that the current test is skipped, with the reason.
///
/// The test returns afterwards, so that the test harness counts it as passed. This line is therefore the only
/// sign that it did not run.
///
/// # Panics
/// Panics if the file that [`SKIPPED_FILE`] names cannot be appended to.
pub fn skip(reason: &str) {
    // cargo-nextest runs each test on the main thread of a process. The harness of cargo names threads after tests.
    let name = env::var("NEXTEST_TEST_NAME").ok();
    let name = name.or_else(|| thread::current().name().map(str::to_owned));
    let line = format!(
        "skipped: {}: {reason}\n",
        name.as_deref().unwrap_or("a test")
    );
    // The harness captures `eprint!` of tests that pass, but not what goes to the stream itself.
    io::stderr().write_all(line.as_bytes()).ok();
    if let Some(path) = env::var_os(SKIPPED_FILE) {
        File::options()
            .create(true)
            .append(true)
            .open(&path)
            .and_then(|mut file| file.write_all(line.as_bytes()))
            .unwrap_or_else(|error| panic!("cannot append to {}: {error}", path.display()));
    }
}
