//! In place of the reader of Parquet, where it was not built.

use std::fs::File;
use std::ops::Range;

use super::short::Short;
use crate::parquet::PARQUET_DISABLED;
use crate::read_error::ReadError;
use mapreduce_core::Column;
use mapreduce_core::Record;

#[derive(Debug)]
pub(super) enum ParquetReader {}

impl ParquetReader {
    pub(super) fn new(_: &File, _: Range<u64>, _: &[Column], _: u64) -> Result<Self, ReadError> {
        let what = PARQUET_DISABLED.to_owned();
        Err(ReadError::Parquet { what })
    }

    pub(super) fn keep_lacking(&mut self) {
        match *self {}
    }

    pub(super) fn batch(
        &mut self,
        _: &mut Short,
        _: &mut dyn FnMut(Record<'_>),
    ) -> Result<bool, ReadError> {
        match *self {}
    }
}
