//! Mapper of the job `join`.

use mapreduce_core::{JobError, Record, put_cell};
use mapreduce_formats::reader::Records;
use mapreduce_job::{Datum, MapFault, MapSink, MapTask, TaskContext};

use super::params::Comparison;
use super::plan::JoinPlan;
use super::value::Side;
use crate::number::{Number, NumberFormat, put_order};

/// Emits the records of one input with their keys.
pub(super) struct SideMapper {
    side: Side,
    comparison: Comparison,
    /// Index in a record of each part of the key. A file may lack a column, and its records then have no partner.
    keys: Vec<Option<usize>>,
    /// Cells of the value.
    cells: Vec<ValueCell>,
    /// True if the result has the records of this input without a partner.
    keeps_alone: bool,
    key: Vec<u8>,
    value: Vec<u8>,
}

/// Cell of a value.
#[derive(Debug, Clone, Copy)]
struct ValueCell {
    /// Index in a record. A file may lack a column.
    index: Option<usize>,
    /// True if the cell is a part of the key, which counts as empty if it is missing.
    is_key: bool,
}

impl SideMapper {
    pub(super) fn new(context: &TaskContext) -> Result<Self, JobError> {
        let plan = JoinPlan::of(&context.params)?;
        let (side, keys, cells, keeps_alone) = match context.input() {
            0 => (
                Side::Left,
                plan.left_keys,
                plan.left_columns,
                plan.kind.keeps_left(),
            ),
            _ => (
                Side::Right,
                plan.right_keys,
                plan.right_columns,
                plan.kind.keeps_right(),
            ),
        };
        let columns = context.columns();
        let index = |name: &String| columns.iter().position(|column| column == name);
        let cell = |name: &String| ValueCell {
            index: index(name),
            is_key: keys.contains(name),
        };
        Ok(Self {
            side,
            comparison: plan.comparison,
            keys: keys.iter().map(index).collect(),
            cells: cells.iter().map(cell).collect(),
            keeps_alone,
            key: Vec::new(),
            value: Vec::new(),
        })
    }

    /// Replaces the buffers by the key and the value of a record. Returns false if the result cannot have it.
    fn put(&mut self, record: &Record<'_>) -> bool {
        self.key.clear();
        let mut is_complete = true;
        for key in &self.keys {
            let cell = key.and_then(|key| record.field(key)).unwrap_or_default();
            is_complete &= !cell.is_empty();
            match self.comparison {
                Comparison::Text if self.keys.len() == 1 => self.key.extend_from_slice(cell),
                Comparison::Text => cell.put_part(&mut self.key),
                Comparison::Number => put_comparable(cell, &mut self.key),
            }
        }
        if !is_complete && !self.keeps_alone {
            return false;
        }
        let side = match (self.side, is_complete) {
            (side, true) => side,
            (Side::Left | Side::LeftAlone, false) => Side::LeftAlone,
            (Side::Right | Side::RightAlone, false) => Side::RightAlone,
        };
        self.value.clear();
        self.value.push(side.byte());
        for cell in &self.cells {
            let text = cell.index.and_then(|index| record.field(index));
            let empty = cell.is_key.then_some(&b""[..]);
            put_cell(&mut self.value, text.or(empty));
        }
        true
    }
}

/// Appends a part of a key that is the same for the same number, and for the same text if it is not a number.
fn put_comparable(cell: &[u8], key: &mut Vec<u8>) {
    let is_number = Number::read(cell).is_some();
    key.push(u8::from(is_number));
    match is_number {
        true => put_order(cell, &NumberFormat::default(), key),
        false => cell.put_part(key),
    }
}

impl MapTask for SideMapper {
    fn batch(
        &mut self,
        records: &mut Records<'_>,
        out: &mut MapSink<'_>,
    ) -> Result<bool, MapFault> {
        let more = records.batch(|record| {
            if self.put(&record) {
                out.push(&self.key, &self.value);
            }
        });
        more.map_err(MapFault::Read)
    }

    fn finish(&mut self, _: &mut MapSink<'_>) -> Result<(), MapFault> {
        Ok(())
    }
}
