//! Word counts of records: the oracle for samples.

use std::collections::HashMap;

use crate::data::Tokenizer;

/// Occurrences of each word.
#[derive(Debug, Default)]
pub(super) struct Counts(HashMap<String, u64>);

impl Counts {
    /// Counts the words of a record.
    pub(super) fn add(&mut self, record: &str, tokenizer: Tokenizer) {
        match tokenizer {
            Tokenizer::Words => {
                let lower = record.to_lowercase();
                for word in lower.split_whitespace() {
                    let word: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
                    if !word.is_empty() {
                        *self.0.entry(word).or_default() += 1;
                    }
                }
            }
            Tokenizer::Spaces => {
                for word in record.split(' ') {
                    *self.0.entry(word.to_owned()).or_default() += 1;
                }
            }
        }
    }

    /// Returns the bytes of `results.json`: most frequent words first, then in byte order.
    pub(super) fn json(self) -> Vec<u8> {
        let mut rows: Vec<_> = self.0.into_iter().collect();
        rows.sort_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.cmp(b)));
        let rows: Vec<_> = rows
            .into_iter()
            .map(|(word, count)| format!("  {}: {count}", serde_json::Value::from(word)))
            .collect();
        format!("{{\n{}\n}}\n", rows.join(",\n")).into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_follow_the_rules_of_each_tokenizer() {
        let json = |records: &[&str], tokenizer| {
            let mut counts = Counts::default();
            records
                .iter()
                .for_each(|record| counts.add(record, tokenizer));
            String::from_utf8(counts.json()).unwrap()
        };
        let records = ["It's  \"it\"", "", "ITS --"];
        assert_eq!(
            json(&records, Tokenizer::Words),
            "{\n  \"its\": 2,\n  \"it\": 1\n}\n"
        );
        assert_eq!(
            json(&records, Tokenizer::Spaces),
            "{\n  \"\": 2,\n  \"\\\"it\\\"\": 1,\n  \"--\": 1,\n  \"ITS\": 1,\n  \"It's\": 1\n}\n"
        );
    }
}
