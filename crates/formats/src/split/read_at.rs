//! Files that several threads read.

use std::io;

/// A file that several threads read.
pub trait ReadAt: Sync {
    /// Fills `into` with the bytes from `offset` on; answers how many there were, fewer only at the end.
    ///
    /// # Errors
    /// Those of the file.
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize>;
}

#[cfg(test)]
impl ReadAt for Vec<u8> {
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = self.get(offset as usize..).unwrap_or_default();
        let n = rest.len().min(into.len());
        into[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }
}
