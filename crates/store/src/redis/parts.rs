//! Cutting a task's output into parts that one function call each can take. Pure.

use std::ops::Range;
use std::sync::Arc;

use mapreduce::Pairs;

/// Most pairs in a part: Redis serves nobody else while it folds them, about 0.2 s.
pub(super) const MAX_PAIRS: usize = 50_000;
/// Most bytes of keys in a part, unless a single key is longer.
const MAX_BYTES: usize = 8 << 20;
/// Scores of sorted sets are doubles: whole numbers are exact up to here.
pub(super) const MAX_SUM: u64 = 1 << 53;

/// An output in parts. The same output is cut in the same places by whoever cuts it, so that parts of
/// different attempts are interchangeable.
#[derive(Debug)]
pub(super) struct Parts {
    pairs: Arc<Pairs>,
    /// Places in `pairs` by key; empty if there is one part, the order of which does not matter.
    order: Vec<u32>,
    cuts: Vec<Range<usize>>,
    total: u64,
}

impl Parts {
    /// Cuts `pairs`; a text that says why if they cannot be counted exactly.
    pub(super) fn cut(pairs: Arc<Pairs>) -> Result<Self, String> {
        // Checked here and for all parts: once the first part is counted, it is too late.
        if let Some((key, _)) = pairs.iter().find(|(_, count)| *count == 0) {
            let key = String::from_utf8_lossy(&key[..key.len().min(100)]);
            return Err(format!("the count of the key {key:?} is 0"));
        }
        let total = pairs.total().filter(|total| *total <= MAX_SUM);
        let total = total.ok_or("the sum of the task's counts is beyond 2^53")?;
        Ok(Self::with_limits(pairs, total, MAX_PAIRS, MAX_BYTES))
    }

    fn with_limits(pairs: Arc<Pairs>, total: u64, max_pairs: usize, max_bytes: usize) -> Self {
        if pairs.len() <= max_pairs && pairs.key_bytes() <= max_bytes {
            let cuts = std::iter::once(0..pairs.len()).collect();
            return Self {
                pairs,
                order: Vec::new(),
                cuts,
                total,
            };
        }
        let places = u32::try_from(pairs.len()).expect("a task gives fewer than 2^32 pairs");
        let mut order: Vec<u32> = (0..places).collect();
        order.sort_unstable_by_key(|at| pairs.get(*at as usize).0);
        let (mut cuts, mut start, mut bytes) = (Vec::new(), 0, 0);
        for (at, place) in order.iter().enumerate() {
            let len = pairs.get(*place as usize).0.len();
            if at > start && (at - start == max_pairs || bytes + len > max_bytes) {
                cuts.push(start..at);
                (start, bytes) = (at, 0);
            }
            bytes += len;
        }
        cuts.push(start..order.len());
        Self {
            pairs,
            order,
            cuts,
            total,
        }
    }

    /// Number of parts, at least 1.
    pub(super) fn len(&self) -> usize {
        self.cuts.len()
    }

    /// Sum of all counts.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// The pairs of a part.
    pub(super) fn part(&self, part: usize) -> impl ExactSizeIterator<Item = (&[u8], u64)> {
        self.cuts[part].clone().map(|at| {
            let place = self.order.get(at).map_or(at, |place| *place as usize);
            self.pairs.get(place)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(keys: &[&str], max_pairs: usize, max_bytes: usize) -> Vec<Vec<String>> {
        let pairs: Pairs = keys.iter().map(|key| (key.as_bytes(), 1)).collect();
        let parts = Parts::with_limits(Arc::new(pairs), 1, max_pairs, max_bytes);
        let names = |part| {
            let pairs = parts.part(part);
            pairs
                .map(|(key, _)| String::from_utf8_lossy(key).into_owned())
                .collect()
        };
        (0..parts.len()).map(names).collect()
    }

    #[test]
    fn small_output_is_one_part_in_its_own_order() {
        assert_eq!(cut(&["b", "a"], 2, 2), [["b", "a"]]);
        assert_eq!(cut(&[], 2, 2), [[""; 0]]);
    }

    #[test]
    fn large_output_is_cut_in_the_same_places_whatever_its_order() {
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
    fn output_that_cannot_be_counted_is_refused() {
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
            let text = Parts::cut(Arc::new(pairs)).unwrap_err();
            assert!(text.contains(names), "{text}");
        }
        let most: Pairs = [(&b"a"[..], MAX_SUM)].into_iter().collect();
        assert_eq!(Parts::cut(Arc::new(most)).unwrap().total(), MAX_SUM);
    }
}
