//! Reducer of the job `join`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mapreduce_core::{JobError, put_cell};
use mapreduce_job::{Datum, TaskContext};
use mapreduce_shuffle::{RawValues, ReduceTask, RowSink};

use super::left_records::{LeftRecords, Pieces};
use super::params::{Comparison, JoinKind};
use super::plan::{JoinPlan, Segment};
use super::value::{Side, corrupt, put_ends};

/// Keeps the left records of a key, and joins each right record with all of them.
pub(super) struct JoinReducer {
    plan: JoinPlan,
    left: LeftRecords,
    /// Encoded cells of the current key.
    key_cells: Vec<Vec<u8>>,
    /// Ends of the cells of the current value.
    ends: Vec<usize>,
    row: Vec<u8>,
    cancelled: Arc<AtomicBool>,
    /// Number of rows of the current key.
    rows: u64,
}

/// Right record of a row.
#[derive(Debug, Clone, Copy)]
struct RightCells<'a> {
    cells: &'a [u8],
    ends: &'a [usize],
}

impl JoinReducer {
    /// Creates a reducer that keeps up to `max_left_bytes` of left records in memory.
    pub(super) fn new(context: &TaskContext, max_left_bytes: usize) -> Result<Self, JobError> {
        let plan = JoinPlan::of(&context.params)?;
        let is_left =
            |segment: &&Segment| matches!(segment, Segment::Left(_) | Segment::Either { .. });
        let pieces = plan.segments.iter().filter(is_left).count();
        let folder = context.temp_folder.clone();
        Ok(Self {
            left: LeftRecords::new(pieces, max_left_bytes, folder),
            plan,
            key_cells: Vec::new(),
            ends: Vec::new(),
            row: Vec::new(),
            cancelled: context.cancelled.clone(),
            rows: 0,
        })
    }

    /// Decodes the key to cells, if rows need them.
    fn read_key(&mut self, mut key: &[u8]) {
        self.key_cells.clear();
        if self.plan.comparison == Comparison::Number {
            return;
        }
        let parts = self.plan.left_keys.len();
        for _ in 0..parts {
            let mut cell = Vec::new();
            if parts == 1 {
                put_cell(&mut cell, Some(key));
            } else {
                let part = <[u8]>::take_part(&mut key).unwrap_or_default();
                put_cell(&mut cell, Some(&part));
            }
            self.key_cells.push(cell);
        }
    }

    /// Keeps a left record.
    fn keep(&mut self, cells: &[u8]) -> Result<(), JobError> {
        put_ends(cells, &mut self.ends);
        check_cells(&self.ends, self.plan.left_columns.len())?;
        let ends = &self.ends;
        let mut segments = self.plan.segments.iter();
        let kept = self.left.push(|_, bytes| {
            let piece = segments.find_map(|segment| match segment {
                Segment::Left(range) => Some(range.clone()),
                Segment::Either { left, .. } => Some(*left..*left + 1),
                Segment::Right(_) | Segment::Key(_) => None,
            });
            if let Some(range) = piece {
                bytes.extend_from_slice(&cells[ends[range.start]..ends[range.end]]);
            }
        });
        Ok(kept?)
    }

    /// Emits a row for each left record, with these right cells.
    fn emit_left(
        &mut self,
        key: &[u8],
        right: Option<&[u8]>,
        out: &mut RowSink,
    ) -> Result<(), JobError> {
        if let Some(cells) = right {
            put_ends(cells, &mut self.ends);
            check_cells(&self.ends, self.plan.right_columns.len())?;
        }
        let ends = &self.ends[..];
        let right = right.map(|cells| RightCells { cells, ends });
        let (segments, key_cells) = (&self.plan.segments[..], &self.key_cells[..]);
        let (row, rows, cancelled) = (&mut self.row, &mut self.rows, &self.cancelled);
        self.left.each(|left| {
            // One key may have more rows than all other keys together.
            *rows += 1;
            if rows.is_multiple_of(1 << 14) && cancelled.load(Ordering::Relaxed) {
                return Err(JobError::new("the attempt was cancelled"));
            }
            put_row(segments, key_cells, Some(left), right, row);
            out.push(0, key, None, row);
            Ok(())
        })
    }

