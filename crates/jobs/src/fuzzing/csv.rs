//! The planner's search for record boundaries, compared with the readers of tables.

use super::reading::{Read as Reading, Slow, read};
use mapreduce_core::{Column, Counters, Dialect, Escape, FileFormat, Quote};
use mapreduce_formats::csv::{Grammar, HeaderScan, Known, detect, scan_header};
use mapreduce_formats::reader::ReadError;
use mapreduce_formats::split::{Boundary, BoundaryError, CsvScan, UnclosedQuote, cut_in_chunks};

/// Checks that every way to scan a CSV file finds the same split boundaries, and that its splits contain the records of
/// the whole file.
///
/// # Panics
/// If the boundaries or the records differ.
pub fn csv(input: &[u8]) {
    let Some((setup, text)) = input.split_first_chunk::<4>() else {
        return;
    };
    let [block, size, chunk, column] = setup.map(|byte| 1 + usize::from(byte) % 32);
    let format = FileFormat::Csv {
        column: column as u32 % 3,
        name: String::new(),
        width: 3,
    };
    check(
        text,
        &Dialect::default(),
        (b',', block, size, chunk),
        &format,
    );
}

/// Checks the same as [`csv()`] for tables with any delimiter and several selected columns. A comma-separated table
/// with one selected column must also give the same records as the CSV reader.
///
/// # Panics
/// If the boundaries or the records differ.
pub fn table(input: &[u8]) {
    let Some((setup, text)) = input.split_first_chunk::<6>() else {
        return;
    };
    let [block, size, chunk, which, first, second] = setup.map(|byte| 1 + usize::from(byte) % 32);
    let delimiter = b",;\t|"[which % 4];
    let column = |index: usize| Column {
        index: index as u32 % 4,
        name: String::new(),
    };
    let columns = vec![column(first), column(second)];
    let several = FileFormat::Table {
        delimiter,
        columns,
        width: 3,
        dialect: Dialect::default(),
    };
    check(
        text,
        &Dialect::default(),
        (delimiter, block, size, chunk),
        &several,
    );
    let one = FileFormat::Table {
        delimiter: b',',
        columns: vec![column(first)],
        width: 3,
        dialect: Dialect::default(),
    };
    let csv = FileFormat::Csv {
        column: first as u32 % 4,
        name: String::new(),
        width: 3,
    };
    let [one, csv] = [one, csv].map(|format| read(Slow(text, block), &format, 0, Some(1)).ok());
    assert_eq!(one, csv);
}

/// Checks the same as [`csv()`] for tables in any dialect. The detection of the dialect must not panic.
///
/// # Panics
/// If the boundaries or the records differ.
pub fn dialect(input: &[u8]) {
    let Some((setup, text)) = input.split_first_chunk::<6>() else {
        return;
    };
    let [block, size, chunk, which, first, second] = setup.map(|byte| 1 + usize::from(byte) % 32);
    let delimiter = b",;\t|"[which % 4];
    let dialect = Dialect {
        quote: Quote([Some(b'"'), Some(b'\''), None][first % 3]),
        escape: [Escape::Double, Escape::Backslash][second % 2],
        comment: [None, Some(b'#')][which / 4 % 2],
        nulls: vec![String::new(), "a".to_owned(), "\\N".to_owned()],
    };
    let column = |index: usize| Column {
        index: index as u32 % 4,
        name: String::new(),
    };
    let format = FileFormat::Table {
        delimiter,
        columns: vec![column(first), column(second)],
        width: 3,
        dialect: dialect.clone(),
    };
    check(text, &dialect, (delimiter, block, size, chunk), &format);
    let _ = detect(text, which.is_multiple_of(2), Known::default());
}

fn check(
    text: &[u8],
    dialect: &Dialect,
    (delimiter, block, size, chunk): (u8, usize, usize, usize),
    format: &FileFormat,
) {
    check_header(text, delimiter, dialect, block);
    let cuts = match dialect.is_default() {
        true => cuts(text, delimiter, block, size, chunk),
        false => dialect_cuts(text, Grammar::new(delimiter, dialect), block, size),
    };
    let whole = read(Slow(text, block), format, 0, Some(1));
    let Ok(cuts) = cuts else {
        assert!(matches!(whole, Err(ReadError::UnclosedQuote { .. })));
        return;
    };
    let first = Boundary {
        offset: 0,
        line: Some(1),
    };
    let ends = cuts.iter().map(|cut| cut.offset as usize);
    let ends = ends.chain([text.len()]);
    let starts = [first].into_iter().chain(cuts.iter().copied());
    let mut all = Reading {
        records: Vec::new(),
        counters: Counters::default(),
    };
    for (start, end) in starts.zip(ends) {
        let from = start.offset as usize;
        assert!(from < end || text.is_empty());
        let part = read(
            Slow(&text[from..end], block),
            format,
            start.offset,
            start.line,
        );
        let part = part.expect("a part of what is whole can be read");
        all.records.extend(part.records);
        all.counters += &part.counters;
    }
    assert_eq!(whole.expect("no quote is open"), all);
}

/// Asserts that the header has the names, and ends at the offset, that the reader of records finds.
fn check_header(text: &[u8], delimiter: u8, dialect: &Dialect, block: usize) {
    let grammar = Grammar::new(delimiter, dialect);
    let HeaderScan::Header(header) = scan_header(text, grammar, true) else {
        return;
    };
    let column = |index| Column {
        index,
        name: String::new(),
    };
    let width = header.names.len() as u32;
    let format = FileFormat::Table {
        delimiter,
        columns: (0..width).map(column).collect(),
        width,
        // Texts that count as missing cells may be names of columns.
        dialect: Dialect {
            nulls: Vec::new(),
            ..dialect.clone()
        },
    };
    let read = |bytes| read(Slow(bytes, block), &format, 0, None);
    let start = match text.starts_with("\u{feff}".as_bytes()) {
        true => 3,
        false => 0,
    };
    let first = read(&text[start..header.len]).expect("the header is a record");
    let [(.., record, cells)] = &first.records[..] else {
        panic!("a header is one record: {first:?}");
    };
    let names: Vec<_> = header.names.into_iter().map(Some).collect();
    match &names[..] {
        [Some(only)] => assert_eq!(record, only),
        names => assert_eq!(cells, names),
    }
}

/// Returns the split boundaries of a table that one thread scans.
fn dialect_cuts(
    text: &[u8],
    grammar: Grammar,
    block: usize,
    size: usize,
) -> Result<Vec<Boundary>, UnclosedQuote> {
    let mut scan = CsvScan::with_grammar(grammar, 0, 1, size as u64);
    text.chunks(block).for_each(|block| scan.feed(block));
    scan.finish()
}

/// Returns the split boundaries. Asserts that the sequential scan and the scan in chunks agree.
fn cuts(
    text: &[u8],
    delimiter: u8,
    block: usize,
    size: usize,
    chunk: usize,
) -> Result<Vec<Boundary>, UnclosedQuote> {
    let mut scan = CsvScan::delimited(delimiter, 0, 1, size as u64);
    text.chunks(block).for_each(|block| scan.feed(block));
    let cuts = scan.finish();
    let (bytes, sizes) = (0..text.len() as u64, (chunk as u64, 1));
    let in_chunks = cut_in_chunks(&text, delimiter, bytes, 1, size as u64, sizes);
    let in_chunks = in_chunks.map_err(|error| match error {
        BoundaryError::UnclosedQuote(quote) => quote,
        BoundaryError::Io(error) => panic!("memory can be read: {error}"),
    });
    assert_eq!(in_chunks, cuts);
    cuts
}
