//! What must hold for any bytes that commands write and people set. `cargo xtask fuzz` tries it with millions of
//! inputs, the test below with some.

use std::io::Read;

use mapreduce::job::{Job, Params, TaskContext};

use crate::cut::Cut;
use crate::lines::Lines;
use crate::messages::Messages;
use crate::settings::Settings;

/// What must hold, and its name.
pub type Target = (&'static str, fn(&[u8]));

/// All targets by name, which is that of the folder of their corpus below `fuzz/corpus`.
pub const TARGETS: &[Target] = &[
    ("stderr", stderr),
    ("stdout", stdout),
    ("streaming", params),
];

/// Messages of a command, read a few bytes at once.
///
/// # Panics
/// If one breaks what reads them.
pub fn stderr(input: &[u8]) {
    let Some((step, mut text)) = input.split_first() else {
        return;
    };
    let context = TaskContext::default();
    let mut messages = Messages::new(&context);
    while !text.is_empty() {
        let read = |into: &mut [u8]| {
            let most = into.len().min(1 + usize::from(*step));
            text.read(&mut into[..most])
        };
        messages.read(read).expect("memory can be read");
    }
    messages.rest();
    assert!(messages.tail().len() <= 8 << 10);
    let _ = messages.reported();
    // Names that are too long or too many, and sums that are too large, are refused.
    drop(context.counted());
}

/// Lines that a command writes, cut into keys and values: nothing of a line is lost.
///
/// # Panics
/// If something is.
pub fn stdout(input: &[u8]) {
    let Some(([step, fields, separator], mut text)) = input.split_first_chunk::<3>() else {
        return;
    };
    let separators = ["\t", ",", "::", "", "\0"];
    let separator = separators[usize::from(*separator) % separators.len()];
    let cut = Cut::new(separator, 1 + usize::from(*fields % 4));
    let mut lines = Lines::new(1 << 20);
    let mut found = Vec::new();
    let whole = text;
    while !text.is_empty() {
        let read = |into: &mut [u8]| {
            let most = into.len().min(1 + usize::from(*step));
            text.read(&mut into[..most])
        };
        let each = |line: &[u8]| {
            let (key, value) = cut.key_and_value(line);
            found.extend([key, value, b"\n"].concat());
        };
        let read = lines.read(read, each).expect("memory can be read");
        read.expect("no line is too long");
    }
    found.extend(lines.rest().unwrap_or_default());
    assert_eq!(found, whole);
}

/// Parameters of a job of commands, one a line.
///
/// # Panics
/// If one breaks what reads them.
pub fn params(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    let params: Params = pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let settings = Settings::read(&params);
    assert_eq!(settings.is_ok(), crate::job().shape(&params).is_ok());
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn no_input_near_the_corpora_breaks_anything() {
        let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
        fuzzer::try_all(&corpora, super::TARGETS, 20_000, 1);
    }
}
