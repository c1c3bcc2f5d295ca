//! Checks of the first bytes of input files: compression, byte-order mark, and unsupported kinds of files.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

use mapreduce_core::{Compression, InputFormat, TextEncoding};

use super::content::Content;
use super::error::InputError;
use super::found_file::FoundFile;
use super::signature::{HEAD_BYTES, Signature, TAIL_BYTES, UnsupportedKind, signature};
use super::utf16::resembles_utf16;
use crate::byte_order_mark::ByteOrderMark;

/// Kind of a file by its first bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ContentKind {
    /// Compression of the file.
    pub(super) compression: Option<Compression>,
    /// Byte-order mark of a file that is not compressed.
    pub(super) mark: Option<ByteOrderMark>,
    /// Encoding that a file without a mark seems to have, if it is not UTF-8.
    pub(super) resembles: Option<TextEncoding>,
}

impl ContentKind {
    fn of_compressed(compression: Compression) -> Self {
        Self {
            compression: Some(compression),
            ..Self::default()
        }
    }

    /// Returns the kind of content that starts with `head` and is not compressed.
    fn of_text(head: &[u8]) -> Self {
        Self {
            compression: None,
            mark: ByteOrderMark::at_start_of(head),
            resembles: resembles_utf16(head),
        }
    }
}

/// Returns the kind of `file` by its first bytes, with the compression `named`, that of its name, if it is too short.
///
/// # Errors
/// The file cannot be read, is of an unsupported kind, or is not compressed although its name says so.
pub(super) fn content_kind(
    path: &Path,
    file: &File,
    named: Option<Compression>,
    format: InputFormat,
) -> Result<ContentKind, InputError> {
    let unreadable = |error| InputError::unreadable(path, error);
    let head = head(file).map_err(unreadable)?;
    let tail = tail(file).map_err(unreadable)?;
    match (signature(&head, &tail), named) {
        (Some(Signature::Compressed(found)), _) => Ok(ContentKind::of_compressed(found)),
        (Some(found), _) if is_refused(found, format) => Err(refused(path, "", found)),
        (_, Some(named)) if head.len() >= signature_bytes(named) => {
            Err(InputError::NotCompressed {
                path: path.to_path_buf(),
                compression: named,
            })
        }
        (_, Some(named)) => Ok(ContentKind::of_compressed(named)),
        (_, None) => Ok(ContentKind::of_text(&head)),
    }
}

/// Checks the first decompressed bytes of a compressed file, and returns the file with its byte-order mark. Archives and
/// content that is compressed twice are refused.
///
/// # Errors
/// The content is of an unsupported kind. Damage is not an error here: the map task finds and reports it.
pub fn check_content(file: FoundFile, max_window: u64) -> Result<FoundFile, InputError> {
    let head = File::open(&file.path)
        .and_then(|opened| Content::new(opened, file.compression, max_window))
        .and_then(head);
    let (Ok(head), Some(compression)) = (head, file.compression) else {
        return Ok(file);
    };
    match signature(&head, b"") {
        Some(found) if is_refused(found, file.format) => {
            let container = format!("after decompression with {compression}, ");
            Err(refused(&file.path, &container, found))
        }
        _ => {
            let ContentKind {
                mark, resembles, ..
            } = ContentKind::of_text(&head);
            Ok(FoundFile {
                mark,
                resembles,
                ..file
            })
        }
    }
}

/// Returns the error for a file in UTF-16 that is to be read as UTF-8.
pub(super) fn utf16_refused(file: &FoundFile) -> InputError {
    let kind = UnsupportedKind {
        what: "UTF-16 text",
        advice: "set input.encoding=auto (--encoding auto)",
    };
    refused(&file.path, "", Signature::Unsupported(kind))
}

/// Returns `true` if content with this signature cannot be read. With `whole`, the job gets all bytes as they are.
fn is_refused(found: Signature, format: InputFormat) -> bool {
    match found {
        Signature::Parquet => format != InputFormat::Parquet && format != InputFormat::Whole,
        Signature::Unsupported(_) | Signature::Compressed(_) => format != InputFormat::Whole,
    }
}

