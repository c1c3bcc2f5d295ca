//! Files that a job ships to its workers.

use serde::{Deserialize, Serialize};

/// A file in `job.files`, which every worker downloads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippedFile {
    /// Name in the working folder of the attempt.
    pub name: String,
    /// Length in bytes.
    pub len: u64,
    /// Hexadecimal XXH3-128 of the content. It is also the name of the blob.
    pub hash: String,
    /// True if the file is executable.
    pub executable: bool,
}

impl ShippedFile {
    /// Returns `true` if the name is a plain file name. Workers reject other names, because such a name could write
    /// outside of their folder.
    pub fn has_plain_name(&self) -> bool {
        let odd = |c: char| c == '/' || c.is_control();
        !matches!(self.name.as_str(), "" | "." | "..") && !self.name.contains(odd)
    }
}
