//! Sizes and counts for the value `auto` of a setting.

/// The split size for `auto`, in bytes, for an input of `total` bytes.
///
/// 32 splits let a handful of slots end at about the same time. At most 16 MiB: the words of one make a table
/// that the caches hold, larger and smaller ones were slower, and a lost attempt costs little. At least
/// 1 MiB: a task's overhead stays far below its work.
pub fn auto_size(total: u64) -> u64 {
    (total / 32).clamp(1 << 20, 16 << 20)
}

/// The number of reduce tasks for `auto`, for an input of `total` bytes.
///
/// One for each 64 MiB: the keys of one fit the default memory of a slot many times over, and some 8 for half
/// a gigabyte keep several slots busy. At most 64: every map task serves each of them.
pub fn auto_reduces(total: u64) -> u32 {
    total.div_ceil(64 << 20).clamp(1, 64) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_automatic_size_stays_within_its_bounds() {
        assert_eq!(auto_size(0), 1 << 20);
        assert_eq!(auto_size(320 << 20), 10 << 20);
        assert_eq!(auto_size(u64::MAX), 16 << 20);
        let reduces = [0, 1, 64 << 20, (64 << 20) + 1, u64::MAX].map(auto_reduces);
        assert_eq!(reduces, [1, 1, 1, 2, 64]);
    }
}
