//! Partitioner of keys.

use super::group::shown;
use super::merge::{is_truncated, key_prefix};
use super::partition_by::PartitionBy;
use mapreduce_core::JobError;
use mapreduce_core::key;

/// Partitioner for a [`PartitionBy`].
#[derive(Debug)]
pub(super) struct Partitioner {
    by: PartitionBy,
    /// Prefixes of the bounds. Most comparisons need only these.
    prefixes: Vec<u128>,
}

impl Partitioner {
    pub(super) fn new(by: PartitionBy) -> Self {
        let prefixes = match &by {
            PartitionBy::Range(bounds) => bounds.iter().map(|bound| key_prefix(bound)).collect(),
            _ => Vec::new(),
        };
        Self { by, prefixes }
    }

    /// Returns the number of partitions, at least 1.
    pub(super) fn count(&self) -> u32 {
        match &self.by {
            PartitionBy::Range(bounds) => bounds.len() as u32 + 1,
            PartitionBy::Hash(of) | PartitionBy::Only { of, .. } | PartitionBy::Custom(_, of) => {
                (*of).max(1)
            }
        }
    }

    /// Returns the partition of `key`.
    ///
    /// # Errors
    /// The job's partition function returned a partition that does not exist.
    #[inline]
    pub(super) fn partition(&self, key: &[u8]) -> Result<u32, JobError> {
        match &self.by {
            PartitionBy::Hash(of) => Ok(key::partition(key::hash(key), *of)),
            PartitionBy::Range(bounds) => Ok(self.in_range(bounds, key)),
            PartitionBy::Only { partition, of } if partition < of => Ok(*partition),
            PartitionBy::Only { partition, .. } => Err(self.no_such_partition(*partition, key)),
            PartitionBy::Custom(partition, of) => match partition(key, *of) {
                partition if partition < *of => Ok(partition),
                partition => Err(self.no_such_partition(partition, key)),
            },
        }
    }

    /// Returns the number of bounds that are less than or equal to `key`.
    #[inline]
    fn in_range(&self, bounds: &[Box<[u8]>], key: &[u8]) -> u32 {
        let prefix_of_key = key_prefix(key);
        let mut below = self
            .prefixes
            .partition_point(|prefix| *prefix < prefix_of_key);
        while self.prefixes.get(below) == Some(&prefix_of_key)
            && (!is_truncated(prefix_of_key) || *bounds[below] <= *key)
        {
            below += 1;
        }
        below as u32
    }

    #[cold]
    fn no_such_partition(&self, partition: u32, key: &[u8]) -> JobError {
        JobError::permanent(format!(
            "the partition function returned {partition} for the key {}; return a partition from 0 to {}",
            shown(key),
            self.count() - 1
        ))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_key_lies_between_the_bounds_of_its_partition(
            mut bounds in prop::collection::vec(prop::collection::vec(0u8..3, 0..20), 0..12),
            key in prop::collection::vec(0u8..3, 0..20), shared in 0usize..20,
        ) {
            let mut keys = bounds.clone();
            keys.push(key);
            let prefix = vec![1; shared];
            let long = |key: &Vec<u8>| [&prefix[..], key].concat();
            bounds = bounds.iter().map(long).collect();
            bounds.sort();
            let range = bounds.iter().map(|bound| bound.clone().into_boxed_slice()).collect();
            let partitioner = Partitioner::new(PartitionBy::Range(range));
            prop_assert_eq!(partitioner.count() as usize, bounds.len() + 1);
            for key in keys.iter().map(long) {
                let expected = bounds.iter().filter(|bound| **bound <= key).count();
                prop_assert_eq!(partitioner.partition(&key).unwrap() as usize, expected);
            }
        }
    }
}
