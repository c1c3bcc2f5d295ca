//! Split size and number of reduce tasks for the setting value `auto`.

/// Returns the split size for `auto`, in bytes, for an input of `total` bytes.
///
/// With 32 splits, a few slots finish at about the same time. The upper bound is 16 MiB: the count table of such a
/// split fits the caches, and a lost attempt costs little. Larger and smaller bounds measured slower. The lower bound
/// is 1 MiB, which keeps the overhead of a task far below its work.
pub fn auto_size(total: u64) -> u64 {
    (total / 32).clamp(1 << 20, 16 << 20)
}

/// Returns the number of reduce tasks for `auto`, for an input of `total` bytes.
///
/// There is one reduce task for each 64 MiB. Its keys take a small part of the default memory of a slot, and the 8
/// tasks of a 512 MiB input keep several slots busy. The upper bound is 64, because every map task writes a section
/// for each reduce task.
pub fn auto_reduces(total: u64) -> u32 {
    total.div_ceil(64 << 20).clamp(1, 64) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn automatic_sizes_and_counts_stay_within_their_bounds() {
        assert_eq!(auto_size(0), 1 << 20);
        assert_eq!(auto_size(320 << 20), 10 << 20);
        assert_eq!(auto_size(u64::MAX), 16 << 20);
        let reduces = [0, 1, 64 << 20, (64 << 20) + 1, u64::MAX].map(auto_reduces);
        assert_eq!(reduces, [1, 1, 1, 2, 64]);
    }
}
