//! SIGINT and SIGTERM.

use std::fs::{self, File};
use std::io::Write;
use std::time::Duration;

use crate::sandbox::Sandbox;

#[test]
fn a_signal_ends_a_run_with_130_and_leaves_nothing() {
    for signal in ["-INT", "-TERM"] {
        let sandbox = Sandbox::new();
        sandbox.file("in/a.txt", "a\n".repeat(100));
        sandbox.file("o.json", "old");
        let args = [
            "in",
            "--output",
            "o.json",
            "--split-size",
            "1",
            "--set",
            "worker.slow=1h",
        ];
        let running = sandbox.command(&args).until("joined");
        running.signal(signal);
        running
            .ended()
            .refused(130, &["interrupted", "nothing was written"]);
        assert_eq!(sandbox.text("o.json"), "old");
        assert_eq!(sandbox.names(""), ["in", "o.json"], "{signal}");
    }
}

#[test]
fn a_signal_ends_a_run_during_planning() {
    let sandbox = Sandbox::new();
    let mut file = File::create(sandbox.path("a.csv")).unwrap();
    file.write_all(b"text\n").unwrap();
    // A hole of a terabyte: planning would take many minutes.
    file.set_len(1 << 40).unwrap();
    let running = sandbox
        .command(&["a.csv", "--column", "text", "--output", "o.json"])
        .started();
    // This file shows that the output is prepared; planning follows.
    let mark = sandbox.path(".o.json.tmp");
    Sandbox::wait_for(Duration::from_secs(60), || fs::exists(&mark).unwrap());
    running.signal("-INT");
    running.ended().refused(130, &["interrupted"]);
    assert_eq!(sandbox.names(""), ["a.csv"], "nothing is left behind");
}