fn refused(path: &Path, container: &str, found: Signature) -> InputError {
    let UnsupportedKind { what, advice } = match found {
        Signature::Unsupported(kind) => kind,
        Signature::Parquet => UnsupportedKind {
            what: "Parquet under another name",
            advice: "add .parquet to its name, or set --format parquet",
        },
        Signature::Compressed(_) => UnsupportedKind {
            what: "compressed again",
            advice: "decompress it once and name the result",
        },
    };
    InputError::Unsupported {
        path: path.to_path_buf(),
        container: container.to_owned(),
        what,
        advice,
    }
}

/// Returns the number of first bytes that are enough to detect that a file is not compressed with `compression`.
fn signature_bytes(compression: Compression) -> usize {
    match compression {
        Compression::Gzip => 3,
        Compression::Zstd => 4,
        Compression::Bzip2 => 10,
        Compression::Xz => 6,
    }
}

fn head(file: impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    file.take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// Reads the last bytes; none if the file is shorter or shrinks meanwhile.
fn tail(file: &File) -> io::Result<Vec<u8>> {
    let mut tail = vec![0; TAIL_BYTES];
    let Some(start) = file.metadata()?.len().checked_sub(TAIL_BYTES as u64) else {
        return Ok(Vec::new());
    };
    match file.read_exact_at(&mut tail, start) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(Vec::new()),
        read => read.map(|()| tail),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;
    use crate::input::discover;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// Returns the compression of a file with this name and content, or the error message.
    fn found(name: &str, bytes: &[u8], format: InputFormat) -> Result<Option<Compression>, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        let files = discover(&[path], format, false)
            .map_err(|error| error.to_string())?
            .files;
        if files[0].compression.is_some() {
            check_content(files[0].clone(), 1 << 20).map_err(|error| error.to_string())?;
        }
        Ok(files[0].compression)
    }

    fn refused(name: &str, bytes: &[u8], parts: &[&str]) {
        let message = found(name, bytes, InputFormat::Auto).unwrap_err();
        for part in [parts, &[name]].concat() {
            assert!(message.contains(part), "no {part:?} in {message}");
        }
    }

    #[test]
    fn the_first_bytes_decide_about_compression_not_the_name() {
        let auto = InputFormat::Auto;
        let gzipped = gzip(b"red\n");
        for name in ["a.log", "a.csv", "a.zst", "a", "a.gzip"] {
            assert_eq!(found(name, &gzipped, auto), Ok(Some(Compression::Gzip)));
        }
        let whole = InputFormat::Whole;
        assert_eq!(found("a.bin", &gzipped, whole), Ok(Some(Compression::Gzip)));
        assert_eq!(found("a.bin", b"PK\x03\x04", whole), Ok(None));
    }

    #[test]
    fn a_name_of_a_compression_needs_compressed_content_unless_the_file_is_short() {
        for (name, text) in [("a.gz", "red\n"), ("a.zst", "blue"), ("a.xz", "yellow\n")] {
            refused(name, text.as_bytes(), &["not compressed with", "its name"]);
        }
        for (name, compression) in [("a.gz", Compression::Gzip), ("a.bz2", Compression::Bzip2)] {
            for short in [&b""[..], b"a"] {
                assert_eq!(found(name, short, InputFormat::Auto), Ok(Some(compression)));
            }
        }
    }

    #[test]
    fn archives_inside_a_compressed_file_are_refused() {
        let mut tar = vec![b'a'; 600];
        tar[257..262].copy_from_slice(b"ustar");
        refused("a.gz", &gzip(&tar), &["gzip", "a tar archive", "unpack"]);
        refused("a.tar", &tar, &["a tar archive"]);
        refused("a.log", &gzip(&gzip(b"red\n")), &["compressed again"]);
        let utf32 = b"\xff\xfe\0\0a\0\0\0";
        refused("a.csv.gz", &gzip(utf32), &["gzip", "UTF-32", "iconv"]);
    }

    #[test]
    fn parquet_is_refused_under_another_name_only() {
        let bytes = b"PAR1....PAR1";
        refused("a.dat", bytes, &["Parquet", ".parquet", "--format"]);
        assert_eq!(found("a.dat", bytes, InputFormat::Parquet), Ok(None));
        assert_eq!(found("a.parquet", bytes, InputFormat::Auto), Ok(None));
    }
}
