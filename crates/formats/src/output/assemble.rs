//! Merge of the partition results of a job into its output.

use std::io::Write;
use std::sync::atomic::AtomicBool;

use super::{ResultTotals, RowLayout, RowWriter};
use mapreduce_shuffle::ordered_merge::{Pivot, merge_between};
use mapreduce_shuffle::{Section, ShuffleError, each_row, merge_rows};

/// Merges the partition results `parts`, each in the order of the output, and writes the first `top` rows or all rows.
///
/// The memory use does not depend on the size of the parts.
///
/// # Errors
/// [`ShuffleError::Lost`] names a damaged part by its number. [`ShuffleError::Cancelled`] follows `cancelled`. Other
/// errors are those of the output and of the sources of the parts.
pub fn assemble(
    parts: &mut [Section],
    layout: &RowLayout,
    top: Option<u64>,
    cancelled: &AtomicBool,
    out: &mut (impl Write + Send),
) -> Result<ResultTotals, ShuffleError> {
    let mut writer = RowWriter::new(out, layout.clone())?;
    let mut left = top.unwrap_or(u64::MAX);
    merge_rows(parts, cancelled, |key, count| {
        if left == 0 {
            return Ok(false);
        }
        left -= 1;
        writer.push(key, count)?;
        Ok(true)
    })?;
    Ok(writer.finish()?)
}

/// Writes the rows of the partition results `parts` of one output, which are in the order of their partitions.
///
/// If the parts are `sorted`, the rows are merged by key; otherwise the parts are written one after the other. The
/// memory use does not depend on the size of the parts.
///
/// # Errors
/// The same as for [`assemble`].
pub fn assemble_rows(
    parts: &mut [Section],
    layout: &RowLayout,
    sorted: bool,
    cancelled: &AtomicBool,
    out: &mut (impl Write + Send),
) -> Result<ResultTotals, ShuffleError> {
    let mut writer = RowWriter::new(out, layout.clone())?;
    each_row(parts, sorted, cancelled, |row| {
        writer.push_text(row.key, row.value)?;
        Ok(true)
    })?;
    Ok(writer.finish()?)
}

/// Merges all rows like [`assemble`], but with several threads.
///
/// Each thread opens the partition results with `open` and creates the text of one range of the output in memory.
///
/// # Errors
/// The same as for [`assemble`].
pub fn assemble_in_memory(
    open: impl Fn() -> Vec<Section> + Sync,
    threads: usize,
    layout: &RowLayout,
    cancelled: &AtomicBool,
    out: &mut (impl Write + Send),
) -> Result<ResultTotals, ShuffleError> {
    let pivots = pivots(&open, threads)?;
    let starts = std::iter::once(None).chain(pivots.iter().map(Some));
    let ends = pivots.iter().map(Some).chain([None]);
    let open = &open;
    std::thread::scope(|scope| {
        let spawn_range = |(nth, (from, to))| {
            scope.spawn(move || range_text(open(), from, to, layout, nth == 0, cancelled))
        };
        let ranges: Vec<_> = starts.zip(ends).enumerate().map(spawn_range).collect();
        let mut written = ResultTotals::default();
        for range in ranges {
            let (text, part) = range.join().expect("writing to memory does not panic")?;
            out.write_all(&text)?;
            written.keys += part.keys;
            written.total = written.total.saturating_add(part.total);
        }
        let mut end = Vec::new();
        layout.end(&mut end, written.keys == 0);
        out.write_all(&end)?;
        Ok(written)
    })
}

/// Returns the boundaries between ranges of the output of about equal length, taken from the first part.
///
/// Keys are hashed to partitions, so the rows of the first part are a fair sample of all rows.
fn pivots(open: &impl Fn() -> Vec<Section>, threads: usize) -> Result<Vec<Pivot>, ShuffleError> {
    let mut pivots = Vec::new();
    let Some(mut part) = open().into_iter().next() else {
        return Ok(pivots);
    };
    let range_rows = part.records_left() / threads.max(1) as u64;
    let mut row = 0;
    while range_rows > 0 && part.next_record()?.is_some() {
        // The first row must lie in the first range, because the start of the layout depends on whether rows exist.
        if row > 0 && row % range_rows == 0 && pivots.len() + 1 < threads {
            pivots.push(Pivot::at(&part));
        }
        row += 1;
    }
    Ok(pivots)
}

/// Returns the text of the rows between two boundaries.
fn range_text(
    mut parts: Vec<Section>,
    from: Option<&Pivot>,
    to: Option<&Pivot>,
    layout: &RowLayout,
    first: bool,
    cancelled: &AtomicBool,
) -> Result<(Vec<u8>, ResultTotals), ShuffleError> {
    let (mut text, mut written) = (Vec::new(), ResultTotals::default());
    if first {
        layout.begin(&mut text);
    }
    merge_between(&mut parts, from, to, cancelled, |key, count| {
        layout.count(&mut text, key, count, first && written.keys == 0);
        written.keys += 1;
        written.total = written.total.saturating_add(count);
        Ok(true)
    })?;
    Ok((text, written))
}
