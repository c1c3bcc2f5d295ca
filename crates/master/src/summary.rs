//! The summary of a finished job.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use mapreduce_core::OutputFormat;
use mapreduce_core::counters::MISSING;
use mapreduce_core::{Counters, PlanHash};
use mapreduce_formats::output::ResultTotals;

/// Summary of a finished job.
#[derive(Debug, Clone)]
pub struct Summary {
    /// Name of the job.
    pub job: String,
    /// Hash of the plan.
    pub plan: PlanHash,
    /// True if the step was skipped, because an earlier run has finished it and its input and output are unchanged.
    pub was_done: bool,
    /// Number of tasks.
    pub tasks: u32,
    /// Counters of the job.
    pub counters: Counters,
    /// Content of the output.
    pub written: ResultTotals,
    /// Maximum number of rows of the output, those with the highest counts.
    pub top: Option<u64>,
    /// Time from the start to the published result.
    pub elapsed: Duration,
    /// True if the rows of the result are lines of text, without columns.
    pub has_lines: bool,
    /// Path of the output.
    pub output: PathBuf,
    /// Format of the output.
    pub format: OutputFormat,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.was_done {
            return write!(
                f,
                "already done by an earlier run: {}",
                self.output.display()
            );
        }
        let Counters { records, bytes, .. } = self.counters;
        let megabytes = bytes as f64 / 1e6;
        let seconds = self.elapsed.as_secs_f64();
        let ResultTotals { keys, total } = self.written;
        match self.job.as_str() {
            "word-count" => write!(f, "counted {total} words, {keys} distinct, in")?,
            _ => write!(
                f,
                "wrote {} rows from",
                self.top.unwrap_or(u64::MAX).min(keys)
            )?,
        }
        write!(
            f,
            " {records} records ({megabytes:.1} MB) in {seconds:.2} s: {}",
            self.output.display()
        )
    }
}

impl Summary {
    /// Returns notes about irregular input and the custom counters of the job, one line each.
    pub fn notes(&self) -> Vec<String> {
        let Counters {
            short_records,
            long_records,
            text_after_quote,
            invalid_json,
            missing_values,
            invalid_utf8,
            nul_bytes,
            skipped_records,
            ref custom,
            ..
        } = self.counters;
        let notes = [
            (short_records, "records had fewer cells than the header"),
            (long_records, "records had more cells than the header"),
            (
                text_after_quote,
                "records had text after the closing quote of a cell",
            ),
            (invalid_json, "lines were not valid JSON and were skipped"),
            (missing_values, "records lacked the selected value"),
            (invalid_utf8, "invalid UTF-8 sequences were found"),
            (nul_bytes, "NUL bytes were found"),
            (
                skipped_records,
                "records were skipped because the job fails on them; the bad-records file lists them",
            ),
        ];
        let irregular = notes.into_iter().filter(|(count, _)| *count > 0);
        let irregular = irregular.map(|(count, what)| format!("note: {count} {what}"));
        let custom = custom
            .iter()
            .map(|(name, value)| match name.strip_prefix(MISSING) {
                Some(pointer) => format!("note: {value} records had no value at {pointer:?}"),
                None => format!("counter: {name} = {value}"),
            });
        irregular.chain(custom).collect()
    }
}
