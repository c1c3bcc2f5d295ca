//! Sorter of pairs in memory: by partition, then by key, then by value or in insertion order.
//!
//! Pairs lie in an arena as records. Each pair has a *sort word*, a 128-bit number made of the partition, the first
//! bytes of the key and the offset of the record. Sorting therefore compares numbers. Later records have larger
//! offsets, so pairs with equal keys stay in insertion order. If many keys share the bytes in their sort words, these
//! are replaced by words of the next bytes and sorted again. A few such keys are compared directly.

use super::spill::{self, Spill};
use crate::blob::BlobWriter;
use crate::error::ShuffleError;
use crate::spool::Scratch;
use crate::{blob, record};

/// Options of a [`Sorter`].
#[derive(Debug, Clone, Copy)]
pub(super) struct SortOptions {
    /// Number of partitions.
    pub(super) partitions: u32,
    /// True if the values of equal keys are sorted.
    pub(super) sort_values: bool,
    /// True if spills are compressed.
    pub(super) compress: bool,
}

/// Sorter of pairs in memory, with the spills that were written before.
#[derive(Debug)]
pub(super) struct Sorter {
    pub(super) scratch: Scratch,
    pub(super) options: SortOptions,
    layout: Layout,
    words: Vec<u128>,
    arena: Vec<u8>,
    /// Maximum memory of the sort words and the arena, in bytes.
    capacity: usize,
    pub(super) spills: Vec<Spill>,
}

/// Layout of a sort word, from the highest bits: the partition, `text` bytes of the text, 8 bits with the length of the
/// text (`text + 1` if it is longer), and 32 bits with the offset in the arena.
#[derive(Debug, Clone, Copy)]
struct Layout {
    text: usize,
}

/// Maximum initial allocation, in bytes. Systems without overcommit refuse allocations beyond their memory.
const MAX_INITIAL_ALLOCATION: usize = 64 << 20;
/// Number of tied words from which new sort words pay off. Fewer are sorted by comparing the texts.
const MIN_RESORT: usize = 24;
/// Number of equal bytes after which tied words are sorted by comparing the texts. It limits the recursion.
const MAX_DEPTH: usize = 128;
/// Number of records whose cache misses overlap.
const PREFETCH: usize = 32;

impl Layout {
    fn new(partitions: u32) -> Self {
        // Length and offset take 40 of the 128 bits. The partition needs 16 or 32 bits; the text gets the rest.
        Self {
            text: if partitions <= 1 << 16 { 9 } else { 7 },
        }
    }

    #[inline]
    fn word(self, partition: u32, text: &[u8], at: u32) -> u128 {
        let first = match text.first_chunk::<16>() {
            Some(first) => u128::from_be_bytes(*first),
            None => padded(text),
        };
        let first = first >> (128 - 8 * self.text);
        let len = text.len().min(self.text + 1) as u128;
        u128::from(partition) << (8 * self.text + 40) | first << 40 | len << 32 | u128::from(at)
    }

    #[inline]
    fn partition(self, word: u128) -> u32 {
        (word >> (8 * self.text + 40)) as u32
    }

    /// Returns `true` if the text is longer than the part in the word.
    fn is_truncated(self, word: u128) -> bool {
        (word >> 32) as u8 as usize > self.text
    }
}

fn padded(text: &[u8]) -> u128 {
    let mut first = [0; 16];
    first[..text.len()].copy_from_slice(text);
    u128::from_be_bytes(first)
}

#[inline]
fn offset(word: u128) -> usize {
    word as u32 as usize
}

impl Sorter {
    /// Creates an empty sorter. It leaves a quarter of the memory to the blob that the pairs are written to.
    pub(super) fn new(scratch: Scratch, options: SortOptions) -> Self {
        Self {
            capacity: scratch.memory / 4 * 3,
            scratch,
            options,
            layout: Layout::new(options.partitions),
            words: Vec::new(),
            arena: Vec::new(),
            spills: Vec::new(),
        }
    }

    /// Returns `true` if a pair of `bytes` bytes fits into the memory.
    #[inline]
    pub(super) fn has_capacity(&self, bytes: usize) -> bool {
        let more = bytes + record::MAX_NUMBERS_LEN + size_of::<u128>();
        let used = self.arena.len() + self.words.len() * size_of::<u128>();
        // An empty sorter accepts any pair. Otherwise a pair larger than the memory could never be processed.
        self.words.is_empty()
            || (used + more <= self.capacity && u32::try_from(used + more).is_ok())
    }

    /// Adds a pair. The value is the concatenation of two slices. The caller checks the capacity before.
    #[inline]
    pub(super) fn push(
        &mut self,
        partition: u32,
        key: &[u8],
        value: [&[u8]; 2],
    ) -> Result<(), ShuffleError> {
        blob::check_pair(key, value[0].len() + value[1].len())?;
        if self.arena.capacity() == 0 {
            self.allocate();
        }
        let word = self.layout.word(partition, key, self.arena.len() as u32);
        record::put_pair(&mut self.arena, key, value);
        self.words.push(word);
        Ok(())
    }

