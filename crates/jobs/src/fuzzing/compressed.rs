//! Decompression of intact and damaged files.

use std::io::{self, Read, Write};

use super::reading::read;
use mapreduce_core::Compression;
use mapreduce_core::FileFormat;
use mapreduce_formats::input::Content;
use mapreduce_formats::reader::ReadError;

/// Maximum number of bytes to decompress from an input. A decompression bomb would take too long otherwise.
const MOST: u64 = 1 << 20;
/// Memory limit of a decoder, in bytes.
const MAX_WINDOW: u64 = 128 << 20;
const ALL: [(Compression, &[u8]); 4] = [
    (Compression::Gzip, b"\x1f\x8b\x08\0"),
    (Compression::Zstd, b"\x28\xb5\x2f\xfd"),
    (Compression::Bzip2, b"BZh91AY&SY"),
    (Compression::Xz, b"\xfd7zXZ\0\0\x04"),
];

/// Decompresses arbitrary bytes, with or without a valid file header, and a compressed text with one changed byte.
///
/// The reader must return an error, or records within the length limit. It must never return other bytes than those
/// that were compressed.
///
/// # Panics
/// If the bytes differ, or a record exceeds the limit.
pub fn compressed(input: &[u8]) {
    let Some(([how, at, flip, marked], bytes)) = input.split_first_chunk::<4>() else {
        return;
    };
    let (how, mark) = ALL[usize::from(*how) % ALL.len()];
    let file = match marked % 2 {
        0 => bytes.to_vec(),
        _ => [mark, bytes].concat(),
    };
    records(&file, how);

    // Only some inputs are compressed, because compression is the slowest step.
    if marked % 8 != 0 {
        return;
    }
    let mut file = pack(bytes, how).expect("memory takes it");
    let whole = |file: &[u8]| {
        let mut bytes = Vec::new();
        let read = content(file, how).read_to_end(&mut bytes);
        read.map(|_| bytes)
    };
    assert_eq!(whole(&file).expect("what was packed is read"), bytes);
    let at = usize::from(*at) * file.len() / 256;
    file[at] ^= flip;
    // A changed byte of the header, such as the modification time, may have no effect on the content.
    if let Ok(found) = whole(&file) {
        assert_eq!(found, bytes);
    }
    records(&file, how);
}

fn content(file: &[u8], how: Compression) -> impl Read + '_ {
    let content = Content::new(file, Some(how), MAX_WINDOW);
    content.expect("there is memory for a decoder").take(MOST)
}

/// Reads records of at most the length that [`read`] allows.
fn records(file: &[u8], how: Compression) {
    match read(content(file, how), &FileFormat::Text, 0, None) {
        Ok(_) | Err(ReadError::TooLong { .. } | ReadError::Io(_) | ReadError::Damaged(_)) => {}
        Err(other) => panic!("{other}"),
    }
}

fn pack(bytes: &[u8], how: Compression) -> io::Result<Vec<u8>> {
    let mut into = Vec::new();
    match how {
        Compression::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(&mut into, Default::default());
            encoder.write_all(bytes)?;
            encoder.finish()?;
        }
        Compression::Zstd => {
            let mut encoder = zstd::stream::write::Encoder::new(&mut into, 1)?;
            encoder.include_checksum(true)?;
            encoder.write_all(bytes)?;
            encoder.finish()?;
        }
        Compression::Bzip2 => {
            let level = bzip2::Compression::fast();
            let mut encoder = bzip2::write::BzEncoder::new(&mut into, level);
            encoder.write_all(bytes)?;
            encoder.finish()?;
        }
        Compression::Xz => {
            let options = lzma_rust2::XzOptions::with_preset(0);
            let mut encoder = lzma_rust2::XzWriter::new(&mut into, options)?;
            encoder.write_all(bytes)?;
            encoder.finish()?;
        }
    }
    Ok(into)
}
