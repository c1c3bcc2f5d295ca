//! Search for record boundaries in a CSV file with several threads.
//!
//! The end of a record depends on every quote before it, which seems to forbid a start in the middle. But a scan that
//! starts in the wrong state soon reaches the right one. From outside, quoted text looks like an unquoted cell, in
//! which the next quote does not open a cell.
//!
//! 1. Threads scan each chunk of the file from every possible start state. States that become equal share one scan.
//! 2. A pass over the results, in the order of the file, determines the actual start state of each chunk.
//! 3. Only chunks that need a boundary are scanned again.

use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use memchr::memchr_iter;

use super::{Boundary, BoundaryError, CsvScan, ReadAt};
use crate::csv::{Grammar, State, advance};

/// Size of a read, in bytes; a block fits the second-level cache.
const BLOCK: usize = 256 << 10;
/// Distance between two comparisons of the scanned states, in bytes.
const STEP: usize = 4 << 10;

/// Size of the unit of work of a thread, in bytes.
const CHUNK: u64 = 1 << 20;

/// Effect of a chunk on the state of the scan.
#[derive(Debug, Clone, Copy)]
struct ChunkEffect {
    /// Final states for the start states `Outside`, `Inside` and `AfterQuote`.
    after: [State; 3],
    newlines: u64,
    last: u8,
}

/// Finds boundaries between the CSV records in the range `bytes` of a file, whose first record is in line `line`.
///
/// Boundaries lie at least `size` bytes apart. The result does not depend on the number of `threads`.
///
/// # Errors
/// The file cannot be read, or a quoted cell is never closed.
pub fn cut_csv(
    file: &impl ReadAt,
    bytes: Range<u64>,
    line: u64,
    size: u64,
    threads: usize,
) -> Result<Vec<Boundary>, BoundaryError> {
    cut_table(file, b',', bytes, line, size, threads)
}

/// Finds boundaries like [`cut_csv`] in a table with any grammar.
///
/// Only tables of RFC 4180 are scanned by several threads. In other dialects, one thread scans the file from its start.
///
/// # Errors
/// The file cannot be read, or a quoted cell is never closed.
pub fn cut_table(
    file: &impl ReadAt,
    grammar: impl Into<Grammar>,
    bytes: Range<u64>,
    line: u64,
    size: u64,
    threads: usize,
) -> Result<Vec<Boundary>, BoundaryError> {
    let grammar = grammar.into();
    // To find a boundary, a chunk is scanned a second time. This must remain a small part of the work.
    let is_small = size < CHUNK || bytes.end.saturating_sub(bytes.start) < 4 * CHUNK;
    if threads < 2 || is_small || !grammar.is_standard() {
        return scan(file, grammar, bytes, line, size);
    }
    cut(file, grammar.delimiter, bytes, line, size, (CHUNK, threads))
}

/// Finds boundaries like [`cut_table`], in a table of RFC 4180, in chunks of `chunk` bytes.
///
/// # Errors
/// The file cannot be read, or a quoted cell is never closed.
#[cfg_attr(
    not(any(test, feature = "fuzzing")),
    expect(
        unreachable_pub,
        reason = "only tests and the fuzzer use it outside of this module"
    )
)]
pub fn cut(
    file: &impl ReadAt,
    delimiter: u8,
    bytes: Range<u64>,
    line: u64,
    size: u64,
    (chunk, threads): (u64, usize),
) -> Result<Vec<Boundary>, BoundaryError> {
    let chunks = scan_chunks(file, delimiter, &bytes, chunk, threads)?;
    // State, byte and line before each chunk.
    let mut starts = vec![(State::Outside, b'\n', line)];
    for chunk in &chunks {
        let (state, _, line) = starts[starts.len() - 1];
        starts.push((
            chunk.after[state as usize],
            chunk.last,
            line + chunk.newlines,
        ));
    }
    if starts
        .last()
        .is_some_and(|(state, ..)| *state == State::Inside)
    {
        // Only a scan from the start finds the quote that opens the cell.
        return scan(file, delimiter.into(), bytes, line, size);
    }
    let mut found = Vec::new();
    let mut target = bytes.start.saturating_add(size);
    let mut block = vec![0; BLOCK];
    while target < bytes.end {
        // The newline before a boundary may be the last byte of the previous chunk.
        let nth = ((target - 1 - bytes.start) / chunk) as usize;
        let (state, before, line) = starts[nth];
        let start = bytes.start + nth as u64 * chunk;
        let sizes = (target, size);
        let mut scan = CsvScan::resume(delimiter, (state, before), start, line, sizes);
        feed(file, start..bytes.end, &mut block, &mut scan, |scan| {
            scan.found().is_empty()
        })?;
        match scan.found().first() {
            Some(first) if first.offset < bytes.end => {
                target = first.offset.saturating_add(size);
                found.push(*first);
            }
            _ => break,
        }
    }
    Ok(found)
}

/// Scans `bytes` from start to end in this thread.
fn scan(
    file: &impl ReadAt,
    grammar: Grammar,
    bytes: Range<u64>,
    line: u64,
    size: u64,
) -> Result<Vec<Boundary>, BoundaryError> {
    let mut scan = CsvScan::with_grammar(grammar, bytes.start, line, size);
    feed(file, bytes, &mut vec![0; BLOCK], &mut scan, |_| true)?;
    Ok(scan.finish()?)
}

