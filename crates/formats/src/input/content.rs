//! Content of input files after decompression and decoding.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;

use super::decoder::DecodedText;
use crate::decompression_error::DecompressionError;
use mapreduce_core::{Compression, Split, TextEncoding};

/// Size of a read of a compressed file, in bytes. One system call for each block costs little, and a block fits the
/// second-level cache together with the window of decompressed bytes.
const BLOCK: usize = 64 << 10;

/// Log2 of the smallest and the largest window limit that the decoder of Zstandard accepts, in bytes.
#[cfg(feature = "zstd")]
const WINDOW_LOGS: (u32, u32) = (10, 31);

/// Largest window limit, in bytes.
const MAX_WINDOW: u64 = 2 << 30;

/// Memory that the decoder of xz counts in addition to the window, in KiB.
const XZ_OVERHEAD_KIB: u32 = 1 << 10;

/// Reader of a file that decompresses compressed files, and decodes text in other encodings.
///
/// It reads all members of a compressed file. Other bytes after the last member are an error, because they may be the
/// damaged rest of the file.
///
/// An error of the compressed bytes contains a [`DecompressionError`]; other errors are those of the file. The
/// checksum of a member reveals changed bytes. Members of gzip and bzip2 always have one, those of Zstandard by default.
pub struct Content<'a> {
    bytes: Box<dyn Read + Send + 'a>,
    compression: Option<Compression>,
    max_window: u64,
}

/// Error of the file that a decoder reads. It distinguishes errors of the file from those of the decoder.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct SourceError(io::Error);

/// Input of a decoder; it marks errors of the file.
struct Source<R>(R);

impl<'a> Content<'a> {
    /// Creates the reader without reading from `file`. A decoder whose window exceeds `max_window` bytes gives an error.
    ///
    /// # Errors
    /// The decoder cannot be created: memory is short, or the program was built without the compression.
    pub fn new(
        file: impl Read + Send + 'a,
        compression: Option<Compression>,
        max_window: u64,
    ) -> io::Result<Content<'a>> {
        let Some(how) = compression else {
            return Ok(Self {
                bytes: Box::new(file),
                compression,
                max_window,
            });
        };
        let source = BufReader::with_capacity(BLOCK, Source(file));
        let bytes: Box<dyn Read + Send + 'a> = match how {
            Compression::Gzip => Box::new(MultiGzDecoder::new(source)),
            Compression::Bzip2 => Box::new(MultiBzDecoder::new(source)),
            #[cfg(feature = "zstd")]
            Compression::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(source)?;
                let (least, most) = WINDOW_LOGS;
                decoder.window_log_max(max_window.max(1).ilog2().clamp(least, most))?;
                Box::new(decoder)
            }
            #[cfg(not(feature = "zstd"))]
            Compression::Zstd => return Err(zstd_unsupported()),
            Compression::Xz => {
                // The limit comes from a plan in Redis, which may be manipulated: cap it.
                let kibibytes = max_window.min(MAX_WINDOW) >> 10;
                let limit = kibibytes as u32 + XZ_OVERHEAD_KIB;
                Box::new(XzReader::new_mem_limit(source, true, limit))
            }
        };
        Ok(Self {
            bytes,
            compression,
            max_window,
        })
    }

    /// Returns a reader that decodes the content from `encoding` to UTF-8; `None` is UTF-8 already.
    #[must_use]
    pub fn decoded(self, encoding: Option<TextEncoding>) -> Self {
        let Some(encoding) = encoding else {
            return self;
        };
        let max_window = self.max_window;
        Self {
            bytes: Box::new(DecodedText::new(self, encoding)),
            // The reader below converts the errors of the compressed bytes.
            compression: None,
            max_window,
        }
    }
}

/// Returns the error for Zstandard input in a program that was built without Zstandard support.
#[cfg(not(feature = "zstd"))]
pub(super) fn zstd_unsupported() -> io::Error {
    io::Error::new(
        io::ErrorKind::Unsupported,
        "the file is compressed with zstd, but this program was built without zstd support; build it with --features zstd",
    )
}

