//! Files that a job ships to its workers.

use serde::{Deserialize, Serialize};

/// A file of `job.files`, which every worker is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippedFile {
    /// Its name in the folder of the attempt.
    pub name: String,
    /// Length in bytes.
    pub len: u64,
    /// XXH3-128 of its bytes, in hexadecimal; names the blob.
    pub hash: String,
    /// Whether it may be run as a program.
    pub executable: bool,
}

impl ShippedFile {
    /// Whether its name is that of a file in a folder, and leads nowhere else.
    pub fn has_plain_name(&self) -> bool {
        let odd = |c: char| c == '/' || c.is_control();
        !matches!(self.name.as_str(), "" | "." | "..") && !self.name.contains(odd)
    }
}
