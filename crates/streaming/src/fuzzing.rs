//! Fuzz targets: properties of the output of commands and of parameters. `cargo xtask fuzz` checks them with millions
//! of inputs, the test below with some thousand.

use std::io::Read;

use mapreduce_core::Params;
use mapreduce_job::{Job, TaskContext};

use crate::job;
use crate::line_buffer::LineBuffer;
use crate::separator::Separator;
use crate::settings::Settings;
use crate::stderr::StderrReader;

/// Name and check of a target.
pub type Target = (&'static str, fn(&[u8]));

/// All targets. The name is also the name of the corpus folder in `fuzz/corpus`.
pub const TARGETS: &[Target] = &[
    ("stderr", stderr),
    ("stdout", stdout),
    ("streaming", params),
];

/// Reads the stderr of a command a few bytes at a time.
///
/// # Panics
/// Panics if the reader does, or keeps too much text.
pub fn stderr(input: &[u8]) {
    let Some((step, mut text)) = input.split_first() else {
        return;
    };
    let context = TaskContext::default();
    let mut reader = StderrReader::new(&context);
    while !text.is_empty() {
        let read = |into: &mut [u8]| {
            let most = into.len().min(1 + usize::from(*step));
            text.read(&mut into[..most])
        };
        reader.read(read).expect("memory can be read");
    }
    reader.finish();
    assert!(reader.last_lines().len() <= 8 << 10);
    let _ = reader.take_reported();
    // An error is allowed: there may be too many counters, and names and sums may be too large.
    drop(context.counter_values());
}

/// Reads the stdout of a command, and splits its lines into keys and values.
///
/// # Panics
/// Panics if a byte of a line is lost.
pub fn stdout(input: &[u8]) {
    let Some(([step, fields, separator], mut text)) = input.split_first_chunk::<3>() else {
        return;
    };
    let separators = ["\t", ",", "::", "", "\0"];
    let separator = separators[usize::from(*separator) % separators.len()];
    let separator = Separator::new(separator, 1 + usize::from(*fields % 4));
    let mut lines = LineBuffer::new(1 << 20);
    let mut found = Vec::new();
    let whole = text;
    while !text.is_empty() {
        let read = |into: &mut [u8]| {
            let most = into.len().min(1 + usize::from(*step));
            text.read(&mut into[..most])
        };
        let each = |line: &[u8]| {
            let (key, value) = separator.key_and_value(line);
            found.extend([key, value, b"\n"].concat());
        };
        lines.read(read, each).expect("no line is too long");
    }
    found.extend(lines.take_rest().unwrap_or_default());
    assert_eq!(found, whole);
}

/// Reads parameters of the job, one on each line.
///
/// # Panics
/// Panics if the job and its settings disagree about their validity.
pub fn params(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    let params: Params = pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let settings = Settings::read(&params);
    assert_eq!(settings.is_ok(), job::job().shape(&params).is_ok());
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn inputs_similar_to_the_corpora_pass() {
        let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
        fuzzer::try_all(&corpora, super::TARGETS, 20_000, 1);
    }
}