    /// Allocates the arena and the sort words at once. The system commits memory only when it is written to.
    #[cold]
    fn allocate(&mut self) {
        self.arena
            .reserve(self.capacity.min(MAX_INITIAL_ALLOCATION));
        self.words
            .reserve(self.capacity.min(MAX_INITIAL_ALLOCATION) / 4 / size_of::<u128>());
    }

    /// Returns `true` if no pair is in memory.
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Removes the pairs in memory.
    pub(super) fn clear(&mut self) {
        self.words.clear();
        self.arena.clear();
    }

    /// Frees the memory of the pairs.
    pub(super) fn free_memory(&mut self) {
        (self.words, self.arena) = (Vec::new(), Vec::new());
    }

    /// Creates a local file for sorted pairs.
    pub(super) fn spill_writer(&self) -> Result<BlobWriter, ShuffleError> {
        let SortOptions {
            partitions,
            compress,
            ..
        } = self.options;
        Ok(spill::writer(&self.scratch, partitions, compress, 0)?)
    }

    /// Returns the key and value of the `nth` pair in memory.
    pub(super) fn pair(&self, nth: usize) -> (&[u8], &[u8]) {
        pair(&self.arena, offset(self.words[nth]))
    }

    /// Returns the partition of the `nth` pair in memory.
    pub(super) fn partition(&self, nth: usize) -> u32 {
        self.layout.partition(self.words[nth])
    }

    /// Returns the number of pairs in memory.
    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// Writes the pairs in memory to `blob`. They must be sorted.
    pub(super) fn write(&self, blob: &mut BlobWriter) -> Result<(), ShuffleError> {
        for words in self.words.chunks(PREFETCH) {
            // Touch all records of the chunk first, so that their cache misses overlap.
            let first = words
                .iter()
                .map(|word| u32::from(self.arena[offset(*word)]));
            std::hint::black_box(first.sum::<u32>());
            for word in words {
                let from = &self.arena[offset(*word)..];
                let mut rest = from;
                record::take_pair(&mut rest).expect("the arena holds valid records");
                let record = &from[..from.len() - rest.len()];
                blob.push_record(self.layout.partition(*word), record)?;
            }
        }
        Ok(())
    }

    /// Sorts the pairs in memory.
    pub(super) fn sort(&mut self) {
        let mut words = std::mem::take(&mut self.words);
        words.sort_unstable();
        self.sort_ties(&mut words, 0, Text::Key);
        self.words = words;
    }

    /// Sorts the ties in `words`, which are sorted by the bytes of the texts that they hold from `depth` on.
    fn sort_ties(&self, words: &mut [u128], depth: usize, text: Text) {
        for tied in words.chunk_by_mut(|a, b| a >> 32 == b >> 32) {
            if tied.len() > 1 {
                self.sort_tie(tied, depth, text);
            }
        }
    }

    /// Sorts words that hold equal bytes of their texts from `depth` on.
    fn sort_tie(&self, tied: &mut [u128], depth: usize, text: Text) {
        if !self.layout.is_truncated(tied[0]) {
            // The texts are equal, and the words are in insertion order.
            if text == Text::Key && self.options.sort_values {
                self.sort_further(tied, 0, Text::Value);
            }
            return;
        }
        self.sort_further(tied, depth + self.layout.text, text);
    }

    /// Sorts words whose texts are equal up to `depth`.
    fn sort_further(&self, tied: &mut [u128], depth: usize, text: Text) {
        if tied.len() < MIN_RESORT || depth > MAX_DEPTH {
            let by_value = text == Text::Key && self.options.sort_values;
            return tied.sort_unstable_by(|a, b| {
                let order = self.text(*a, text)[depth..].cmp(&self.text(*b, text)[depth..]);
                let order = order.then_with(|| match by_value {
                    true => self.text(*a, Text::Value).cmp(self.text(*b, Text::Value)),
                    false => std::cmp::Ordering::Equal,
                });
                order.then_with(|| offset(*a).cmp(&offset(*b)))
            });
        }
        let partition = self.layout.partition(tied[0]);
        for word in &mut *tied {
            let rest = &self.text(*word, text)[depth..];
            *word = self.layout.word(partition, rest, offset(*word) as u32);
        }
        tied.sort_unstable();
        self.sort_ties(tied, depth, text);
    }

    fn text(&self, word: u128, text: Text) -> &[u8] {
        let (key, value) = pair(&self.arena, offset(word));
        match text {
            Text::Key => key,
            Text::Value => value,
        }
    }
}

/// Text whose bytes the sort words hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Text {
    Key,
    Value,
}

#[inline]
fn pair(arena: &[u8], at: usize) -> (&[u8], &[u8]) {
    record::take_pair(&mut &arena[at..]).expect("the arena holds valid records")
}
