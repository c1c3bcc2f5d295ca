//! Split boundaries of text files.

use std::io::{self, Read, Seek, SeekFrom};

use memchr::{memchr, memchr_iter};

use super::Boundary;

/// Size of a read in a search for one line end, in bytes. Most lines are shorter.
const PEEK: usize = 16 << 10;
/// Size of a read when all lines are counted, in bytes.
const BLOCK: usize = 256 << 10;

/// Finds boundaries inside a text of `len` bytes, each at least `size` bytes after the previous one.
///
/// Reads only the bytes near the boundaries.
///
/// # Errors
/// The file cannot be read.
pub fn cut_text(file: &mut (impl Read + Seek), len: u64, size: u64) -> io::Result<Vec<Boundary>> {
    let size = size.max(1);
    let mut cuts = Vec::new();
    let mut last = 0u64;
    while let Some(target) = last.checked_add(size).filter(|target| *target < len) {
        let Some(offset) = line_start(file, target)?.filter(|offset| *offset < len) else {
            break;
        };
        cuts.push(Boundary { offset, line: None });
        last = offset;
    }
    Ok(cuts)
}

/// Finds the boundaries inside a text of `len` bytes after every `lines` lines.
///
/// # Errors
/// The file cannot be read.
pub fn cut_lines(file: &mut impl Read, len: u64, lines: u64) -> io::Result<Vec<Boundary>> {
    let mut cuts = Vec::new();
    let mut block = vec![0; BLOCK];
    let (mut at, mut seen) = (0, 0);
    loop {
        let n = read(file, &mut block)?;
        if n == 0 {
            return Ok(cuts);
        }
        for newline in memchr_iter(b'\n', &block[..n]) {
            seen += 1;
            let offset = at + newline as u64 + 1;
            if seen % lines.max(1) == 0 && offset < len {
                cuts.push(Boundary {
                    offset,
                    line: Some(seen + 1),
                });
            }
        }
        at += n as u64;
    }
}

/// Returns the offset of the first line that starts at or after `target`, which is not 0.
fn line_start(file: &mut (impl Read + Seek), target: u64) -> io::Result<Option<u64>> {
    // A line starts at `target` itself if the byte before is a newline.
    let mut at = target - 1;
    file.seek(SeekFrom::Start(at))?;
    let mut block = [0; PEEK];
    loop {
        let n = read(file, &mut block)?;
        if n == 0 {
            return Ok(None);
        }
        if let Some(newline) = memchr(b'\n', &block[..n]) {
            return Ok(Some(at + newline as u64 + 1));
        }
        at += n as u64;
    }
}

fn read(file: &mut impl Read, block: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read(block) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn offsets(text: &str, size: u64) -> Vec<u64> {
        let cuts = cut_text(&mut Cursor::new(text), text.len() as u64, size).unwrap();
        cuts.iter().map(|cut| cut.offset).collect()
    }

    #[test]
    fn boundaries_lie_after_newlines_and_inside_the_text() {
        assert_eq!(offsets("aa\nbb\ncc\n", 1), [3, 6]);
        assert_eq!(offsets("aa\nbb\ncc\n", 3), [3, 6]);
        assert_eq!(offsets("aa\nbb\ncc", 4), [6]);
        assert_eq!(offsets("aa\nbb\ncc\n", 100), [0; 0]);
        assert_eq!(offsets("", 1), [0; 0]);
        assert_eq!(offsets(&"x".repeat(100_000), 10), [0; 0]);
    }

    #[test]
    fn a_long_line_stays_in_one_split() {
        let text = format!("a\n{}\nb\n", "x".repeat(40_000));
        assert_eq!(offsets(&text, 2), [2, 40_003]);
    }

    #[test]
    fn lines_are_counted_across_blocks() {
        let text = "0123456789\n".repeat(60_000);
        let cuts = cut_lines(&mut text.as_bytes(), text.len() as u64, 20_000).unwrap();
        let at = |lines: u64| Boundary {
            offset: lines * 11,
            line: Some(lines + 1),
        };
        assert_eq!(cuts, [at(20_000), at(40_000)]);
    }
}
