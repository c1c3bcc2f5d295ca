//! What a finished job was, for people.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use mapreduce::Counters;
use mapreduce::output::Written;

/// What a finished job was.
#[derive(Debug, Clone)]
pub struct Summary {
    /// Number of tasks.
    pub tasks: u32,
    /// Sums over the input.
    pub counters: Counters,
    /// What is in the output.
    pub written: Written,
    /// From start to published result.
    pub elapsed: Duration,
    /// The output.
    pub output: PathBuf,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counters { records, bytes, .. } = self.counters;
        let megabytes = bytes as f64 / 1e6;
        let seconds = self.elapsed.as_secs_f64();
        write!(
            f,
            "counted {} words, {} of them different, in {records} records ({megabytes:.1} MB) in {seconds:.2} s: {}",
            self.written.total,
            self.written.keys,
            self.output.display()
        )
    }
}

impl Summary {
    /// What was odd about the input, a line each.
    pub fn notes(&self) -> Vec<String> {
        let Counters {
            short_records,
            invalid_utf8,
            nul_bytes,
            ..
        } = self.counters;
        let notes = [
            (short_records, "records had fewer cells than the header"),
            (invalid_utf8, "invalid UTF-8 sequences became U+FFFD"),
            (nul_bytes, "NUL bytes were found"),
        ];
        let odd = notes.into_iter().filter(|(count, _)| *count > 0);
        odd.map(|(count, what)| format!("note: {count} {what}"))
            .collect()
    }
}
