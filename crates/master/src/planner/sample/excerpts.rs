//! Excerpts: the starts of some splits, which together are a sample of the input.

use mapreduce_core::{FileFormat, Split};

/// Minimum number of splits to take excerpts from, if the input has as many.
const MIN_EXCERPTS: u64 = 4;

/// Returns the starts of at most `most` splits, spread over all of them. Together they have about `size` bytes.
pub(super) fn excerpts(splits: &[Split], size: u64, most: u64) -> Vec<Split> {
    let count = splits.len() as u64;
    let total: u64 = splits.iter().map(|split| split.end - split.start).sum();
    let filling = size.div_ceil((total / count).max(1));
    let number = filling.max(MIN_EXCERPTS).min(most).min(count);
    let nth = |nth: u64| &splits[((2 * nth + 1) * count / (2 * number)) as usize];
    (0..number)
        .map(|excerpt| excerpt_of(nth(excerpt), size / number))
        .collect()
}

/// Returns the first `len` bytes of a split. The excerpt may end inside a record, which a sample tolerates.
pub(super) fn excerpt_of(split: &Split, len: u64) -> Split {
    if is_parquet(split) {
        // A row group can only be read as a whole.
        return split.clone();
    }
    Split {
        end: split.end.min(split.start + len),
        // The line number is only for messages, which a sample drops. Without one, the reader would count the lines
        // from the start of the file.
        line: Some(1),
        ..split.clone()
    }
}

/// Reports whether the split is one of a Parquet file.
pub(super) fn is_parquet(split: &Split) -> bool {
    matches!(split.file.format, FileFormat::Parquet { .. })
}
