//! Splits of text files: any split boundaries give the same records.

use std::io::Cursor;

use super::reading::{Read as Reading, Slow, read};
use mapreduce_core::{Column, Counters, FileFormat};
use mapreduce_formats::split::{cut_lines, cut_text};

/// Checks that the splits of a file together have the records of the whole file, for text, key-value and NDJSON files.
/// Also checks that a file in the format `whole` is one record.
///
/// # Panics
/// If the records or counters differ.
pub fn texts(input: &[u8]) {
    let Some((setup, text)) = input.split_first_chunk::<4>() else {
        return;
    };
    let [block, size, lines, which] = setup.map(|byte| 1 + usize::from(byte) % 32);
    let column = |index| Column {
        index,
        name: String::new(),
    };
    let delimiter = b",\t= "[which % 4];
    let columns = match which / 4 % 4 {
        0 => vec![],
        1 => vec![column(1)],
        2 => vec![column(1), column(0)],
        _ => vec![column(0), column(7)],
    };
    let pointers = vec!["/a".to_owned(), String::new()];
    for format in [
        FileFormat::Text,
        FileFormat::KeyValue { delimiter, columns },
        FileFormat::Ndjson { pointers },
    ] {
        check(text, block, (size as u64, lines as u64), &format);
    }
    let whole = read(Slow(text, block), &FileFormat::Whole, 0, Some(1));
    let whole = whole.expect("memory can be read");
    assert_eq!(whole.records.len(), usize::from(!text.is_empty()));
}

fn check(text: &[u8], block: usize, (size, lines): (u64, u64), format: &FileFormat) {
    let len = text.len() as u64;
    let whole = read(Slow(text, block), format, 0, Some(1)).expect("memory can be read");
    let mut by_size = cut_text(&mut Cursor::new(text), len, size).expect("memory can be read");
    for cut in &mut by_size {
        let before = text[..cut.offset as usize].iter();
        cut.line = Some(1 + before.filter(|byte| **byte == b'\n').count() as u64);
    }
    let by_lines = cut_lines(&mut Cursor::new(text), len, lines).expect("memory can be read");
    for cuts in [by_size, by_lines] {
        let mut all = Reading {
            records: Vec::new(),
            counters: Counters::default(),
        };
        let (mut start, mut line) = (0, Some(1));
        let ends = cuts.iter().map(|cut| (cut.offset as usize, cut.line));
        for (end, next) in ends.chain([(text.len(), None)]) {
            assert!(start < end || text.is_empty(), "an empty split");
            let part = read(Slow(&text[start..end], block), format, start as u64, line);
            let part = part.expect("memory can be read");
            all.records.extend(part.records);
            all.counters += &part.counters;
            (start, line) = (end, next);
        }
        assert_eq!(whole, all);
    }
}
