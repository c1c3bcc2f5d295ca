//! Blocks: some records with a checksum, perhaps compressed.
//!
//! | bytes | what                                                                          |
//! |-------|-------------------------------------------------------------------------------|
//! | 4     | length as stored, in bytes                                                    |
//! | 4     | length of the records; equal to the other if they are not compressed          |
//! | 8     | XXH3-64 of the stored bytes; its seed covers the lengths and the block's place |
//!
//! Numbers are little-endian. Compression is LZ4's block format. A block ends behind the record that
//! fills it, so a long record makes a long block.

use std::borrow::Cow;

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// Length of a block's header, in bytes.
pub(super) const HEADER: usize = 16;
/// Records of a block, in bytes: reading one, and decompressing it, stays in a second-level cache.
pub(super) const FULL: usize = 32 << 10;
/// Longest record, and so nearly longest block, in bytes: LZ4 and the header have 32 bits.
pub(super) const MOST: usize = 1 << 30;

/// LZ4 makes a byte of at most so many.
const SHRINK: usize = 256;

/// Where a section belongs. A block is valid in its own place only: bytes that got into the wrong blob,
/// or blocks that changed places, are noticed as damaged ones are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The kind of the blob, see [`super::BlobKind`].
    pub(super) kind: u8,
    /// The task that wrote it.
    pub(super) task: u32,
    /// The partition.
    pub(super) partition: u32,
}

impl Place {
    /// A number that is another one for other places and other `numbers`, as good as surely.
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

/// A block's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) stored: usize,
    pub(super) raw: usize,
    checksum: u64,
}

impl Header {
    /// `None` if no block can have it.
    pub(super) fn read(bytes: &[u8; HEADER]) -> Option<Self> {
        let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("4 bytes"));
        let (stored, raw) = (number(0) as usize, number(4) as usize);
        let fits = stored > 0 && stored <= raw && raw <= MOST + FULL;
        // No more memory than the stored bytes can stand for.
        let fits = fits && raw / SHRINK <= stored;
        fits.then(|| Self {
            stored,
            raw,
            checksum: u64::from_le_bytes(bytes[8..].try_into().expect("8 bytes")),
        })
    }

    /// The records of the block with these `stored` bytes, the `number`th of its section; `None` if they
    /// are not what was written.
    pub(super) fn open<'a>(
        &self,
        place: Place,
        number: u64,
        stored: &'a [u8],
    ) -> Option<Cow<'a, [u8]>> {
        let seed = seed(place, number, self.stored, self.raw);
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

fn seed(place: Place, number: u64, stored: usize, raw: usize) -> u64 {
    place.seed([number, stored as u64, raw as u64])
}

/// Makes blocks.
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

    /// The header of the block that holds the records `raw`, which are some, and its stored bytes.
    pub(super) fn pack<'a>(
        &'a mut self,
        place: Place,
        number: u64,
        raw: &'a [u8],
    ) -> ([u8; HEADER], &'a [u8]) {
        let stored = self.shrunk(raw).unwrap_or(raw.len());
        let stored = if stored < raw.len() {
            &self.packed[..stored]
        } else {
            raw
        };
        let checksum = xxh3_64_with_seed(stored, seed(place, number, stored.len(), raw.len()));
        let mut header = [0; HEADER];
        header[..4].copy_from_slice(&(stored.len() as u32).to_le_bytes());
        header[4..8].copy_from_slice(&(raw.len() as u32).to_le_bytes());
        header[8..].copy_from_slice(&checksum.to_le_bytes());
        (header, stored)
    }

    /// Compresses; the length, if that saves at least an eighth: less is not worth the reader's time.
    fn shrunk(&mut self, raw: &[u8]) -> Option<usize> {
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

    const HERE: Place = Place {
        kind: 1,
        task: 7,
        partition: 3,
    };

    fn packed(raw: &[u8], compress: bool) -> (Header, Vec<u8>) {
        let mut packer = Packer::new(compress);
        let (header, stored) = packer.pack(HERE, 5, raw);
        (Header::read(&header).unwrap(), stored.to_vec())
    }

    #[test]
    fn what_can_be_compressed_is_and_what_cannot_is_not() {
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
    fn a_block_is_valid_in_its_own_place_only() {
        let (header, stored) = packed(b"some records", false);
        assert_eq!(header.open(HERE, 5, &stored).unwrap(), &b"some records"[..]);
        assert!(header.open(HERE, 6, &stored).is_none());
        for place in [
            Place { kind: 2, ..HERE },
            Place { task: 8, ..HERE },
            Place {
                partition: 4,
                ..HERE
            },
        ] {
            assert!(header.open(place, 5, &stored).is_none(), "{place:?}");
        }
    }

    proptest! {
        #[test]
        fn blocks_come_back_and_damage_is_noticed(
            raw in proptest::collection::vec(0u8..4, 1..3000), compress: bool, at: prop::sample::Index, change in 1u8..,
        ) {
            let (header, mut stored) = packed(&raw, compress);
            prop_assert_eq!(&*header.open(HERE, 5, &stored).unwrap(), &raw[..]);
            let at = at.index(stored.len());
            stored[at] ^= change;
            prop_assert!(header.open(HERE, 5, &stored).is_none());
            prop_assert!(header.open(HERE, 5, &stored[..at]).is_none());
        }
    }
}
