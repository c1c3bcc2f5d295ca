//! Line numbers of split boundaries.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use memchr::memchr_iter;

use super::{Boundary, ReadAt};

/// Size of a read, in bytes; a block fits the second-level cache.
const BLOCK: usize = 256 << 10;

/// Sets the line numbers of `cuts`, the boundaries inside `file` in ascending order. The first line has number 1.
///
/// The result does not depend on the number of `threads`.
///
/// # Errors
/// The file cannot be read.
pub fn number_lines(file: &impl ReadAt, cuts: &mut [Boundary], threads: usize) -> io::Result<()> {
    let ends: Vec<u64> = cuts.iter().map(|cut| cut.offset).collect();
    let next = AtomicUsize::new(0);
    let work = || -> io::Result<Vec<(usize, u64)>> {
        let (mut block, mut counted) = (vec![0; BLOCK], Vec::new());
        loop {
            let nth = next.fetch_add(1, Ordering::Relaxed);
            let Some(end) = ends.get(nth) else {
                return Ok(counted);
            };
            let start = nth.checked_sub(1).map_or(0, |before| ends[before]);
            counted.push((nth, count(file, start, *end, &mut block)?));
        }
    };
    let mut counted = std::thread::scope(|scope| {
        let threads = threads.clamp(1, ends.len().max(1));
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut all = Vec::with_capacity(ends.len());
        for thread in threads {
            all.extend(thread.join().expect("counting does not panic")?);
        }
        io::Result::Ok(all)
    })?;
    counted.sort_unstable();
    let mut line = 1;
    for (cut, (_, lines)) in cuts.iter_mut().zip(counted) {
        line += lines;
        cut.line = Some(line);
    }
    Ok(())
}

/// Returns the number of newlines in `start..end` of `file`.
fn count(file: &impl ReadAt, start: u64, end: u64, block: &mut [u8]) -> io::Result<u64> {
    let (mut at, mut lines) = (start, 0);
    while at < end {
        let most = (end - at).min(block.len() as u64) as usize;
        let n = file.read_at(&mut block[..most], at)?;
        if n == 0 {
            // The file was truncated meanwhile. The readers report this error.
            break;
        }
        lines += memchr_iter(b'\n', &block[..n]).count() as u64;
        at += n as u64;
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::super::cut_text;
    use super::*;

    proptest! {
        #[test]
        fn boundaries_have_the_right_line_with_any_number_of_threads(
            text in "[a\n]{0,200}", size in 1u64..40, threads in 1usize..4,
        ) {
            let mut cuts = cut_text(&mut Cursor::new(&text), text.len() as u64, size).unwrap();
            number_lines(&text.clone().into_bytes(), &mut cuts, threads).unwrap();
            for cut in cuts {
                let before = &text[..cut.offset as usize];
                prop_assert_eq!(cut.line, Some(1 + before.matches('\n').count() as u64));
            }
        }
    }
}
