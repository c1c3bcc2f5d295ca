//! Corpora: known interesting inputs of a target.

use std::fs;
use std::io;
use std::path::Path;

/// The files of a corpus.
#[derive(Debug, Clone)]
pub struct Corpus {
    files: Vec<Vec<u8>>,
}

impl Corpus {
    /// Reads all files of `folder` in the order of their names.
    ///
    /// # Errors
    /// The folder cannot be read or contains no files.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let named = |error: io::Error| {
            let text = format!("cannot read corpus {}: {error}", folder.display());
            io::Error::new(error.kind(), text)
        };
        let entries = fs::read_dir(folder).map_err(named)?;
        let paths: io::Result<Vec<_>> = entries.map(|entry| Ok(entry?.path())).collect();
        let mut paths = paths.map_err(named)?;
        paths.sort();
        let files: io::Result<Vec<_>> = paths.iter().map(fs::read).collect();
        let files = files.map_err(named)?;
        match files.is_empty() {
            true => Err(named(io::Error::other("the folder contains no files"))),
            false => Ok(Self { files }),
        }
    }

    /// The files, of which there is at least one.
    pub fn files(&self) -> &[Vec<u8>] {
        &self.files
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_corpus_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let error = Corpus::read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("contains no files"), "{error}");
        fs::write(folder.path().join("one"), "1").unwrap();
        assert_eq!(Corpus::read(folder.path()).unwrap().files(), [b"1"]);
    }
}
