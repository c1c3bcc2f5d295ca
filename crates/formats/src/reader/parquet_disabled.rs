//! Placeholder for the Parquet reader in programs without Parquet support.

use std::fs::File;
use std::ops::Range;

use super::defects::DefectiveRecords;
use crate::parquet::PARQUET_DISABLED;
use crate::read_error::ReadError;
use mapreduce_core::Column;
use mapreduce_core::Record;

/// Uninhabited reader. It spares other modules conditional compilation.
#[derive(Debug)]
pub(super) enum ParquetReader {}

impl ParquetReader {
    pub(super) fn new(_: &File, _: Range<u64>, _: &[Column], _: u64) -> Result<Self, ReadError> {
        let what = PARQUET_DISABLED.to_owned();
        Err(ReadError::Parquet { what })
    }

    pub(super) fn keep_incomplete(&mut self) {
        match *self {}
    }

    pub(super) fn batch(
        &mut self,
        _: &mut DefectiveRecords,
        _: &mut dyn FnMut(Record<'_>),
    ) -> Result<bool, ReadError> {
        match *self {}
    }
}
