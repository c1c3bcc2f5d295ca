//! Stand-in for the writer of Parquet results in programs without Parquet support.

use std::io::{self, Write};
use std::marker::PhantomData;

use mapreduce_core::ResultColumn;

/// Writer that does not exist: [`can_write_parquet`](super::can_write_parquet) returns false.
pub(super) struct ParquetWriter<W>(PhantomData<W>, std::convert::Infallible);

impl<W: Write + Send> ParquetWriter<W> {
    /// Refuses to create a writer.
    pub(super) fn new(_: W, _: Vec<ResultColumn>, _: bool) -> io::Result<Self> {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "this program was built without Parquet support; build it with --features parquet",
        ))
    }

    pub(super) fn push(&mut self, _: &[u8]) -> io::Result<()> {
        match self.1 {}
    }

    pub(super) fn finish(self) -> io::Result<W> {
        match self.1 {}
    }
}
