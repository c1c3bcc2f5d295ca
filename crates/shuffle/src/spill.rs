//! Local files of records that did not fit an attempt's memory.

use std::io;

use super::error::ShuffleError;
use super::section::Section;
use super::spool::{Scratch, Spooled};
use crate::blob::BlobWriter;
use crate::entry::{BlobKind, Entry};

/// Sorted records in a local file, which is deleted with this: a blob of one section.
#[derive(Debug)]
pub(super) struct Spill {
    bytes: Spooled,
    entry: Entry,
}

impl Spill {
    /// Writes what `fill` pushes, in order.
    pub(super) fn write(
        scratch: &Scratch,
        fill: impl FnOnce(&mut BlobWriter) -> Result<(), ShuffleError>,
    ) -> Result<Self, ShuffleError> {
        let mut blob = BlobWriter::new(BlobKind::Spill, 0, 1, true, 0, scratch)?;
        fill(&mut blob)?;
        let bytes = blob.finish()?.bytes;
        let entry = bytes.source()?.read(Entry::range(0))?;
        let entry = entry.and_then(|entry| Entry::read(&entry, BlobKind::Spill, 0, 0));
        let entry = entry.ok_or_else(|| io::Error::other("a spill lost its first bytes"))?;
        Ok(Self { bytes, entry })
    }

    /// Number of records in it.
    pub(super) fn records(&self) -> u64 {
        self.entry.records
    }

    /// Opens `spills` from their first records; together they take about `memory` bytes.
    pub(super) fn open(spills: &[Self], memory: usize) -> Result<Vec<Section>, ShuffleError> {
        let fetch = (memory / spills.len().max(1)).clamp(8 << 10, 256 << 10);
        let open = |(number, spill): (usize, &Self)| {
            let (source, place) = (spill.bytes.source()?, (BlobKind::Spill, 0, 0));
            Ok(Section::new(source, &spill.entry, place, fetch, number))
        };
        spills.iter().enumerate().map(open).collect()
    }
}
