//! Finding record boundaries in a CSV file with several threads.
//!
//! Where a record ends depends on every quote before, which seems to forbid beginning in the middle. But a
//! scan that begins in the wrong state soon gets into the right one: text between quotes looks, from
//! outside, like an unquoted cell, in which the next quote opens nothing. So each chunk of the file is
//! passed from both states, until they meet; then it is known what each chunk does to the state, one
//! after the other the chunks' true first states follow, and only chunks in which a boundary is wanted
//! are looked at again.

use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use memchr::memchr_iter;

use super::csv::{State, advance};
use super::{Boundary, CsvScan, ReadAt, UnclosedQuote};

/// How much is read at once, in bytes: fits a second-level cache.
const BLOCK: usize = 256 << 10;
/// How far both states are followed before it is asked whether they have met, in bytes.
const STEP: usize = 4 << 10;

/// How much of a file is one thread's at a time, in bytes.
const CHUNK: u64 = 1 << 20;

/// What a chunk does.
#[derive(Debug, Clone, Copy)]
struct Chunk {
    /// The states behind it, if it begins outside, inside, or behind a quote that may be doubled.
    after: [State; 3],
    newlines: u64,
    last: u8,
}

/// The boundaries between the records of `bytes`, the part of a file where they are; the first one is in
/// line `line`. Boundaries lie at least `size` bytes apart. What comes out does not depend on the number of
/// `threads`.
///
/// # Errors
/// Those of the file. The inner error is a quoted cell that never ends.
pub fn cut_csv(
    file: &impl ReadAt,
    bytes: Range<u64>,
    line: u64,
    size: u64,
    threads: usize,
) -> io::Result<Result<Vec<Boundary>, UnclosedQuote>> {
    cut_table(file, b',', bytes, line, size, threads)
}

/// As [`cut_csv`], of a table with this delimiter: one byte, neither a quote nor a line end.
///
/// # Errors
/// Those of the file. The inner error is a quoted cell that never ends.
pub fn cut_table(
    file: &impl ReadAt,
    delimiter: u8,
    bytes: Range<u64>,
    line: u64,
    size: u64,
    threads: usize,
) -> io::Result<Result<Vec<Boundary>, UnclosedQuote>> {
    // Looking at a chunk again for each boundary must be little work.
    if threads < 2 || size < CHUNK || bytes.end.saturating_sub(bytes.start) < 4 * CHUNK {
        return scan(file, delimiter, bytes, line, size);
    }
    cut(file, delimiter, bytes, line, size, (CHUNK, threads))
}

/// As [`cut_table`], in chunks of so many bytes.
pub fn cut(
    file: &impl ReadAt,
    delimiter: u8,
    bytes: Range<u64>,
    line: u64,
    size: u64,
    (chunk, threads): (u64, usize),
) -> io::Result<Result<Vec<Boundary>, UnclosedQuote>> {
    let chunks = pass_all(file, delimiter, &bytes, chunk, threads)?;
    // The state, the byte and the line before each chunk.
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
        // Which quote it is, only a scan from the start tells.
        return scan(file, delimiter, bytes, line, size);
    }
    let mut found = Vec::new();
    let mut target = bytes.start.saturating_add(size);
    let mut block = vec![0; BLOCK];
    while target < bytes.end {
        // The newline before a boundary may be the last byte of the chunk before.
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
    Ok(Ok(found))
}

/// One scan from the start to the end.
fn scan(
    file: &impl ReadAt,
    delimiter: u8,
    bytes: Range<u64>,
    line: u64,
    size: u64,
) -> io::Result<Result<Vec<Boundary>, UnclosedQuote>> {
    let mut scan = CsvScan::delimited(delimiter, bytes.start, line, size);
    feed(file, bytes, &mut vec![0; BLOCK], &mut scan, |_| true)?;
    Ok(scan.finish())
}

/// Feeds `scan` with blocks of `bytes` to their end, to the file's, or until it wants no more.
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

