//! SIGINT and SIGTERM.

use std::fs::{self, File};
use std::io::Write;
use std::time::Duration;

use crate::place::Place;

#[test]
fn a_signal_ends_a_run_with_130_and_leaves_nothing() {
    for signal in ["-INT", "-TERM"] {
        let place = Place::new();
        place.file("in/a.txt", "a\n".repeat(100));
        place.file("o.json", "old");
        let args = [
            "in",
            "--output",
            "o.json",
            "--split-size",
            "1",
            "--set",
            "worker.slow=1h",
        ];
        let running = place.command(&args).until("joined");
        running.signal(signal);
        running
            .ended()
            .refused(130, &["interrupted", "nothing was written"]);
        assert_eq!(place.text("o.json"), "old");
        assert_eq!(place.names(""), ["in", "o.json"], "{signal}");
    }
}

#[test]
fn a_signal_ends_a_run_during_planning() {
    let place = Place::new();
    let mut file = File::create(place.path("a.csv")).unwrap();
    file.write_all(b"text\n").unwrap();
    // A hole of a terabyte: planning would take many minutes.
    file.set_len(1 << 40).unwrap();
    let running = place
        .command(&["a.csv", "--column", "text", "--output", "o.json"])
        .started();
    // This file shows that the output is prepared; planning follows.
    let mark = place.path(".o.json.tmp");
    place.wait_for(Duration::from_secs(60), || fs::exists(&mark).unwrap());
    running.signal("-INT");
    running.ended().refused(130, &["interrupted"]);
    assert_eq!(place.names(""), ["a.csv"], "nothing is left behind");
}
