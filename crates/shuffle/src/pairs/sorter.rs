//! Sorting pairs in bounded memory: by partition, then key, then as they came or by value.
//!
//! Pairs lie one behind the other in an arena, as records. For each there is a *word*: partition, first bytes of the
//! key, and where the record starts, in one number of 128 bits, so that sorting compares numbers. Records that came
//! later lie further on, so equal keys stay as they came. Keys that are equal so far are told apart by their next
//! bytes, in words again if they are many.

use super::spill::{self, Spill};
use crate::blob::BlobWriter;
use crate::error::ShuffleError;
use crate::spool::Scratch;
use crate::{blob, record};

/// How pairs are sorted and kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct SortOptions {
    /// Number of partitions.
    pub(super) partitions: u32,
    /// Whether values of equal keys are sorted.
    pub(super) sort_values: bool,
    /// Whether spills are compressed.
    pub(super) compress: bool,
}

/// Pairs on their way into order.
#[derive(Debug)]
pub(super) struct Sorter {
    pub(super) scratch: Scratch,
    pub(super) options: SortOptions,
    layout: Layout,
    words: Vec<u128>,
    arena: Vec<u8>,
    /// Bytes that words and arena may take.
    room: usize,
    pub(super) spills: Vec<Spill>,
}

/// What a word is made of, from the highest bits: partition, so many bytes of the text, how many of them there are
/// (one more if there are more), 32 bits with the place in the arena.
#[derive(Debug, Clone, Copy)]
struct Layout {
    text: usize,
}

/// Most bytes that are allotted at the start: some systems refuse what they could never give.
const ROOM: usize = 64 << 20;
/// Groups of equal words below this are sorted by looking at the texts themselves.
const FEW: usize = 24;
/// Beyond so many equal bytes they are, too.
const DEEP: usize = 128;
/// Records that are asked of memory at once.
const AHEAD: usize = 32;

impl Layout {
    fn new(partitions: u32) -> Self {
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

    /// Whether there is more text than the word holds.
    fn is_open(self, word: u128) -> bool {
        (word >> 32) as u8 as usize > self.text
    }
}

fn padded(text: &[u8]) -> u128 {
    let mut first = [0; 16];
    first[..text.len()].copy_from_slice(text);
    u128::from_be_bytes(first)
}

#[inline]
fn at(word: u128) -> usize {
    word as u32 as usize
}

impl Sorter {
    /// An empty one. A quarter of the memory is for what the pairs are written to.
    pub(super) fn new(scratch: Scratch, options: SortOptions) -> Self {
        Self {
            room: scratch.memory / 4 * 3,
            scratch,
            options,
            layout: Layout::new(options.partitions),
            words: Vec::new(),
            arena: Vec::new(),
            spills: Vec::new(),
        }
    }

    /// Whether there is room for a pair of so many bytes.
    #[inline]
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        let more = bytes + record::MOST_NUMBERS + size_of::<u128>();
        let used = self.arena.len() + self.words.len() * size_of::<u128>();
        // Whatever the memory, one pair is taken.
        self.words.is_empty() || (used + more <= self.room && u32::try_from(used + more).is_ok())
    }

    /// Takes a pair, whose value comes in two pieces. There should be room for it.
    #[inline]
    pub(super) fn push(
        &mut self,
        partition: u32,
        key: &[u8],
        value: [&[u8]; 2],
    ) -> Result<(), ShuffleError> {
        blob::check_pair(key, value[0].len() + value[1].len())?;
        if self.arena.capacity() == 0 {
            self.allot();
        }
        let word = self.layout.word(partition, key, self.arena.len() as u32);
        record::put_pair(&mut self.arena, key, value);
        self.words.push(word);
        Ok(())
    }

    /// All at once: the system gives memory when it is written to, not before.
    #[cold]
    fn allot(&mut self) {
        self.arena.reserve(self.room.min(ROOM));
        self.words
            .reserve(self.room.min(ROOM) / 4 / size_of::<u128>());
    }