    /// Emits a right record without a partner.
    fn emit_right(&mut self, key: &[u8], cells: &[u8], out: &mut RowSink) -> Result<(), JobError> {
        put_ends(cells, &mut self.ends);
        check_cells(&self.ends, self.plan.right_columns.len())?;
        let ends = &self.ends;
        let right = Some(RightCells { cells, ends });
        put_row(
            &self.plan.segments,
            &self.key_cells,
            None,
            right,
            &mut self.row,
        );
        out.push(0, key, None, &self.row);
        Ok(())
    }
}

impl ReduceTask for JoinReducer {
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        out: &mut RowSink,
    ) -> Result<(), JobError> {
        self.left.clear();
        self.rows = 0;
        self.read_key(key);
        let kind = self.plan.kind;
        let mut has_partner = false;
        while let Some(value) = values.next() {
            let (side, cells) = Side::of(value)?;
            match side {
                // The planner puts the files of the left input first, and values keep the order of the input.
                Side::Left if has_partner => return Err(corrupt()),
                Side::Left => self.keep(cells)?,
                Side::LeftAlone => {
                    self.keep(cells)?;
                    self.emit_left(key, None, out)?;
                    self.left.clear();
                }
                Side::RightAlone => self.emit_right(key, cells, out)?,
                Side::Right => {
                    has_partner = true;
                    match (kind, self.left.is_empty()) {
                        (JoinKind::Semi, false) => return self.emit_left(key, None, out),
                        (JoinKind::Semi | JoinKind::Anti, _) => return Ok(()),
                        (_, false) => self.emit_left(key, Some(cells), out)?,
                        (kind, true) if kind.keeps_right() => self.emit_right(key, cells, out)?,
                        (_, true) => return Ok(()),
                    }
                }
            }
        }
        if !has_partner && kind.keeps_left() {
            self.emit_left(key, None, out)?;
        }
        Ok(())
    }

    fn finish(&mut self, _: &mut RowSink) -> Result<(), JobError> {
        Ok(())
    }
}

/// Refuses a value that lacks cells. `ends` has one entry more than the value has cells.
fn check_cells(ends: &[usize], columns: usize) -> Result<(), JobError> {
    match ends.len() == columns + 1 {
        true => Ok(()),
        false => Err(corrupt()),
    }
}

/// Replaces `row` by the cells of a left and a right record. The cells of a missing record are missing.
fn put_row(
    segments: &[Segment],
    key_cells: &[Vec<u8>],
    left: Option<&Pieces<'_>>,
    right: Option<RightCells<'_>>,
    row: &mut Vec<u8>,
) {
    row.clear();
    let mut piece = 0;
    let missing = |row: &mut Vec<u8>, cells: usize| (0..cells).for_each(|_| put_cell(row, None));
    for segment in segments {
        match segment {
            Segment::Key(part) => row.extend_from_slice(&key_cells[*part]),
            Segment::Left(cells) => match left {
                Some(left) => row.extend_from_slice(left.get(piece)),
                None => missing(row, cells.len()),
            },
            Segment::Right(cells) => match right {
                Some(right) => {
                    row.extend_from_slice(
                        &right.cells[right.ends[cells.start]..right.ends[cells.end]],
                    );
                }
                None => missing(row, cells.len()),
            },
            Segment::Either { right: cell, .. } => match (left, right) {
                (Some(left), _) => row.extend_from_slice(left.get(piece)),
                (None, Some(right)) => {
                    row.extend_from_slice(&right.cells[right.ends[*cell]..right.ends[cell + 1]]);
                }
                (None, None) => missing(row, 1),
            },
        }
        if matches!(segment, Segment::Left(_) | Segment::Either { .. }) {
            piece += 1;
        }
    }
}
