//! Local files with counts that did not fit into the memory of an attempt.

use std::io;

use super::error::ShuffleError;
use super::section::Section;
use super::spool::{Scratch, Spooled};
use crate::blob::BlobWriter;
use crate::entry::{BlobKind, SectionEntry};

/// Sorted counts in a local file, a blob of one section. Dropping the spill deletes the file.
#[derive(Debug)]
pub(super) struct Spill {
    bytes: Spooled,
    entry: SectionEntry,
}

impl Spill {
    /// Writes the records that `fill` pushes in order.
    pub(super) fn write(
        scratch: &Scratch,
        fill: impl FnOnce(&mut BlobWriter) -> Result<(), ShuffleError>,
    ) -> Result<Self, ShuffleError> {
        let mut blob = BlobWriter::new(BlobKind::Spill, 0, 1, true, 0, scratch)?;
        fill(&mut blob)?;
        let bytes = blob.finish()?.bytes;
        let entry = bytes.source()?.read(SectionEntry::range(0))?;
        let entry = entry.and_then(|entry| SectionEntry::read(&entry, BlobKind::Spill, 0, 0));
        let entry =
            entry.ok_or_else(|| io::Error::other("the index of a local spill file is damaged"))?;
        Ok(Self { bytes, entry })
    }

    /// Returns the number of records.
    pub(super) fn records(&self) -> u64 {
        self.entry.records
    }

    /// Opens all `spills` for reading. The readers use about `memory` bytes in total.
    pub(super) fn open(spills: &[Self], memory: usize) -> Result<Vec<Section>, ShuffleError> {
        let fetch = (memory / spills.len().max(1)).clamp(8 << 10, 256 << 10);
        let open = |(number, spill): (usize, &Self)| {
            let (source, location) = (spill.bytes.source()?, (BlobKind::Spill, 0, 0));
            Ok(Section::new(source, &spill.entry, location, fetch, number))
        };
        spills.iter().enumerate().map(open).collect()
    }
}
