//! Cutting Parquet between row groups.

use super::Boundary;
use crate::parquet::ParquetGroup;

/// The boundaries inside a Parquet file of `len` bytes, each at least `size` bytes behind the one before and at the
/// start of a row group.
pub fn cut_groups(groups: &[ParquetGroup], len: u64, size: u64) -> Vec<Boundary> {
    let mut starts: Vec<u64> = groups.iter().map(|group| group.start).collect();
    starts.sort_unstable();
    let mut cuts = Vec::new();
    let mut last = 0;
    // Before the first one there is nothing to read.
    for offset in starts.into_iter().skip(1).filter(|start| *start < len) {
        if offset >= u64::saturating_add(last, size.max(1)) {
            cuts.push(Boundary { offset, line: None });
            last = offset;
        }
    }
    cuts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_groups_are_cut_where_enough_bytes_lie_before() {
        let groups = [4, 100, 150, 300].map(|start| ParquetGroup { start, rows: 1 });
        let cut = |size| {
            let cuts = cut_groups(&groups, 400, size);
            cuts.iter().map(|cut| cut.offset).collect::<Vec<_>>()
        };
        assert_eq!(cut(1), [100, 150, 300]);
        assert_eq!(cut(120), [150, 300]);
        assert_eq!(cut(1000), [0; 0]);
        assert!(cut_groups(&groups[..1], 400, 1).is_empty());
    }
}
