//! Keys of at most 15 bytes in two machine words, and the hash that orders and partitions all keys.
//!
//! # The hash
//! Runs are sorted by it and cut into partitions by it, so every process of a job must compute the
//! same: its definition is part of the run format and changes only together with the format's name.
//!
//! - A key of at most 15 bytes is laid into 16 bytes, padded with zeros, its length in the last byte.
//!   These are read as two little-endian words `lo` and `hi`. With `p = (lo ^ A) * (hi ^ B)` to
//!   128 bits, `A` = `0x9e3779b97f4a7c15`, `B` = `0xd1b54a32d192ed03`, the hash is the exclusive or of
//!   the two halves of `p`.
//! - The hash of a longer key is its XXH3 to 64 bits, with the seed 0.
//!
//! The partition of a key, of `n`, is `hash * n / 2^64`: partitions follow each other in the order of
//! the hash.

use xxhash_rust::xxh3::xxh3_64;

/// Longest key that fits two words, in bytes.
pub const INLINE: usize = 15;

/// The hash of `key`, the same on every machine and in every version; see the module's page.
///
/// ```
/// assert_eq!(mapreduce_core::key::hash(b""), 0xd6cb_8892_a926_a943);
/// assert_eq!(mapreduce_core::key::hash(b"word"), 0x01ed_050b_ce6c_b36c);
/// assert_eq!(mapreduce_core::key::hash(b"longer than 15 bytes"), 0x145e_30eb_5315_8b74);
/// ```
#[inline]
pub fn hash(key: &[u8]) -> u64 {
    match ShortKey::exact(key) {
        Some(short) => short.hash(),
        None => xxh3_64(key),
    }
}

/// The partition, of `partitions`, in which keys of this `hash` lie.
#[inline]
pub fn partition(hash: u64, partitions: u32) -> u32 {
    ((u128::from(hash) * u128::from(partitions)) >> 64) as u32
}

/// A key of at most [`INLINE`] bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ShortKey {
    lo: u64,
    /// The length is the highest byte, so that keys that differ in trailing zeros differ here.
    hi: u64,
}

impl ShortKey {
    /// The first `len` bytes of `from`, if they fit. What lies behind them does not matter, but with 16
    /// bytes in all no branch depends on the length, and lengths of words cannot be predicted.
    #[inline]
    pub fn new(from: &[u8], len: usize) -> Option<Self> {
        let keep = MASKS.get(len)?;
        let words = match from.first_chunk::<16>() {
            Some(chunk) => *chunk,
            None => return Self::at_an_end(&from[..len]),
        };
        let words = u128::from_le_bytes(words);
        Some(Self {
            lo: words as u64 & keep[0],
            hi: ((words >> 64) as u64 & keep[1]) | (len as u64) << 56,
        })
    }

    /// All of `key`, if it fits: [`ShortKey::new`] where nothing is known to lie behind it.
    ///
    /// Two loads that overlap, of the widest kind that fits, take fewer cycles than a copy of a length that
    /// is not known beforehand.
    #[inline]
    pub fn exact(key: &[u8]) -> Option<Self> {
        let len = key.len();
        let (lo, hi) = match len {
            8..=INLINE => {
                let (first, last) = (key.first_chunk()?, key.last_chunk()?);
                // Of the last eight bytes those that the first eight do not hold. Of eight bytes these are
                // none, and a shift by 64 is none either: hence two.
                let hi = u64::from_le_bytes(*last) >> 1 >> (127 - 8 * len);
                (u64::from_le_bytes(*first), hi)
            }
            4..8 => {
                let (first, last) = (key.first_chunk()?, key.last_chunk()?);
                let last = u64::from(u32::from_le_bytes(*last)) << (8 * (len - 4));
                (u64::from(u32::from_le_bytes(*first)) | last, 0)
            }
            1..4 => {
                // The first, the one in the middle and the last are all; of one or two, some are the same.
                let byte = |at: usize| u64::from(key[at]) << (8 * at);
                (byte(0) | byte(len / 2) | byte(len - 1), 0)
            }
            0 => (0, 0),
            _ => return None,
        };
        let hi = hi | (len as u64) << 56;
        Some(Self { lo, hi })
    }

    /// [`ShortKey::exact`], for [`ShortKey::new`]: texts end seldom.
    #[cold]
    fn at_an_end(key: &[u8]) -> Option<Self> {
        Self::exact(key)
    }

    /// The hash of the key, equal to [`hash`].
    #[inline]
    pub fn hash(self) -> u64 {
        let wide = u128::from(self.lo ^ 0x9e37_79b9_7f4a_7c15)
            * u128::from(self.hi ^ 0xd1b5_4a32_d192_ed03);
        (wide as u64) ^ (wide >> 64) as u64
    }

    /// Number of bytes.
    #[inline]
    pub fn len(self) -> usize {
        (self.hi >> 56) as usize
    }

    /// The key padded to 16 bytes; the first [`ShortKey::len`] are its own.
    #[inline]
    pub fn bytes(self) -> [u8; 16] {
        (u128::from(self.hi) << 64 | u128::from(self.lo)).to_le_bytes()
    }
}

/// By length, which bits of the two words belong to the key.
static MASKS: [[u64; 2]; INLINE + 1] = masks();

const fn masks() -> [[u64; 2]; INLINE + 1] {
    let mut masks = [[0; 2]; INLINE + 1];
    let mut len = 0;
    while len <= INLINE {
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

    /// The definition, word by word.
    fn definition(key: &[u8]) -> u64 {
        if key.len() > 15 {
            return xxh3_64(key);
        }
        let mut laid = [0; 16];
        laid[..key.len()].copy_from_slice(key);
        laid[15] = key.len() as u8;
        let word = |at: usize| u64::from_le_bytes(laid[at..at + 8].try_into().unwrap());
        let a = u128::from(word(0) ^ 0x9e37_79b9_7f4a_7c15);
        let b = u128::from(word(8) ^ 0xd1b5_4a32_d192_ed03);
        let p = a * b;
        (p % (1 << 64)) as u64 ^ (p / (1 << 64)) as u64
    }

    #[test]
    fn partitions_follow_the_hash_and_are_all_used() {
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
        fn it_is_what_the_definition_says(key in proptest::collection::vec(any::<u8>(), 0..40), behind: Vec<u8>) {
            prop_assert_eq!(hash(&key), definition(&key));
            let text: Vec<u8> = key.iter().chain(&behind).copied().collect();
            prop_assert_eq!(ShortKey::exact(&key), ShortKey::new(&text, key.len()));
            match ShortKey::new(&text, key.len()) {
                Some(short) => {
                    prop_assert_eq!(short.hash(), definition(&key));
                    prop_assert_eq!(&short.bytes()[..short.len()], &key[..]);
                }
                None => prop_assert!(key.len() > INLINE),
            }
        }
    }
}
