//! Buffers that move from memory to a local file beyond a limit.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use bytes::Bytes;
use tempfile::{NamedTempFile, TempPath};

use super::range_source::RangeSource;

/// Memory limit of an attempt, and the folder for data beyond it.
#[derive(Debug, Clone)]
pub struct Scratch {
    /// Memory for tables, rows and output, in bytes.
    pub memory: usize,
    /// Folder for local files. `None` means the system's folder for temporary files.
    pub folder: Option<PathBuf>,
}

/// Buffer that is being written.
#[derive(Debug)]
pub struct Spool {
    limit: usize,
    folder: Option<PathBuf>,
    memory: Vec<u8>,
    file: Option<BufWriter<NamedTempFile>>,
    len: u64,
}

/// Bytes of a finished [`Spool`].
#[derive(Debug)]
pub enum Spooled {
    /// Bytes in memory.
    Memory(Bytes),
    /// Path of a local file, and its length in bytes. Dropping the path deletes the file.
    File(TempPath, u64),
}

/// Size of the write buffer of a local file, in bytes.
const WRITE_BUFFER: usize = 256 << 10;

impl Spool {
    /// Creates an empty buffer that keeps up to `limit` bytes in memory.
    pub fn new(limit: usize, scratch: &Scratch) -> Self {
        Self {
            limit,
            folder: scratch.folder.clone(),
            memory: Vec::new(),
            file: None,
            len: 0,
        }
    }

    /// Returns the number of bytes written.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Returns `true` if nothing was written.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Overwrites bytes at the offset `at`.
    pub(super) fn patch(&mut self, at: usize, bytes: &[u8]) -> io::Result<()> {
        let Some(file) = &mut self.file else {
            self.memory[at..at + bytes.len()].copy_from_slice(bytes);
            return Ok(());
        };
        file.seek(SeekFrom::Start(at as u64))?;
        file.write_all(bytes)?;
        file.seek(SeekFrom::End(0))?;
        Ok(())
    }

    /// Finishes the buffer.
    ///
    /// # Errors
    /// Errors of the local file.
    pub fn finish(self) -> io::Result<Spooled> {
        let Some(file) = self.file else {
            return Ok(Spooled::Memory(self.memory.into()));
        };
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(Spooled::File(file.into_temp_path(), self.len))
    }

    fn spill(&mut self) -> io::Result<()> {
        let file = match &self.folder {
            Some(folder) => NamedTempFile::new_in(folder),
            None => NamedTempFile::new(),
        };
        let mut file = BufWriter::with_capacity(WRITE_BUFFER, file?);
        file.write_all(&std::mem::take(&mut self.memory))?;
        self.file = Some(file);
        Ok(())
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.file.is_none() && self.memory.len() + bytes.len() > self.limit {
            self.spill()?;
        }
        match &mut self.file {
            Some(file) => file.write_all(bytes)?,
            None => self.memory.extend_from_slice(bytes),
        }
        self.len += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Spooled {
    /// Returns the length in bytes.
    pub fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File(_, len) => *len,
        }
    }

    /// Returns `true` if there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Opens the bytes for reading.
    ///
    /// # Errors
    /// Errors of the local file.
    pub fn source(&self) -> io::Result<Box<dyn RangeSource + Send>> {
        Ok(match self {
            Self::Memory(bytes) => Box::new(bytes.clone()),
            Self::File(path, _) => Box::new(File::open(path)?),
        })
    }
}

impl RangeSource for Bytes {
    fn read(&mut self, range: std::ops::Range<u64>) -> io::Result<Option<Bytes>> {
        let whole = range.start <= range.end && range.end <= self.len() as u64;
        Ok(whole.then(|| self.slice(range.start as usize..range.end as usize)))
    }
}

impl RangeSource for File {
    fn read(&mut self, range: std::ops::Range<u64>) -> io::Result<Option<Bytes>> {
        let mut bytes = vec![0; (range.end - range.start) as usize];
        match self.read_exact_at(&mut bytes, range.start) {
            Ok(()) => Ok(Some(bytes.into())),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_beyond_the_limit_go_to_a_file_that_is_deleted_on_drop() {
        let scratch = Scratch {
            memory: 0,
            folder: None,
        };
        for (limit, in_memory) in [(10, true), (9, false), (0, false)] {
            let mut spool = Spool::new(limit, &scratch);
            spool.write_all(b"12345").unwrap();
            spool.patch(1, b"xy").unwrap();
            spool.write_all(b"67890").unwrap();
            assert_eq!(spool.len(), 10);
            spool.patch(8, b"z").unwrap();
            let spooled = spool.finish().unwrap();
            assert_eq!(
                (matches!(spooled, Spooled::Memory(_)), spooled.len()),
                (in_memory, 10)
            );
            let mut source = spooled.source().unwrap();
            assert_eq!(
                source.read(0..10).unwrap().unwrap(),
                &b"1xy4567890"[..8]
                    .iter()
                    .copied()
                    .chain(*b"z0")
                    .collect::<Vec<_>>()
            );
            assert_eq!(source.read(3..5).unwrap().unwrap(), &b"45"[..]);
            assert!(source.read(8..11).unwrap().is_none());
            if let Spooled::File(path, _) = &spooled {
                let path = path.to_path_buf();
                assert!(path.exists());
                drop(spooled);
                assert!(!path.exists());
            }
        }
    }

    #[test]
    fn a_missing_folder_is_an_error() {
        let scratch = Scratch {
            memory: 0,
            folder: Some("/nowhere/at/all".into()),
        };
        Spool::new(0, &scratch).write_all(b"x").unwrap_err();
    }
}