impl Read for Content<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(into);
        let Some(compression) = self.compression else {
            return read;
        };
        read.map_err(|error| match error.downcast::<SourceError>() {
            Ok(SourceError(error)) => error,
            Err(error) => io::Error::new(
                io::ErrorKind::InvalidData,
                DecompressionError::new(compression, self.max_window, &error),
            ),
        })
    }
}

impl fmt::Debug for Content<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content")
            .field("compression", &self.compression)
            .finish_non_exhaustive()
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(into) {
                // Some decoders report an interrupted read as an error, so it is repeated here.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(io::Error::other(SourceError(error))),
                Ok(n) => return Ok(n),
            }
        }
    }
}

/// Returns a reader of the records of `split`, a split of `file`. The window of a decoder has at most `max_window` bytes.
///
/// # Errors
/// The file cannot be read or decompressed up to the start of the split.
pub fn records<'a>(mut file: &'a File, split: &Split, max_window: u64) -> io::Result<Content<'a>> {
    file.seek(SeekFrom::Start(split.start))?;
    let bytes = file.take(split.end - split.start);
    let content = Content::new(bytes, split.file.compression, max_window)?;
    let mut content = content.decoded(split.file.encoding);
    io::copy(&mut content.by_ref().take(split.skip), &mut io::sink())?;
    Ok(content)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;
    use mapreduce_core::Compression::{Bzip2, Gzip, Xz, Zstd};

    const ALL: [Compression; 4] = [Gzip, Zstd, Bzip2, Xz];
    const WINDOW: u64 = 128 << 20;

    fn compressed(bytes: &[u8], how: Compression) -> Vec<u8> {
        let mut into = Vec::new();
        match how {
            Gzip => {
                let mut encoder =
                    flate2::write::GzEncoder::new(&mut into, flate2::Compression::default());
                encoder.write_all(bytes).unwrap();
                encoder.finish().unwrap();
            }
            Zstd => {
                let mut encoder = zstd::stream::write::Encoder::new(&mut into, 1).unwrap();
                encoder.include_checksum(true).unwrap();
                encoder.write_all(bytes).unwrap();
                encoder.finish().unwrap();
            }
            Bzip2 => {
                let mut encoder =
                    bzip2::write::BzEncoder::new(&mut into, bzip2::Compression::default());
                encoder.write_all(bytes).unwrap();
                encoder.finish().unwrap();
            }
            Xz => {
                let options = lzma_rust2::XzOptions::with_preset(1);
                let mut encoder = lzma_rust2::XzWriter::new(&mut into, options).unwrap();
                encoder.write_all(bytes).unwrap();
                encoder.finish().unwrap();
            }
        }
        into
    }

    fn read(file: impl Read + Send, how: Compression) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        Content::new(file, Some(how), WINDOW)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Returns the error message for a damaged file.
    fn decompression_error(file: &[u8], how: Compression) -> String {
        let error = read(file, how).expect_err("the damaged file was read");
        error
            .downcast::<DecompressionError>()
            .expect("a decompression error")
            .to_string()
    }

    fn text() -> Vec<u8> {
        (0..20_000u32)
            .flat_map(|n| format!("{} of {n}\n", n.wrapping_mul(2_654_435_761)).into_bytes())
            .collect()
    }

    #[test]
    fn all_members_are_read_including_empty_members() {
        for how in ALL {
            let parts: [&[u8]; 4] = [b"one\n", b"", &text(), b"end"];
            let file: Vec<u8> = parts
                .iter()
                .flat_map(|part| compressed(part, how))
                .collect();
            assert!(read(&file[..], how).unwrap() == parts.concat(), "{how}");
            assert_eq!(read(&compressed(b"", how)[..], how).unwrap(), b"", "{how}");
        }
    }

    #[test]
    fn a_file_that_is_cut_off_at_any_byte_is_damaged() {
        for how in ALL {
            let member = compressed(b"one two\nthree\n", how);
            let two = [&member[..], &member].concat();
            for end in (0..two.len()).filter(|end| *end != member.len()) {
                let told = decompression_error(&two[..end], how);
                assert!(
                    told.starts_with(&format!("is not valid {how}: "))
                        && told.contains("truncated"),
                    "{how} {end}: {told}"
                );
            }
        }
    }

    #[test]
    fn bytes_after_the_last_member_are_not_ignored() {
        for how in ALL {
            // Four zeros, or eight and so on, after a stream of xz are valid padding.
            for rest in [&b"garbage"[..], b"\0", &[0; 601]] {
                decompression_error(&[&compressed(b"one\n", how), rest].concat(), how);
            }
        }
    }

    #[test]
    fn a_file_of_another_compression_is_damaged() {
        for how in ALL {
            for other in ALL.into_iter().filter(|other| *other != how) {
                decompression_error(&compressed(b"one\n", other), how);
            }
            decompression_error(b"plain text, renamed\n", how);
        }
    }

    #[test]
    fn a_window_over_the_limit_is_refused_and_read_with_a_higher_limit() {
        let mut zstd = Vec::new();
        let mut encoder = zstd::stream::write::Encoder::new(&mut zstd, 1).unwrap();
        encoder.window_log(28).unwrap();
        encoder.write_all(b"one\n").unwrap();
        encoder.finish().unwrap();
        let mut xz = Vec::new();
        let mut options = lzma_rust2::XzOptions::with_preset(0);
        options.lzma_options.dict_size = 256 << 20;
        let mut encoder = lzma_rust2::XzWriter::new(&mut xz, options).unwrap();
        encoder.write_all(b"one\n").unwrap();
        encoder.finish().unwrap();
        for (file, how) in [(zstd, Zstd), (xz, Xz)] {
            let message = decompression_error(&file, how);
            let parts = ["134217728 bytes", "input.max_window", &how.to_string()];
            assert!(parts.iter().all(|part| message.contains(part)), "{message}");
            let mut text = String::new();
            let mut content = Content::new(&file[..], Some(how), 256 << 20).unwrap();
            content.read_to_string(&mut text).unwrap();
            assert_eq!(text, "one\n");
        }
    }

    /// File on a failing disk.
    struct Failing<'a>(&'a [u8]);

    impl Read for Failing<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            match self.0.read(into) {
                Ok(0) => Err(io::Error::from_raw_os_error(5)),
                other => other,
            }
        }
    }

    #[test]
    fn an_error_of_the_file_is_not_reported_as_damage() {
        for how in ALL {
            let whole = compressed(&text(), how);
            for end in [0, 5, whole.len() / 2, whole.len()] {
                let error = read(Failing(&whole[..end]), how).unwrap_err();
                assert_eq!(error.raw_os_error(), Some(5), "{how} {end}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_changed_byte_never_changes_the_content(at: prop::sample::Index, flip in 1u8..) {
            let text = &text()[..4000];
            for how in ALL {
                let mut file = compressed(text, how);
                let at = at.index(file.len());
                file[at] ^= flip;
                // Some bytes of a header, such as those of a time, do not affect the content.
                if let Ok(bytes) = read(&file[..], how) {
                    prop_assert!(bytes == text, "{how} {at}");
                }
            }
        }

        #[test]
        fn decompression_never_panics(mut bytes: Vec<u8>, marked: bool) {
            for (how, mark) in [(Gzip, &b"\x1f\x8b\x08"[..]), (Zstd, b"\x28\xb5\x2f\xfd"), (Bzip2, b"BZh9"), (Xz, b"\xfd7zXZ\0")] {
                if marked {
                    bytes.splice(..0, mark.iter().copied());
                }
                drop(read(&bytes[..], how));
            }
        }
    }
}
