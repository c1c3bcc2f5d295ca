//! Left records of one key.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

/// Left records of one key, in memory or, if they are many, in a local file.
///
/// A record consists of pieces: the bytes that each segment of a row takes from it.
#[derive(Debug)]
pub(super) struct LeftRecords {
    /// Number of pieces of a record.
    pieces: usize,
    /// Greatest size in memory, in bytes.
    max_bytes: usize,
    /// Folder of the file; `None` is the folder of the system.
    folder: Option<PathBuf>,
    bytes: Vec<u8>,
    /// End of each piece of each record in `bytes`.
    ends: Vec<usize>,
    records: u64,
    /// The records that came before those in memory.
    spilled: Option<BufWriter<File>>,
}

impl LeftRecords {
    pub(super) fn new(pieces: usize, max_bytes: usize, folder: Option<PathBuf>) -> Self {
        Self {
            pieces,
            max_bytes,
            folder,
            bytes: Vec::new(),
            ends: Vec::new(),
            records: 0,
            spilled: None,
        }
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.records = 0;
        self.spilled = None;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Adds a record, whose pieces `put` appends, one at each call.
    ///
    /// # Errors
    /// The local file cannot be written.
    pub(super) fn push(&mut self, mut put: impl FnMut(usize, &mut Vec<u8>)) -> io::Result<()> {
        for piece in 0..self.pieces {
            put(piece, &mut self.bytes);
            self.ends.push(self.bytes.len());
        }
        self.records += 1;
        // A record without pieces takes no memory, so only their number is kept.
        if self.bytes.len() + self.ends.len() * size_of::<usize>() > self.max_bytes {
            self.spill()?;
        }
        Ok(())
    }

    /// Moves the records in memory to the end of the file.
    fn spill(&mut self) -> io::Result<()> {
        let file = if let Some(file) = &mut self.spilled {
            file
        } else {
            let file = match &self.folder {
                Some(folder) => tempfile::tempfile_in(folder)?,
                None => tempfile::tempfile()?,
            };
            self.spilled.insert(BufWriter::new(file))
        };
        let mut start = 0;
        for end in &self.ends {
            file.write_all(&(*end as u64 - start as u64).to_le_bytes())?;
            file.write_all(&self.bytes[start..*end])?;
            start = *end;
        }
        self.bytes.clear();
        self.ends.clear();
        Ok(())
    }

    /// Calls `each` with the pieces of every record, in the order of [`LeftRecords::push`].
    ///
    /// # Errors
    /// The local file cannot be read, or an error of `each`.
    pub(super) fn each<E: From<io::Error>>(
        &mut self,
        mut each: impl FnMut(&Pieces<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.pieces == 0 {
            let none = Pieces {
                bytes: &[],
                start: 0,
                ends: &[],
            };
            return (0..self.records).try_for_each(|_| each(&none));
        }
        if let Some(file) = &mut self.spilled {
            file.flush()?;
            let mut file = file.get_ref();
            let length = file.seek(SeekFrom::End(0))?;
            file.seek(SeekFrom::Start(0))?;
            each_spilled(file, length, self.pieces, &mut each)?;
            file.seek(SeekFrom::End(0))?;
        }
        let mut start = 0;
        for ends in self.ends.chunks(self.pieces) {
            let bytes = &self.bytes;
            each(&Pieces { bytes, start, ends })?;
            start = ends[ends.len() - 1];
        }
        Ok(())
    }
}

/// Calls `each` with the records in a file of `length` bytes.
fn each_spilled<E: From<io::Error>>(
    file: &File,
    length: u64,
    pieces: usize,
    each: &mut impl FnMut(&Pieces<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut reader = BufReader::with_capacity(256 << 10, file).take(length);
    let (mut bytes, mut ends) = (Vec::new(), Vec::new());
    while reader.limit() > 0 {
        bytes.clear();
        ends.clear();
        for _ in 0..pieces {
            let mut length = [0; 8];
            reader.read_exact(&mut length)?;
            let start = bytes.len();
            bytes.resize(start + u64::from_le_bytes(length) as usize, 0);
            reader.read_exact(&mut bytes[start..])?;
            ends.push(bytes.len());
        }
        each(&Pieces {
            bytes: &bytes,
            start: 0,
            ends: &ends,
        })?;
    }
    Ok(())
}

/// Pieces of a left record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pieces<'a> {
    bytes: &'a [u8],
    start: usize,
    ends: &'a [usize],
}

impl<'a> Pieces<'a> {
    /// Returns a piece by its number.
    pub(super) fn get(&self, piece: usize) -> &'a [u8] {
        let start = match piece {
            0 => self.start,
            piece => self.ends[piece - 1],
        };
        &self.bytes[start..self.ends[piece]]
    }
}
