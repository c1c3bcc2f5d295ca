//! The words of the generated language and how often each is said.
//!
//! Frequencies fall with the rank as Zipf and Mandelbrot found for real text. A word is drawn in
//! constant time by Walker's alias method, in integers only: floating point may round differently
//! elsewhere, and a seed must name the same bytes on every machine.

use super::words::{CODAS, COMMON, ONSETS, VOWELS};
use crate::rng::{Rng, scale};

/// Distinct words before punctuation, capitals, names and addresses multiply them.
const WORDS: usize = 48_000;

/// The seed of the generated words: every data set speaks the same language.
const LANGUAGE: u64 = 0x6D61_7072;

/// Words with their frequencies.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    text: String,
    words: Vec<Word>,
}

/// One column of the alias table and the place of its word in the text.
#[derive(Debug, Clone, Copy)]
struct Word {
    start: u32,
    end: u32,
    /// A draw of this column below `keep` (of 2^32) gives the word itself, else `alias`.
    keep: u32,
    alias: u32,
}

impl Vocabulary {
    /// Builds the words and the table; takes some milliseconds.
    pub(crate) fn new() -> Self {
        let mut vocabulary = Self {
            text: String::new(),
            words: Vec::with_capacity(WORDS),
        };
        COMMON.split(' ').for_each(|word| vocabulary.push(word));
        let mut rng = Rng::new(LANGUAGE, 0);
        let mut word = String::new();
        while vocabulary.words.len() < WORDS {
            word.clear();
            spell(&mut word, &mut rng);
            vocabulary.push(&word);
        }
        vocabulary.fill_table(&zipf_weights(WORDS));
        vocabulary
    }

    /// A word drawn by its frequency.
    pub(crate) fn draw(&self, rng: &mut Rng) -> &str {
        let bits = rng.next();
        let column = self.words[scale(bits >> 32, self.words.len() as u32) as usize];
        let word = if (bits as u32) < column.keep {
            column
        } else {
            self.words[column.alias as usize]
        };
        &self.text[word.start as usize..word.end as usize]
    }

    fn push(&mut self, word: &str) {
        let start = self.text.len() as u32;
        self.text.push_str(word);
        self.words.push(Word {
            start,
            end: self.text.len() as u32,
            keep: u32::MAX,
            alias: self.words.len() as u32,
        });
    }

    /// Pairs each column that has less than its share with one that has more.
    fn fill_table(&mut self, weights: &[u64]) {
        let share: u128 = weights.iter().map(|&w| u128::from(w)).sum();
        let mut left: Vec<u128> = weights
            .iter()
            .map(|&w| u128::from(w) * weights.len() as u128)
            .collect();
        let (mut poor, mut rich): (Vec<usize>, Vec<usize>) =
            (0..left.len()).partition(|&i| left[i] < share);
        while let (Some(low), Some(&high)) = (poor.pop(), rich.last()) {
            self.words[low].keep = ((left[low] << 32) / share) as u32;
            self.words[low].alias = high as u32;
            left[high] -= share - left[low];
            if left[high] < share {
                rich.pop();
                poor.push(high);
            }
        }
    }
}

/// Weights that fall as 1 / (rank + 2.7), the shape of English text.
fn zipf_weights(count: usize) -> Vec<u64> {
    (0..count as u64)
        .map(|rank| (10 << 40) / (10 * rank + 27))
        .collect()
}

/// Appends a word of two or three syllables.
fn spell(word: &mut String, rng: &mut Rng) {
    for _ in 0..2 + rng.below(5) / 3 {
        word.push_str(ONSETS[rng.below(ONSETS.len() as u32) as usize]);
        word.push_str(VOWELS[rng.below(VOWELS.len() as u32) as usize]);
    }
    word.push_str(CODAS[rng.below(CODAS.len() as u32) as usize]);
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn words_are_drawn_by_their_weight() {
        let vocabulary = Vocabulary::new();
        let mut rng = Rng::new(1, 1);
        let draws = 400_000u64;
        let mut counts: HashMap<&str, u64> = HashMap::new();
        for _ in 0..draws {
            *counts.entry(vocabulary.draw(&mut rng)).or_default() += 1;
        }
        let weights = zipf_weights(WORDS);
        let total: u64 = weights.iter().sum();
        for (rank, word) in ["the", "to", "i", "you"].into_iter().enumerate() {
            let expected =
                (u128::from(weights[rank]) * u128::from(draws) / u128::from(total)) as u64;
            let got = counts[word];
            assert!(
                got.abs_diff(expected) * 20 < expected,
                "{word}: {got}, not {expected}"
            );
        }
    }

    #[test]
    fn no_word_is_empty_or_holds_a_space() {
        let vocabulary = Vocabulary::new();
        for word in &vocabulary.words {
            let text = &vocabulary.text[word.start as usize..word.end as usize];
            assert!(
                !text.is_empty() && !text.contains(char::is_whitespace),
                "{text:?}"
            );
        }
    }
}
