//! What a finished job was, for people.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use mapreduce::output::{OutputFormat, Written};
use mapreduce::{Counters, PlanHash};

/// What a finished job was.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The job.
    pub job: String,
    /// Whether its values are counts.
    pub counts: bool,
    /// The name of its plan.
    pub plan: PlanHash,
    /// Whether it was done before: a step whose input and output have not changed since.
    pub was_done: bool,
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
    /// Its layout.
    pub format: OutputFormat,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.was_done {
            return write!(f, "done before: {}", self.output.display());
        }
        let Counters { records, bytes, .. } = self.counters;
        let megabytes = bytes as f64 / 1e6;
        let seconds = self.elapsed.as_secs_f64();
        let Written { keys, total } = self.written;
        match self.job.as_str() {
            "word-count" => write!(f, "counted {total} words, {keys} of them different,")?,
            _ if self.counts => write!(f, "counted {total} by {keys} keys")?,
            _ => write!(f, "made {keys} rows")?,
        }
        write!(
            f,
            " in {records} records ({megabytes:.1} MB) in {seconds:.2} s: {}",
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
            skipped_records,
            ref own,
            ..
        } = self.counters;
        let notes = [
            (short_records, "records had fewer cells than the header"),
            (invalid_utf8, "invalid UTF-8 sequences became U+FFFD"),
            (nul_bytes, "NUL bytes were found"),
            (
                skipped_records,
                "records were left out because the job fails at them; they are in the bad-records file",
            ),
        ];
        let odd = notes.into_iter().filter(|(count, _)| *count > 0);
        let odd = odd.map(|(count, what)| format!("note: {count} {what}"));
        let own = own
            .iter()
            .map(|(name, value)| format!("counter: {name} = {value}"));
        odd.chain(own).collect()
    }
}
