//! A flat list of keys and counts, which tasks write to the store and read from it.

/// Keys and their counts in insertion order.
///
/// All keys share one arena, so a list of any length needs two allocations. Keys need not be UTF-8.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pairs {
    bytes: Vec<u8>,
    /// End of the key in `bytes`, and its count.
    items: Vec<(usize, u64)>,
}

impl Pairs {
    /// Returns an empty list with capacity for `pairs` keys of `bytes` bytes in total.
    pub fn with_capacity(pairs: usize, bytes: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes),
            items: Vec::with_capacity(pairs),
        }
    }

    /// Appends a pair.
    pub fn push(&mut self, key: &[u8], count: u64) {
        self.bytes.extend_from_slice(key);
        self.items.push((self.bytes.len(), count));
    }

    /// Returns the number of pairs.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Returns `true` if the list has no pairs.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Returns the total length of all keys in bytes.
    pub fn key_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Returns the pairs in insertion order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], u64)> {
        (0..self.items.len()).map(|at| self.get(at))
    }

    /// Returns the pair at index `at`.
    ///
    /// # Panics
    /// If `at` is not below [`Pairs::len`].
    pub fn get(&self, at: usize) -> (&[u8], u64) {
        let start = if at == 0 { 0 } else { self.items[at - 1].0 };
        let (end, count) = self.items[at];
        (&self.bytes[start..end], count)
    }

    /// Returns the sum of all counts, or `None` if it exceeds 64 bits.
    pub fn total(&self) -> Option<u64> {
        self.items
            .iter()
            .try_fold(0u64, |sum, (_, count)| sum.checked_add(*count))
    }
}

impl<'a> FromIterator<(&'a [u8], u64)> for Pairs {
    fn from_iter<T: IntoIterator<Item = (&'a [u8], u64)>>(pairs: T) -> Self {
        let mut list = Self::default();
        for (key, count) in pairs {
            list.push(key, count);
        }
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_in_insertion_order() {
        let given: [(&[u8], u64); 4] = [
            (b"a", 1),
            (b"", 7),
            ("é".as_bytes(), u64::MAX - 8),
            (b"a", 0),
        ];
        let pairs: Pairs = given.into_iter().collect();
        assert!(pairs.iter().eq(given));
        assert_eq!((pairs.len(), pairs.key_bytes()), (4, 4));
        assert_eq!(pairs.total(), Some(u64::MAX));
    }

    #[test]
    fn a_total_beyond_64_bits_is_none() {
        let pairs: Pairs = [(&b"a"[..], u64::MAX), (b"b", 1)].into_iter().collect();
        assert_eq!(pairs.total(), None);
    }
}
