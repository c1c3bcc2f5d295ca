//! The words of the generated language and their frequencies.
//!
//! Frequencies fall with the rank as in real text (the Zipf-Mandelbrot law). Walker's alias method draws a word in
//! constant time. It uses integers only, because floating point may round differently on another machine and a seed
//! must give the same bytes everywhere.

use super::words::{CODAS, COMMON, ONSETS, VOWELS};
use crate::random::{Random, scale};

/// Number of distinct words before punctuation, capitals, names and addresses multiply them.
const WORDS: usize = 48_000;

/// Seed of the generated words. All data sets use the same language.
const LANGUAGE: u64 = 0x6D61_7072;

/// Words with their frequencies.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    text: String,
    words: Vec<Word>,
}

/// A column of the alias table, and the position of its word in the text.
#[derive(Debug, Clone, Copy)]
struct Word {
    start: u32,
    end: u32,
    /// A draw below `keep` (of 2^32) gives the word of this column. Any other draw gives `alias`.
    keep: u32,
    alias: u32,
}

impl Vocabulary {
    /// Builds the words and the table within some milliseconds.
    pub(crate) fn new() -> Self {
        let mut vocabulary = Self {
            text: String::new(),
            words: Vec::with_capacity(WORDS),
        };
        COMMON.split(' ').for_each(|word| vocabulary.push(word));
        let mut random = Random::new(LANGUAGE, 0);
        let mut word = String::new();
        while vocabulary.words.len() < WORDS {
            word.clear();
            spell(&mut word, &mut random);
            vocabulary.push(&word);
        }
        vocabulary.fill_table(&zipf_weights(WORDS));
        vocabulary
    }

    /// Draws a word by its frequency.
    pub(crate) fn draw(&self, random: &mut Random) -> &str {
        let bits = random.bits();
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

    /// Pairs each column below the average weight with one above it.
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

/// Returns weights that fall as 1 / (rank + 2.7), the shape of English text.
fn zipf_weights(count: usize) -> Vec<u64> {
    (0..count as u64)
        .map(|rank| (10 << 40) / (10 * rank + 27))
        .collect()
}

/// Appends a word of two or three syllables.
fn spell(word: &mut String, random: &mut Random) {
    for _ in 0..2 + random.below(5) / 3 {
        word.push_str(ONSETS[random.below(ONSETS.len() as u32) as usize]);
        word.push_str(VOWELS[random.below(VOWELS.len() as u32) as usize]);
    }
    word.push_str(CODAS[random.below(CODAS.len() as u32) as usize]);
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn the_vocabulary_draws_words_by_their_weight() {
        let vocabulary = Vocabulary::new();
        let mut random = Random::new(1, 1);
        let draws = 400_000u64;
        let mut counts: HashMap<&str, u64> = HashMap::new();
        for _ in 0..draws {
            *counts.entry(vocabulary.draw(&mut random)).or_default() += 1;
        }
        let weights = zipf_weights(WORDS);
        let total: u64 = weights.iter().sum();
        for (rank, word) in ["the", "to", "i", "you"].into_iter().enumerate() {
            let expected =
                (u128::from(weights[rank]) * u128::from(draws) / u128::from(total)) as u64;
            let got = counts[word];
            assert!(
                got.abs_diff(expected) * 20 < expected,
                "{word}: drawn {got} times instead of {expected}"
            );
        }
    }

    #[test]
    fn words_are_not_empty_and_contain_no_spaces() {
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
