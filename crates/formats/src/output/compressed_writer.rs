//! Writer that compresses a result file, or leaves it as it is.

use std::io::{self, Write};

use flate2::write::GzEncoder;
use mapreduce_core::Compression;

/// Writer of a result file. The file is complete after [`CompressedWriter::finish`].
#[derive(Debug)]
pub struct CompressedWriter<W: Write>(Encoder<W>);

enum Encoder<W: Write> {
    Plain(W),
    Gzip(Box<GzEncoder<W>>),
    #[cfg(feature = "zstd")]
    Zstd(Box<zstd::stream::write::Encoder<'static, W>>),
}

impl<W: Write> std::fmt::Debug for Encoder<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain",
            Self::Gzip(_) => "Gzip",
            #[cfg(feature = "zstd")]
            Self::Zstd(_) => "Zstd",
        })
    }
}

/// Reports whether this program can write files with this compression.
pub fn can_compress(compression: Compression) -> bool {
    match compression {
        Compression::Gzip => true,
        Compression::Zstd => cfg!(feature = "zstd"),
        Compression::Bzip2 | Compression::Xz => false,
    }
}

impl<W: Write> CompressedWriter<W> {
    /// Creates a writer to `file` with this compression.
    ///
    /// # Errors
    /// The program cannot write this compression, or memory is short.
    pub fn new(file: W, compression: Option<Compression>) -> io::Result<Self> {
        Ok(Self(match compression {
            None => Encoder::Plain(file),
            Some(Compression::Gzip) => {
                let level = flate2::Compression::default();
                Encoder::Gzip(Box::new(GzEncoder::new(file, level)))
            }
            #[cfg(feature = "zstd")]
            Some(Compression::Zstd) => {
                let mut encoder = zstd::stream::write::Encoder::new(file, 0)?;
                encoder.include_checksum(true)?;
                Encoder::Zstd(Box::new(encoder))
            }
            Some(other) => {
                let message = format!("this program cannot write files compressed with {other}");
                return Err(io::Error::new(io::ErrorKind::Unsupported, message));
            }
        }))
    }

    /// Writes the end of the compressed data.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(self) -> io::Result<()> {
        match self.0 {
            Encoder::Plain(mut file) => file.flush(),
            Encoder::Gzip(encoder) => encoder.finish()?.flush(),
            #[cfg(feature = "zstd")]
            Encoder::Zstd(encoder) => encoder.finish()?.flush(),
        }
    }
}

impl<W: Write> Write for CompressedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Encoder::Plain(file) => file.write(bytes),
            Encoder::Gzip(encoder) => encoder.write(bytes),
            #[cfg(feature = "zstd")]
            Encoder::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Encoder::Plain(file) => file.flush(),
            Encoder::Gzip(encoder) => encoder.flush(),
            #[cfg(feature = "zstd")]
            Encoder::Zstd(encoder) => encoder.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::input::Content;

    #[test]
    fn input_readers_read_what_was_written() {
        for compression in [None, Some(Compression::Gzip), Some(Compression::Zstd)] {
            let mut file = Vec::new();
            let mut writer = CompressedWriter::new(&mut file, compression).unwrap();
            writer.write_all(b"one\ntwo\n").unwrap();
            writer.finish().unwrap();
            let mut text = String::new();
            let mut content = Content::new(&file[..], compression, 1 << 27).unwrap();
            content.read_to_string(&mut text).unwrap();
            assert_eq!(text, "one\ntwo\n", "{compression:?}");
        }
        let other = CompressedWriter::new(Vec::new(), Some(Compression::Xz));
        assert_eq!(other.unwrap_err().kind(), io::ErrorKind::Unsupported);
    }
}