/// Passes all chunks, each by whichever thread is free.
fn pass_all(
    file: &impl ReadAt,
    delimiter: u8,
    bytes: &Range<u64>,
    chunk: u64,
    threads: usize,
) -> io::Result<Vec<Chunk>> {
    let count = (bytes.end - bytes.start).div_ceil(chunk) as usize;
    let next = AtomicUsize::new(0);
    let work = || -> io::Result<Vec<(usize, Chunk)>> {
        let (mut block, mut passed) = (vec![0; BLOCK], Vec::new());
        loop {
            let nth = next.fetch_add(1, Ordering::Relaxed);
            if nth >= count {
                return Ok(passed);
            }
            let start = bytes.start + nth as u64 * chunk;
            let end = bytes.end.min(start + chunk);
            let before = match nth {
                0 => b'\n',
                _ => {
                    file.read_at(&mut block[..1], start - 1)?;
                    block[0]
                }
            };
            let range = start..end;
            passed.push((nth, pass(file, delimiter, range, before, &mut block)?));
        }
    };
    let mut passed = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut all = Vec::with_capacity(count);
        for thread in threads {
            all.extend(thread.join().expect("scanning does not panic")?);
        }
        io::Result::Ok(all)
    })?;
    passed.sort_unstable_by_key(|(nth, _)| *nth);
    Ok(passed.into_iter().map(|(_, chunk)| chunk).collect())
}

/// What the bytes in `range` do, which lie behind the byte `before`.
fn pass(
    file: &impl ReadAt,
    delimiter: u8,
    range: Range<u64>,
    mut before: u8,
    block: &mut [u8],
) -> io::Result<Chunk> {
    let mut states = [State::Outside, State::Inside, State::Maybe];
    let (mut at, mut newlines) = (range.start, 0);
    while at < range.end {
        let most = (range.end - at).min(block.len() as u64) as usize;
        let n = file.read_at(&mut block[..most], at)?;
        if n == 0 {
            // Cut off meanwhile: the readers will name it.
            break;
        }
        newlines += memchr_iter(b'\n', &block[..n]).count() as u64;
        for step in block[..n].chunks(STEP) {
            let was = states;
            states[0] = advance(delimiter, (was[0], before), step, &mut ());
            for nth in 1..3 {
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
    Ok(Chunk {
        after: states,
        newlines,
        last: before,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Boundaries found by several threads in chunks of `chunk` bytes, and by one scan.
    fn both(
        delimiter: u8,
        text: &str,
        chunk: u64,
        size: u64,
    ) -> [Result<Vec<Boundary>, UnclosedQuote>; 2] {
        let file = text.as_bytes().to_vec();
        let bytes = 0..file.len() as u64;
        let one = scan(&file, delimiter, bytes.clone(), 1, size);
        [cut(&file, delimiter, bytes, 1, size, (chunk, 3)), one].map(|found| found.unwrap())
    }

    #[test]
    fn large_files_are_cut_the_same_by_any_number_of_threads() {
        let rows = "plain,\"a \"\"quoted\"\" cell,\nof two lines\",5\" disk\r\n".repeat(200_000);
        for text in [rows.clone(), rows + "and,\"one that never ends\n"] {
            let file = text.into_bytes();
            let cut = |threads| cut_csv(&file, 9..file.len() as u64, 4, 1 << 20, threads).unwrap();
            let one = cut(1);
            assert_eq!(cut(2), one);
            assert_eq!(cut(5), one);
        }
    }

    proptest! {
        #[test]
        fn chunks_of_any_size_give_what_one_scan_gives(
            text in "[a,;\"\r\n]{0,80}", chunk in 1u64..30, size in 1u64..30, comma: bool,
        ) {
            let delimiter = if comma { b',' } else { b';' };
            let [several, one] = both(delimiter, &text, chunk, size);
            prop_assert_eq!(several, one);
        }
    }
}
