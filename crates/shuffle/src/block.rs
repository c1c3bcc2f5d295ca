//! Blocks of records. Each has a checksum and may be compressed.
//!
//! | bytes | content                                                                       |
//! |-------|-------------------------------------------------------------------------------|
//! | 4     | stored length, in bytes                                                       |
//! | 4     | uncompressed length; equal to the stored length if not compressed             |
//! | 8     | XXH3-64 of the stored bytes; its seed covers both lengths and the location    |
//!
//! Numbers are little-endian. Compression is LZ4's block format. Records are never split between blocks, so a long
//! record makes a long block.

use std::borrow::Cow;

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// Length of a block's header, in bytes.
pub(super) const HEADER: usize = 16;
/// Size at which a block ends, in bytes. A block and its decompressed copy fit into the L2 cache.
pub(super) const BLOCK_SIZE: usize = 32 << 10;
/// Maximum length of a record in bytes. A block is at most [`BLOCK_SIZE`] bytes longer; the lengths in LZ4 and in the
/// header have 32 bits.
pub(super) const MAX_RECORD: usize = 1 << 30;

/// Upper bound of LZ4's compression ratio.
const MAX_RATIO: usize = 256;

/// Location of a section. Checksums cover it, so a reader detects sections of other blobs and swapped blocks as
/// damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SectionLocation {
    /// Number of the blob's kind, see [`BlobKind`](super::entry::BlobKind).
    pub(super) kind: u8,
    /// Task that wrote the blob.
    pub(super) task: u32,
    /// Partition of the section.
    pub(super) partition: u32,
}

impl SectionLocation {
    /// Returns a checksum seed, a hash of the location and `numbers`.
    pub(super) fn seed(self, numbers: [u64; 3]) -> u64 {
        let mut bytes = [0; 40];
        bytes[0] = self.kind;
        bytes[4..8].copy_from_slice(&self.task.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.partition.to_le_bytes());
        for (at, number) in numbers.iter().enumerate() {
            bytes[16 + 8 * at..24 + 8 * at].copy_from_slice(&number.to_le_bytes());
        }
        xxh3_64(&bytes)
    }
}

/// Header of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) stored: usize,
    pub(super) raw: usize,
    checksum: u64,
}

impl Header {
    /// Decodes a header, or returns `None` if no valid block has this header.
    pub(super) fn read(bytes: &[u8; HEADER]) -> Option<Self> {
        let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("4 bytes"));
        let (stored, raw) = (number(0) as usize, number(4) as usize);
        let fits = stored > 0 && stored <= raw && raw <= MAX_RECORD + BLOCK_SIZE;
        // A corrupt header must not make the reader allocate more memory than the stored bytes can decompress to.
        let fits = fits && raw / MAX_RATIO <= stored;
        fits.then(|| Self {
            stored,
            raw,
            checksum: u64::from_le_bytes(bytes[8..].try_into().expect("8 bytes")),
        })
    }

    /// Returns the records of block `number` of a section, whose stored bytes are `stored`. Returns `None` if the block
    /// is damaged.
    pub(super) fn open<'a>(
        &self,
        location: SectionLocation,
        number: u64,
        stored: &'a [u8],
    ) -> Option<Cow<'a, [u8]>> {
        let seed = seed(location, number, self.stored, self.raw);
        if stored.len() != self.stored || xxh3_64_with_seed(stored, seed) != self.checksum {
            return None;
        }
        if self.stored == self.raw {
            return Some(Cow::Borrowed(stored));
        }
        let raw = lz4_flex::block::decompress(stored, self.raw).ok()?;
        (raw.len() == self.raw).then_some(Cow::Owned(raw))
    }
}

fn seed(location: SectionLocation, number: u64, stored: usize, raw: usize) -> u64 {
    location.seed([number, stored as u64, raw as u64])
}

/// Encoder of blocks.
#[derive(Debug, Default)]
pub(super) struct Packer {
    compress: bool,
    packed: Vec<u8>,
}

