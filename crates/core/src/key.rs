//! Keys of at most 15 bytes in two machine words, and the hash that orders and partitions all keys.
//!
//! # The hash
//! Runs are sorted and partitioned by the hash, so every process of a job must compute the same value. The definition
//! is part of the run format: a change requires a new format name.
//!
//! - A key of at most 15 bytes is copied into 16 bytes, padded with zeros. The last byte holds its length. The bytes
//!   form two little-endian words `lo` and `hi`. Let `p` be the 128-bit product `(lo ^ A) * (hi ^ B)`, where `A` is
//!   `0x9e3779b97f4a7c15` and `B` is `0xd1b54a32d192ed03`. The hash is the exclusive or of the two halves of `p`.
//! - The hash of a longer key is its 64-bit XXH3 with seed 0.
//!
//! With `n` partitions, the partition of a key is `hash * n / 2^64`. Partitions are therefore ranges of the hash.

use xxhash_rust::xxh3::xxh3_64;

/// Maximum length of a key that fits into two words, in bytes.
pub const MAX_SHORT_KEY_LEN: usize = 15;

/// Returns the hash of `key`, which is the same on every machine and in every version. The module documentation
/// defines it.
///
/// ```
/// assert_eq!(mapreduce_core::key::hash(b""), 0xd6cb_8892_a926_a943);
/// assert_eq!(mapreduce_core::key::hash(b"word"), 0x01ed_050b_ce6c_b36c);
/// assert_eq!(mapreduce_core::key::hash(b"longer than 15 bytes"), 0x145e_30eb_5315_8b74);
/// ```
#[inline]
pub fn hash(key: &[u8]) -> u64 {
    match ShortKey::new(key) {
        Some(short) => short.hash(),
        None => xxh3_64(key),
    }
}

/// Returns the partition of keys with this `hash` if there are `partitions` of them.
#[inline]
pub fn partition(hash: u64, partitions: u32) -> u32 {
    ((u128::from(hash) * u128::from(partitions)) >> 64) as u32
}

/// A key of at most [`MAX_SHORT_KEY_LEN`] bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ShortKey {
    lo: u64,
    /// The highest byte holds the length. It distinguishes keys that differ only in trailing zeros.
    hi: u64,
}

impl ShortKey {
    /// Returns the first `len` bytes of `from` as a key, or `None` if they are too long.
    ///
    /// The bytes after the key are ignored. If `from` has at least 16 bytes, no branch depends on the length. This is
    /// faster because the CPU cannot predict the lengths of words.
    #[inline]
    pub fn from_prefix(from: &[u8], len: usize) -> Option<Self> {
        let keep = MASKS.get(len)?;
        let words = match from.first_chunk::<16>() {
            Some(chunk) => *chunk,
            None => return Self::at_end_of_text(&from[..len]),
        };
        let words = u128::from_le_bytes(words);
        Some(Self {
            lo: words as u64 & keep[0],
            hi: ((words >> 64) as u64 & keep[1]) | (len as u64) << 56,
        })
    }

    /// Returns `key` as a short key, or `None` if it is too long. Use it if no bytes are known to follow the key;
    /// otherwise [`ShortKey::from_prefix`] is faster.
    ///
    /// Two overlapping loads of a fixed width take fewer cycles than a copy of a variable length.
    #[inline]
    pub fn new(key: &[u8]) -> Option<Self> {
        let len = key.len();
        let (lo, hi) = match len {
            8..=MAX_SHORT_KEY_LEN => {
                let (first, last) = (key.first_chunk()?, key.last_chunk()?);
                // Keep only those of the last eight bytes that the first load does not cover. For a key of
                // eight bytes that needs a shift by 64, which Rust does not allow: hence two shifts.
                let hi = u64::from_le_bytes(*last) >> 1 >> (127 - 8 * len);
                (u64::from_le_bytes(*first), hi)
            }
            4..8 => {
                let (first, last) = (key.first_chunk()?, key.last_chunk()?);
                let last = u64::from(u32::from_le_bytes(*last)) << (8 * (len - 4));
                (u64::from(u32::from_le_bytes(*first)) | last, 0)
            }
            1..4 => {
                // The first, middle and last byte are the whole key. For one or two bytes they overlap.
                let byte = |at: usize| u64::from(key[at]) << (8 * at);
                (byte(0) | byte(len / 2) | byte(len - 1), 0)
            }
            0 => (0, 0),
            _ => return None,
        };
        let hi = hi | (len as u64) << 56;
        Some(Self { lo, hi })
    }

