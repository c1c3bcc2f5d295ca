//! Values in sketches: HyperLogLog.
//!
//! A sketch holds what is the same in whatever order values came and however they were spread, and the estimate is
//! taken from that alone ([`HllSketch::composite_estimate`]; the other one knows the order). The hash is ours and has
//! no secret. So the same input gives the same estimate.

use datasketches::hll::{HllSketch, HllType, HllUnion};

use mapreduce_core::JobError;
use mapreduce_core::key;
use mapreduce_formats::reader::Records;
use mapreduce_job::{MapFault, MapSink, MapTask};
use mapreduce_shuffle::RowSink;
use mapreduce_shuffle::{RawValues, ReduceTask};

use super::value::value;

/// Log2 of the number of registers: 16 KiB in a sketch, an error of 0.8 %.
const PRECISION: u8 = 14;

fn failed(error: impl std::fmt::Display) -> JobError {
    JobError::hopeless(format!("a sketch cannot be used: {error}"))
}

/// Puts the values of a map task into a sketch, which it emits at the end.
pub(super) struct Gather {
    columns: usize,
    buffer: Vec<u8>,
    sketch: HllSketch,
}

impl Gather {
    pub(super) fn new(columns: usize) -> Result<Self, JobError> {
        Ok(Self {
            columns,
            buffer: Vec::new(),
            sketch: HllSketch::new(PRECISION, HllType::Hll8).map_err(failed)?,
        })
    }
}

impl MapTask for Gather {
    fn batch(&mut self, records: &mut Records<'_>, _: &mut MapSink<'_>) -> Result<bool, MapFault> {
        let Self {
            columns,
            buffer,
            sketch,
        } = self;
        let more = records.batch(|record| {
            sketch.update(key::hash(value(&record, *columns, buffer)));
        });
        more.map_err(MapFault::Read)
    }

    fn finish(&mut self, out: &mut MapSink<'_>) -> Result<(), MapFault> {
        out.push(b"", &self.sketch.serialize());
        Ok(())
    }
}

/// Unites the sketches.
pub(super) struct Unite(HllUnion);

impl Unite {
    pub(super) fn new() -> Result<Self, JobError> {
        HllUnion::new(PRECISION).map(Self).map_err(failed)
    }
}

impl ReduceTask for Unite {
    fn group(
        &mut self,
        _: &[u8],
        values: &mut dyn RawValues,
        _: &mut RowSink,
    ) -> Result<(), JobError> {
        while let Some(sketch) = values.next() {
            self.0
                .update(&HllSketch::deserialize(sketch).map_err(failed)?);
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut RowSink) -> Result<(), JobError> {
        let estimate = self.0.composite_estimate().round() as u64;
        out.push(0, b"distinct", None, estimate.to_string().as_bytes());
        Ok(())
    }
}
