//! Split boundaries of Parquet files.

use super::Boundary;
use crate::parquet::ParquetGroup;

/// Returns the boundaries inside a Parquet file of `len` bytes. Each lies at the start of a row group and at least
/// `size` bytes after the previous boundary.
pub fn cut_groups(groups: &[ParquetGroup], len: u64, size: u64) -> Vec<Boundary> {
    let mut starts: Vec<u64> = groups.iter().map(|group| group.start).collect();
    starts.sort_unstable();
    let mut cuts = Vec::new();
    let mut last = 0;
    // The first row group belongs to the split that starts at offset 0.
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
    fn boundaries_lie_at_row_groups_and_at_least_one_size_apart() {
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