    /// Handles a key at the end of its text for [`ShortKey::from_prefix`]. This is cold because few keys are so close to
    /// the end.
    #[cold]
    fn at_end_of_text(key: &[u8]) -> Option<Self> {
        Self::new(key)
    }

    /// Returns the hash of the key, equal to [`hash`].
    #[inline]
    pub fn hash(self) -> u64 {
        let wide = u128::from(self.lo ^ 0x9e37_79b9_7f4a_7c15)
            * u128::from(self.hi ^ 0xd1b5_4a32_d192_ed03);
        (wide as u64) ^ (wide >> 64) as u64
    }

    /// Returns the length in bytes.
    #[inline]
    #[expect(
        clippy::len_without_is_empty,
        reason = "no caller asks whether a key is empty"
    )]
    pub fn len(self) -> usize {
        (self.hi >> 56) as usize
    }

    /// Returns 16 bytes, of which the first [`ShortKey::len`] are the key.
    #[inline]
    pub fn bytes(self) -> [u8; 16] {
        (u128::from(self.hi) << 64 | u128::from(self.lo)).to_le_bytes()
    }
}

/// Masks of the key's bits in the two words, by length.
static MASKS: [[u64; 2]; MAX_SHORT_KEY_LEN + 1] = masks();

const fn masks() -> [[u64; 2]; MAX_SHORT_KEY_LEN + 1] {
    let mut masks = [[0; 2]; MAX_SHORT_KEY_LEN + 1];
    let mut len = 0;
    while len <= MAX_SHORT_KEY_LEN {
        let all = (1u128 << (8 * len)) - 1;
        masks[len] = [all as u64, (all >> 64) as u64];
        len += 1;
    }
    masks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The hash as the module documentation defines it, without optimizations.
    fn definition(key: &[u8]) -> u64 {
        if key.len() > 15 {
            return xxh3_64(key);
        }
        let mut padded = [0; 16];
        padded[..key.len()].copy_from_slice(key);
        padded[15] = key.len() as u8;
        let word = |at: usize| u64::from_le_bytes(padded[at..at + 8].try_into().unwrap());
        let a = u128::from(word(0) ^ 0x9e37_79b9_7f4a_7c15);
        let b = u128::from(word(8) ^ 0xd1b5_4a32_d192_ed03);
        let p = a * b;
        (p % (1 << 64)) as u64 ^ (p / (1 << 64)) as u64
    }

    #[test]
    fn partitions_are_ranges_of_the_hash_and_similar_in_size() {
        for partitions in [1, 2, 3, 64, 1000] {
            assert_eq!(partition(0, partitions), 0);
            assert_eq!(partition(u64::MAX, partitions), partitions - 1);
            let mut sizes = vec![0u32; partitions as usize];
            for n in 0..100 * partitions {
                let key = format!("key {n}");
                sizes[partition(hash(key.as_bytes()), partitions) as usize] += 1;
            }
            let most = *sizes.iter().max().unwrap();
            assert!(
                most < 160 && sizes.iter().all(|size| *size > 50),
                "{partitions}: {sizes:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn the_hash_matches_its_definition(key in proptest::collection::vec(any::<u8>(), 0..40), following: Vec<u8>) {
            prop_assert_eq!(hash(&key), definition(&key));
            let text: Vec<u8> = key.iter().chain(&following).copied().collect();
            prop_assert_eq!(ShortKey::new(&key), ShortKey::from_prefix(&text, key.len()));
            match ShortKey::from_prefix(&text, key.len()) {
                Some(short) => {
                    prop_assert_eq!(short.hash(), definition(&key));
                    prop_assert_eq!(&short.bytes()[..short.len()], &key[..]);
                }
                None => prop_assert!(key.len() > MAX_SHORT_KEY_LEN),
            }
        }
    }
}
