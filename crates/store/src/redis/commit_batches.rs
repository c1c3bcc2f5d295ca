//! Splits the output of a task into batches, each of which one function call can count. Pure.

use std::ops::Range;
use std::sync::Arc;

use mapreduce_core::Pairs;

/// Most pairs in a batch. Redis serves no other client while it counts them, about 0.2 s.
pub(super) const MAX_PAIRS: usize = 50_000;
/// Maximum number of key bytes in a batch, unless a single key is longer.
const MAX_BYTES: usize = 8 << 20;
/// Largest sum of counts: scores of sorted sets are doubles, which hold whole numbers exactly up to this value.
pub(super) const MAX_SUM: u64 = 1 << 53;

/// An output in commit batches.
///
/// All attempts of a task split its output at the same keys, so each can continue where another one died.
#[derive(Debug)]
pub(super) struct CommitBatches {
    pairs: Arc<Pairs>,
    /// Positions in `pairs`, sorted by key. Empty if there is only one batch, whose order does not matter.
    order: Vec<u32>,
    batches: Vec<Range<usize>>,
    total: u64,
}

impl CommitBatches {
    /// Splits `pairs`. Returns the reason if they cannot be counted exactly.
    pub(super) fn split(pairs: Arc<Pairs>) -> Result<Self, String> {
        // Checked for all batches at once: after the first batch is counted it is too late.
        if let Some((key, _)) = pairs.iter().find(|(_, count)| *count == 0) {
            let key = String::from_utf8_lossy(&key[..key.len().min(100)]);
            return Err(format!("the count of the key {key:?} is 0"));
        }
        let total = pairs.total().filter(|total| *total <= MAX_SUM);
        let total = total.ok_or("the sum of the task's counts exceeds 2^53")?;
        Ok(Self::with_limits(pairs, total, MAX_PAIRS, MAX_BYTES))
    }

    fn with_limits(pairs: Arc<Pairs>, total: u64, max_pairs: usize, max_bytes: usize) -> Self {
        if pairs.len() <= max_pairs && pairs.key_bytes() <= max_bytes {
            let batches = std::iter::once(0..pairs.len()).collect();
            return Self {
                pairs,
                order: Vec::new(),
                batches,
                total,
            };
        }
        let len = u32::try_from(pairs.len()).expect("a task has fewer than 2^32 pairs");
        let mut order: Vec<u32> = (0..len).collect();
        order.sort_unstable_by_key(|at| pairs.get(*at as usize).0);
        let (mut batches, mut start, mut bytes) = (Vec::new(), 0, 0);
        for (at, position) in order.iter().enumerate() {
            let key_len = pairs.get(*position as usize).0.len();
            if at > start && (at - start == max_pairs || bytes + key_len > max_bytes) {
                batches.push(start..at);
                (start, bytes) = (at, 0);
            }
            bytes += key_len;
        }
        batches.push(start..order.len());
        Self {
            pairs,
            order,
            batches,
            total,
        }
    }

    /// Returns the number of batches, at least 1.
    pub(super) fn len(&self) -> usize {
        self.batches.len()
    }

    /// Returns the sum of all counts.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Returns the pairs of a batch.
    pub(super) fn batch(&self, batch: usize) -> impl ExactSizeIterator<Item = (&[u8], u64)> {
        self.batches[batch].clone().map(|at| {
            let position = self.order.get(at).map_or(at, |position| *position as usize);
            self.pairs.get(position)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(keys: &[&str], max_pairs: usize, max_bytes: usize) -> Vec<Vec<String>> {
        let pairs: Pairs = keys.iter().map(|key| (key.as_bytes(), 1)).collect();
        let batches = CommitBatches::with_limits(Arc::new(pairs), 1, max_pairs, max_bytes);
        let names = |batch| {
            let pairs = batches.batch(batch);
            pairs
                .map(|(key, _)| String::from_utf8_lossy(key).into_owned())
                .collect()
        };
        (0..batches.len()).map(names).collect()
    }

    #[test]
    fn a_small_output_is_one_batch_in_its_own_order() {
        assert_eq!(cut(&["b", "a"], 2, 2), [["b", "a"]]);
        assert_eq!(cut(&[], 2, 2), [[""; 0]]);
    }

    #[test]
    fn a_large_output_is_split_at_the_same_keys_in_any_order() {
        for keys in [["d", "a", "c", "b", "e"], ["e", "d", "c", "b", "a"]] {
            assert_eq!(
                cut(&keys, 2, 99),
                [vec!["a", "b"], vec!["c", "d"], vec!["e"]]
            );
            assert_eq!(cut(&keys, 99, 3), [vec!["a", "b", "c"], vec!["d", "e"]]);
        }
        assert_eq!(
            cut(&["long", "a", "b"], 9, 3),
            [vec!["a", "b"], vec!["long"]]
        );
    }

    #[test]
    fn an_output_that_cannot_be_counted_exactly_is_refused() {
        let cases = [
            ([("a", 1), ("zero", 0)], "zero"),
            ([("a", MAX_SUM), ("b", 1)], "2^53"),
            ([("a", u64::MAX), ("b", 1)], "2^53"),
        ];
        for (pairs, names) in cases {
            let pairs: Pairs = pairs
                .iter()
                .map(|(key, count)| (key.as_bytes(), *count))
                .collect();
            let text = CommitBatches::split(Arc::new(pairs)).unwrap_err();
            assert!(text.contains(names), "{text}");
        }
        let most: Pairs = [(&b"a"[..], MAX_SUM)].into_iter().collect();
        assert_eq!(
            CommitBatches::split(Arc::new(most)).unwrap().total(),
            MAX_SUM
        );
    }
}
