//! Input and resources that the contests share.

use std::path::PathBuf;

use super::lines::LINE;

/// Input and resources that the contests share.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) rounds: u32,
    pub(super) slots: usize,
    /// Table whose words are counted.
    pub(super) table: PathBuf,
    /// File of lines of 100 bytes.
    pub(super) lines: PathBuf,
    pub(super) line_count: u64,
    /// Folder of outputs, logs and temporary files, removed on drop.
    pub(super) folder: tempfile::TempDir,
}

impl Setup {
    /// Size of the file of lines in bytes.
    pub(super) fn line_bytes(&self) -> u64 {
        self.line_count * LINE as u64
    }
}