    /// Whether no pair is in memory.
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Forgets the pairs in memory.
    pub(super) fn clear(&mut self) {
        self.words.clear();
        self.arena.clear();
    }

    /// Gives the memory back.
    pub(super) fn shed(&mut self) {
        (self.words, self.arena) = (Vec::new(), Vec::new());
    }

    /// A new local file for sorted pairs.
    pub(super) fn spill_writer(&self) -> Result<BlobWriter, ShuffleError> {
        let SortOptions {
            partitions,
            compress,
            ..
        } = self.options;
        Ok(spill::writer(&self.scratch, partitions, compress, 0)?)
    }

    /// Key and value of the `nth` pair in memory.
    pub(super) fn pair(&self, nth: usize) -> (&[u8], &[u8]) {
        pair(&self.arena, at(self.words[nth]))
    }

    /// The partition of the `nth` pair in memory.
    pub(super) fn partition(&self, nth: usize) -> u32 {
        self.layout.partition(self.words[nth])
    }

    /// Number of pairs in memory.
    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// Writes the pairs in memory, which are sorted, to `blob`.
    pub(super) fn write(&self, blob: &mut BlobWriter) -> Result<(), ShuffleError> {
        for words in self.words.chunks(AHEAD) {
            // All of these wait for memory together, not one after the other.
            let first = words.iter().map(|word| u32::from(self.arena[at(*word)]));
            std::hint::black_box(first.sum::<u32>());
            for word in words {
                let from = &self.arena[at(*word)..];
                let mut rest = from;
                record::take_pair(&mut rest).expect("it was put there");
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
        self.settle_all(&mut words, 0, Text::Key);
        self.words = words;
    }

    /// Settles all groups of `words`, sorted by what they hold of the texts from `depth` on.
    fn settle_all(&self, words: &mut [u128], depth: usize, text: Text) {
        for tied in words.chunk_by_mut(|a, b| a >> 32 == b >> 32) {
            if tied.len() > 1 {
                self.settle(tied, depth, text);
            }
        }
    }

    /// Sorts words of pairs whose texts are equal as far as the words hold them.
    fn settle(&self, tied: &mut [u128], depth: usize, text: Text) {
        if !self.layout.is_open(tied[0]) {
            // The texts are equal, and the words in the order of the arena.
            if text == Text::Key && self.options.sort_values {
                self.look_on(tied, 0, Text::Value);
            }
            return;
        }
        self.look_on(tied, depth + self.layout.text, text);
    }

    /// Sorts words of pairs whose texts are equal up to `depth`.
    fn look_on(&self, tied: &mut [u128], depth: usize, text: Text) {
        if tied.len() < FEW || depth > DEEP {
            let by_value = text == Text::Key && self.options.sort_values;
            return tied.sort_unstable_by(|a, b| {
                let order = self.text(*a, text)[depth..].cmp(&self.text(*b, text)[depth..]);
                let order = order.then_with(|| match by_value {
                    true => self.text(*a, Text::Value).cmp(self.text(*b, Text::Value)),
                    false => std::cmp::Ordering::Equal,
                });
                order.then_with(|| at(*a).cmp(&at(*b)))
            });
        }
        let partition = self.layout.partition(tied[0]);
        for word in &mut *tied {
            let rest = &self.text(*word, text)[depth..];
            *word = self.layout.word(partition, rest, at(*word) as u32);
        }
        tied.sort_unstable();
        self.settle_all(tied, depth, text);
    }

    fn text(&self, word: u128, text: Text) -> &[u8] {
        let (key, value) = pair(&self.arena, at(word));
        match text {
            Text::Key => key,
            Text::Value => value,
        }
    }
}

/// What words hold bytes of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Text {
    Key,
    Value,
}

#[inline]
fn pair(arena: &[u8], at: usize) -> (&[u8], &[u8]) {
    record::take_pair(&mut &arena[at..]).expect("it was put there")
}
