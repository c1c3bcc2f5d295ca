//! The result of a job out of the parts of its reduce tasks.

use std::io::Write;
use std::sync::atomic::AtomicBool;

use super::count_layout::CountLayout;
use super::{RowLayout, RowWriter, Written};
use mapreduce_core::OutputFormat;
use mapreduce_shuffle::ordered::{Pivot, merge_between};
use mapreduce_shuffle::{Section, ShuffleError, each_row, merge_rows};

/// Merges `parts`, each in the order of the result, and writes the first `top` rows, or all of them. Needs
/// little memory, however large the parts are.
///
/// # Errors
/// [`ShuffleError::Lost`] names a part by its number; others are those of the output, of the parts'
/// sources, and [`ShuffleError::Cancelled`].
pub fn assemble(
    parts: &mut [Section],
    format: OutputFormat,
    top: Option<u64>,
    cancelled: &AtomicBool,
    out: &mut impl Write,
) -> Result<Written, ShuffleError> {
    let mut writer = RowWriter::new(out, RowLayout::counts(format));
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

/// Writes the rows of `parts`, the sections of one output in the order of their partitions: by key if they are
/// `sorted`, otherwise one part behind the other. Needs little memory.
///
/// # Errors
/// As for [`assemble`].
pub fn assemble_rows(
    parts: &mut [Section],
    layout: &RowLayout,
    sorted: bool,
    cancelled: &AtomicBool,
    out: &mut impl Write,
) -> Result<Written, ShuffleError> {
    let mut writer = RowWriter::new(out, layout.clone());
    each_row(parts, sorted, cancelled, |row| {
        writer.push_text(row.key, row.value)?;
        Ok(true)
    })?;
    Ok(writer.finish()?)
}

/// Like [`assemble`] for all rows, with several threads, each of which `open`s the parts for itself and
/// makes the text of a stretch of the result in memory.
///
/// # Errors
/// As for [`assemble`], and those of `open`.
pub fn assemble_in_memory(
    open: impl Fn() -> Vec<Section> + Sync,
    threads: usize,
    format: OutputFormat,
    cancelled: &AtomicBool,
    out: &mut impl Write,
) -> Result<Written, ShuffleError> {
    let pivots = pivots(&open, threads)?;
    let starts = std::iter::once(None).chain(pivots.iter().map(Some));
    let ends = pivots.iter().map(Some).chain([None]);
    let open = &open;
    std::thread::scope(|scope| {
        let stretch = |(nth, (from, to))| {
            scope.spawn(move || stretch(open(), from, to, format, nth == 0, cancelled))
        };
        let stretches: Vec<_> = starts.zip(ends).enumerate().map(stretch).collect();
        let mut written = Written::default();
        for stretch in stretches {
            let (text, part) = stretch.join().expect("writing to memory does not panic")?;
            out.write_all(&text)?;
            written.keys += part.keys;
            written.total = written.total.saturating_add(part.total);
        }
        let mut end = Vec::new();
        format.end(&mut end, written.keys == 0);
        out.write_all(&end)?;
        Ok(written)
    })
}

/// Where to cut the result in stretches of about the same length: at rows of the first part. Keys fall into
/// parts by chance, so it is like the others.
fn pivots(open: &impl Fn() -> Vec<Section>, threads: usize) -> Result<Vec<Pivot>, ShuffleError> {
    let mut pivots = Vec::new();
    let Some(mut part) = open().into_iter().next() else {
        return Ok(pivots);
    };
    let stretch = part.records_left() / threads.max(1) as u64;
    let mut row = 0;
    while stretch > 0 && part.next_record()?.is_some() {
        // The first row lies in the first stretch, which so has one, in every layout.
        if row > 0 && row % stretch == 0 && pivots.len() + 1 < threads {
            pivots.push(Pivot::at(&part));
        }
        row += 1;
    }
    Ok(pivots)
}

fn stretch(
    mut parts: Vec<Section>,
    from: Option<&Pivot>,
    to: Option<&Pivot>,
    format: OutputFormat,
    first: bool,
    cancelled: &AtomicBool,
) -> Result<(Vec<u8>, Written), ShuffleError> {
    let (mut text, mut written) = (Vec::new(), Written::default());
    if first {
        format.begin(&mut text);
    }
    merge_between(&mut parts, from, to, cancelled, |key, count| {
        format.row(&mut text, key, count, first && written.keys == 0);
        written.keys += 1;
        written.total = written.total.saturating_add(count);
        Ok(true)
    })?;
    Ok((text, written))
}