/// Feeds `scan` with blocks of `bytes` until the range or the file ends, or `more` returns false.
fn feed(
    file: &impl ReadAt,
    bytes: Range<u64>,
    block: &mut [u8],
    scan: &mut CsvScan,
    more: impl Fn(&CsvScan) -> bool,
) -> io::Result<()> {
    let mut at = bytes.start;
    while at < bytes.end && more(scan) {
        let most = (bytes.end - at).min(block.len() as u64) as usize;
        let n = file.read_at(&mut block[..most], at)?;
        if n == 0 {
            break;
        }
        scan.feed(&block[..n]);
        at += n as u64;
    }
    Ok(())
}

/// Scans all chunks; each idle thread takes the next chunk.
fn scan_chunks(
    file: &impl ReadAt,
    delimiter: u8,
    bytes: &Range<u64>,
    chunk: u64,
    threads: usize,
) -> io::Result<Vec<ChunkEffect>> {
    let count = (bytes.end - bytes.start).div_ceil(chunk) as usize;
    let next = AtomicUsize::new(0);
    let work = || -> io::Result<Vec<(usize, ChunkEffect)>> {
        let (mut block, mut scanned) = (vec![0; BLOCK], Vec::new());
        loop {
            let nth = next.fetch_add(1, Ordering::Relaxed);
            if nth >= count {
                return Ok(scanned);
            }
            let start = bytes.start + nth as u64 * chunk;
            let end = bytes.end.min(start + chunk);
            let before = if nth == 0 {
                b'\n'
            } else {
                file.read_at(&mut block[..1], start - 1)?;
                block[0]
            };
            let range = start..end;
            scanned.push((nth, scan_chunk(file, delimiter, range, before, &mut block)?));
        }
    };
    let mut scanned = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut all = Vec::with_capacity(count);
        for thread in threads {
            all.extend(thread.join().expect("scanning does not panic")?);
        }
        io::Result::Ok(all)
    })?;
    scanned.sort_unstable_by_key(|(nth, _)| *nth);
    Ok(scanned.into_iter().map(|(_, chunk)| chunk).collect())
}

/// Returns the effect of the bytes in `range`, which follow the byte `before`.
fn scan_chunk(
    file: &impl ReadAt,
    delimiter: u8,
    range: Range<u64>,
    mut before: u8,
    block: &mut [u8],
) -> io::Result<ChunkEffect> {
    let mut states = [State::Outside, State::Inside, State::AfterQuote];
    let (mut at, mut newlines) = (range.start, 0);
    while at < range.end {
        let most = (range.end - at).min(block.len() as u64) as usize;
        let n = file.read_at(&mut block[..most], at)?;
        if n == 0 {
            // The file was truncated meanwhile. The readers report this error.
            break;
        }
        newlines += memchr_iter(b'\n', &block[..n]).count() as u64;
        for step in block[..n].chunks(STEP) {
            let was = states;
            states[0] = advance(delimiter, (was[0], before), step, &mut ());
            for nth in 1..3 {
                // States that are equal now stay equal, so one scan serves both.
                let same = was[..nth].iter().position(|state| *state == was[nth]);
                states[nth] = match same {
                    Some(same) => states[same],
                    None => advance(delimiter, (was[nth], before), step, &mut ()),
                };
            }
            before = step[step.len() - 1];
        }
        at += n as u64;
    }
    Ok(ChunkEffect {
        after: states,
        newlines,
        last: before,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::split::UnclosedQuote;

    /// Returns the boundaries found by several threads in chunks of `chunk` bytes, and by one scan.
    fn both(
        delimiter: u8,
        text: &str,
        chunk: u64,
        size: u64,
    ) -> [Result<Vec<Boundary>, UnclosedQuote>; 2] {
        let file = text.as_bytes().to_vec();
        let bytes = 0..file.len() as u64;
        let one = scan(&file, delimiter.into(), bytes.clone(), 1, size);
        [cut(&file, delimiter, bytes, 1, size, (chunk, 3)), one].map(|found| {
            found.map_err(|error| match error {
                BoundaryError::UnclosedQuote(quote) => quote,
                BoundaryError::Io(error) => panic!("{error}"),
            })
        })
    }

    #[test]
    fn the_number_of_threads_does_not_change_the_boundaries_of_large_files() {
        let rows = "plain,\"a \"\"quoted\"\" cell,\nof two lines\",5\" disk\r\n".repeat(200_000);
        for text in [rows.clone(), rows + "and,\"one that never ends\n"] {
            let file = text.into_bytes();
            let cut = |threads| {
                let found = cut_csv(&file, 9..file.len() as u64, 4, 1 << 20, threads);
                found.map_err(|error| format!("{error:?}"))
            };
            let one = cut(1);
            assert_eq!(cut(2), one);
            assert_eq!(cut(5), one);
        }
    }

    proptest! {
        #[test]
        fn chunks_of_any_size_give_the_boundaries_of_one_scan(
            text in "[a,;\"\r\n]{0,80}", chunk in 1u64..30, size in 1u64..30, comma: bool,
        ) {
            let delimiter = if comma { b',' } else { b';' };
            let [several, one] = both(delimiter, &text, chunk, size);
            prop_assert_eq!(several, one);
        }
    }
}