impl Packer {
    pub(super) fn new(compress: bool) -> Self {
        Self {
            compress,
            packed: Vec::new(),
        }
    }

    /// Encodes the records `raw`, which must not be empty. Returns the header and the stored bytes.
    pub(super) fn pack<'a>(
        &'a mut self,
        location: SectionLocation,
        number: u64,
        raw: &'a [u8],
    ) -> ([u8; HEADER], &'a [u8]) {
        let stored = self.compressed(raw).unwrap_or(raw.len());
        let stored = if stored < raw.len() {
            &self.packed[..stored]
        } else {
            raw
        };
        let checksum = xxh3_64_with_seed(stored, seed(location, number, stored.len(), raw.len()));
        let mut header = [0; HEADER];
        header[..4].copy_from_slice(&(stored.len() as u32).to_le_bytes());
        header[4..8].copy_from_slice(&(raw.len() as u32).to_le_bytes());
        header[8..].copy_from_slice(&checksum.to_le_bytes());
        (header, stored)
    }

    /// Compresses `raw` and returns the compressed length. Returns `None` if that saves less than an eighth, which is
    /// not worth the time to decompress.
    fn compressed(&mut self, raw: &[u8]) -> Option<usize> {
        if !self.compress {
            return None;
        }
        let most = lz4_flex::block::get_maximum_output_size(raw.len());
        self.packed.resize(most.max(self.packed.len()), 0);
        let len = lz4_flex::block::compress_into(raw, &mut self.packed).ok()?;
        (len < raw.len() - raw.len() / 8).then_some(len)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LOCATION: SectionLocation = SectionLocation {
        kind: 1,
        task: 7,
        partition: 3,
    };

    fn packed(raw: &[u8], compress: bool) -> (Header, Vec<u8>) {
        let mut packer = Packer::new(compress);
        let (header, stored) = packer.pack(LOCATION, 5, raw);
        (Header::read(&header).unwrap(), stored.to_vec())
    }

    #[test]
    fn only_compressible_blocks_are_compressed() {
        let words = b"the same words ".repeat(100);
        let (header, stored) = packed(&words, true);
        assert!(stored.len() < 100 && header.raw == 1500);
        let (header, _) = packed(&words, false);
        assert_eq!(header.stored, header.raw);
        let noise: Vec<_> = (0..500u64)
            .flat_map(|n| mapreduce_core::key::hash(&n.to_le_bytes()).to_le_bytes())
            .collect();
        let (header, _) = packed(&noise, true);
        assert_eq!(header.stored, header.raw);
    }

    #[test]
    fn a_block_is_valid_at_its_own_location_only() {
        let (header, stored) = packed(b"some records", false);
        assert_eq!(
            header.open(LOCATION, 5, &stored).unwrap(),
            &b"some records"[..]
        );
        assert!(header.open(LOCATION, 6, &stored).is_none());
        for location in [
            SectionLocation {
                kind: 2,
                ..LOCATION
            },
            SectionLocation {
                task: 8,
                ..LOCATION
            },
            SectionLocation {
                partition: 4,
                ..LOCATION
            },
        ] {
            assert!(header.open(location, 5, &stored).is_none(), "{location:?}");
        }
    }

    proptest! {
        #[test]
        fn blocks_are_read_back_and_damage_is_detected(
            raw in proptest::collection::vec(0u8..4, 1..3000), compress: bool, at: prop::sample::Index, change in 1u8..,
        ) {
            let (header, mut stored) = packed(&raw, compress);
            prop_assert_eq!(&*header.open(LOCATION, 5, &stored).unwrap(), &raw[..]);
            let at = at.index(stored.len());
            stored[at] ^= change;
            prop_assert!(header.open(LOCATION, 5, &stored).is_none());
            prop_assert!(header.open(LOCATION, 5, &stored[..at]).is_none());
        }
    }
}
