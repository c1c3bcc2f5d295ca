//! What has been reckoned of a group, and how it travels.

use crate::number::{Number, Sum, put_number, take, take_number};
use mapreduce_core::JobError;

/// Of some records of a group.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Partial {
    pub(super) records: u64,
    /// For each column with numbers.
    pub(super) numbers: Vec<Summary>,
}

/// Of some numbers of a column.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Summary {
    pub(super) count: u64,
    pub(super) sum: Sum,
    /// The least and the greatest.
    pub(super) ends: Option<(Number, Number)>,
}

/// What a value is: its first byte.
const PARTIAL: u8 = 0;
const CELL: u8 = 1;

impl Partial {
    pub(super) fn new(columns: usize) -> Self {
        Self {
            records: 0,
            numbers: vec![Summary::default(); columns],
        }
    }

    /// About what one takes in memory, in bytes, with its key's table entry.
    pub(super) fn size(columns: usize) -> usize {
        128 + columns * (size_of::<Summary>() + 48)
    }

    fn merge(&mut self, other: &Self) {
        self.records += other.records;
        for (mine, its) in self.numbers.iter_mut().zip(&other.numbers) {
            mine.count += its.count;
            mine.sum.merge(&its.sum);
            if let Some((least, greatest)) = its.ends {
                mine.stretch(least);
                mine.stretch(greatest);
            }
        }
    }

    /// Writes it as a value.
    pub(super) fn put(&self, into: &mut Vec<u8>) {
        into.push(PARTIAL);
        into.extend(self.records.to_be_bytes());
        for summary in &self.numbers {
            into.extend(summary.count.to_be_bytes());
            if let Some((least, greatest)) = summary.ends {
                summary.sum.put(into);
                put_number(least, into);
                put_number(greatest, into);
            }
        }
    }

    fn take(mut bytes: &[u8]) -> Option<Self> {
        let [_] = take(&mut bytes)?;
        let records = u64::from_be_bytes(take(&mut bytes)?);
        let mut numbers = Vec::new();
        while !bytes.is_empty() {
            let count = u64::from_be_bytes(take(&mut bytes)?);
            let mut summary = Summary::default();
            if count > 0 {
                let sum = Sum::take(&mut bytes)?;
                let ends = Some((take_number(&mut bytes)?, take_number(&mut bytes)?));
                summary = Summary { count, sum, ends };
            }
            numbers.push(summary);
        }
        Some(Self { records, numbers })
    }
}

impl Summary {
    pub(super) fn add(&mut self, number: Number) {
        self.count += 1;
        self.sum.add(number);
        self.stretch(number);
    }

    fn stretch(&mut self, number: Number) {
        let (least, greatest) = self.ends.get_or_insert((number, number));
        if number.order(least).is_lt() {
            *least = number;
        }
        if number.order(greatest).is_gt() {
            *greatest = number;
        }
    }
}

/// Adds a value that is a [`Partial`] to `whole`.
pub(super) fn unite(whole: &mut Option<Partial>, value: &[u8]) -> Result<(), JobError> {
    let part = Partial::take(value).ok_or_else(broken)?;
    match whole {
        Some(whole) => whole.merge(&part),
        None => *whole = Some(part),
    }
    Ok(())
}

/// Writes a cell of the column at that place, of which the different ones are counted, as a value.
pub(super) fn put_cell(nth: usize, cell: &[u8], into: &mut Vec<u8>) {
    into.push(CELL);
    into.extend((nth as u16).to_be_bytes());
    into.extend_from_slice(cell);
}

/// If the value is a cell, its column.
pub(super) fn cell(mut value: &[u8]) -> Option<usize> {
    let [kind] = take(&mut value)?;
    let nth = u16::from_be_bytes(take(&mut value)?);
    (kind == CELL).then_some(nth.into())
}

#[cold]
pub(super) fn broken() -> JobError {
    JobError::hopeless(
        "a group is not what this version writes; run master and workers of the same version",
    )
}
