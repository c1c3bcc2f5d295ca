//! Positioned reads of files.

use std::io;

/// File that several threads read at the same time.
pub trait ReadAt: Sync {
    /// Fills `into` with the bytes from `offset` on and returns their number, which is smaller only at the end of the
    /// file.
    ///
    /// # Errors
    /// The file cannot be read.
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize>;
}

/// Bytes in memory.
impl<B: AsRef<[u8]> + Sync> ReadAt for B {
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = self.as_ref().get(offset as usize..).unwrap_or_default();
        let n = rest.len().min(into.len());
        into[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }
}
