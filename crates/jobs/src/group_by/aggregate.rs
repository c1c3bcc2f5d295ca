//! Aggregates of a group, and their encoding as values.

use mapreduce_core::JobError;

use crate::number::{Number, Sum, take};

/// Aggregate of some records of a group.
#[derive(Debug, Clone)]
pub(super) struct Aggregate {
    /// Number of records.
    pub(super) records: u64,
    /// Aggregate of each column with numbers.
    pub(super) numbers: Vec<Summary>,
}

/// Aggregate of some numbers of a column.
#[derive(Debug, Clone, Default)]
pub(super) struct Summary {
    /// Number of numbers.
    pub(super) count: u64,
    pub(super) sum: Sum,
    /// The least and the greatest number. `None` without numbers.
    pub(super) ends: Option<(Number, Number)>,
}

/// First byte of a value that is an aggregate.
const AGGREGATE: u8 = 0;
/// First byte of a value that is a cell.
const CELL: u8 = 1;

impl Aggregate {
    pub(super) fn new(columns: usize) -> Self {
        Self {
            records: 0,
            numbers: vec![Summary::default(); columns],
        }
    }

    /// Returns the approximate size in memory in bytes, including the entry in the table of groups.
    pub(super) fn size(columns: usize) -> usize {
        128 + columns * (size_of::<Summary>() + 48)
    }

    fn merge(&mut self, other: &Self) {
        self.records += other.records;
        for (mine, its) in self.numbers.iter_mut().zip(&other.numbers) {
            mine.count += its.count;
            mine.sum.merge(&its.sum);
            if let Some((least, greatest)) = its.ends {
                mine.extend(least);
                mine.extend(greatest);
            }
        }
    }

    /// Appends the aggregate as a value.
    pub(super) fn put(&self, into: &mut Vec<u8>) {
        into.push(AGGREGATE);
        into.extend(self.records.to_be_bytes());
        for summary in &self.numbers {
            into.extend(summary.count.to_be_bytes());
            if let Some((least, greatest)) = summary.ends {
                summary.sum.put(into);
                least.put(into);
                greatest.put(into);
            }
        }
    }

    /// Decodes what [`Aggregate::put`] wrote.
    fn take(mut bytes: &[u8]) -> Option<Self> {
        let [_] = take(&mut bytes)?;
        let records = u64::from_be_bytes(take(&mut bytes)?);
        let mut numbers = Vec::new();
        while !bytes.is_empty() {
            let count = u64::from_be_bytes(take(&mut bytes)?);
            let mut summary = Summary::default();
            if count > 0 {
                let sum = Sum::take(&mut bytes)?;
                let ends = Some((Number::take(&mut bytes)?, Number::take(&mut bytes)?));
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
        self.extend(number);
    }

    /// Extends the range of the numbers to `number`.
    fn extend(&mut self, number: Number) {
        let (least, greatest) = self.ends.get_or_insert((number, number));
        if number.order(least).is_lt() {
            *least = number;
        }
        if number.order(greatest).is_gt() {
            *greatest = number;
        }
    }
}

/// Merges a value that is an [`Aggregate`] into `whole`.
pub(super) fn merge_into(whole: &mut Option<Aggregate>, value: &[u8]) -> Result<(), JobError> {
    let part = Aggregate::take(value).ok_or_else(corrupt)?;
    match whole {
        Some(whole) => whole.merge(&part),
        None => *whole = Some(part),
    }
    Ok(())
}

/// Appends a cell as a value, for column number `nth` of those whose distinct cells are counted.
pub(super) fn put_cell(nth: usize, cell: &[u8], into: &mut Vec<u8>) {
    into.push(CELL);
    into.extend((nth as u16).to_be_bytes());
    into.extend_from_slice(cell);
}

/// Returns the column number of a value that is a cell. Returns `None` for an aggregate.
pub(super) fn cell_column(mut value: &[u8]) -> Option<usize> {
    let [kind] = take(&mut value)?;
    let nth = u16::from_be_bytes(take(&mut value)?);
    (kind == CELL).then_some(nth.into())
}

#[cold]
pub(super) fn corrupt() -> JobError {
    JobError::permanent(
        "another version wrote this group; run master and workers of the same version",
    )
}
