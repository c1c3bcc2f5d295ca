//! Lists the files of an input: those of a folder, with or without its subfolders.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};

use super::error::InputError;

/// Files and skipped subfolders of one input.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Paths of the files by their paths relative to the input, with `/` between folders.
    pub(super) files: BTreeMap<String, PathBuf>,
    /// Sub-folders that are not read, and links to folders.
    pub(super) skipped: Vec<PathBuf>,
}

impl Listing {
    /// Adds the files of `folder`, whose path relative to the input is `relative`. Links to folders are never followed,
    /// so that a loop of links ends.
    ///
    /// # Errors
    /// A folder or a link cannot be read, or a name is not valid UTF-8.
    pub(super) fn add_folder(
        &mut self,
        folder: &Path,
        relative: &str,
        recursive: bool,
    ) -> Result<(), InputError> {
        let mut waiting = vec![(folder.to_path_buf(), relative.to_owned())];
        while let Some((folder, relative)) = waiting.pop() {
            for entry in entries(&folder)? {
                let path = folder.join(entry.file_name());
                if !leads_to_folder(&path)? {
                    let relative = child(&relative, &path)?;
                    self.files.insert(relative, path);
                } else if recursive && is_own_folder(&entry) {
                    waiting.push((path.clone(), child(&relative, &path)?));
                } else {
                    self.skipped.push(path);
                }
            }
        }
        Ok(())
    }

    /// Adds the file `path`, or the files of the folder `path`.
    ///
    /// # Errors
    /// The same as for [`Self::add_folder`].
    pub(super) fn add(
        &mut self,
        path: &Path,
        relative: &str,
        recursive: bool,
    ) -> Result<(), InputError> {
        match (leads_to_folder(path)?, recursive) {
            (true, true) => return self.add_folder(path, relative, true),
            (true, false) => self.skipped.push(path.to_path_buf()),
            (false, _) => drop(self.files.insert(relative.to_owned(), path.to_path_buf())),
        }
        Ok(())
    }
}

/// Returns the entries of a folder by name, without those that [`is_skipped`].
pub(super) fn entries(folder: &Path) -> Result<Vec<DirEntry>, InputError> {
    let mut entries = all_entries(folder)?;
    entries.retain(|entry| !is_skipped(&entry.file_name()));
    Ok(entries)
}

/// Returns all entries of a folder by name.
pub(super) fn all_entries(folder: &Path) -> Result<Vec<DirEntry>, InputError> {
    let unreadable = |error| InputError::unreadable(folder, error);
    let here = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    let entries = fs::read_dir(here).map_err(unreadable)?;
    let mut entries: Vec<_> = entries.collect::<Result<_, _>>().map_err(unreadable)?;
    entries.sort_unstable_by_key(DirEntry::file_name);
    Ok(entries)
}

/// Returns the relative path of `path`, an entry of the folder `relative`.
pub(super) fn child(relative: &str, path: &Path) -> Result<String, InputError> {
    let name = path.file_name().and_then(OsStr::to_str);
    let name = name.ok_or_else(|| InputError::Name {
        path: path.to_path_buf(),
    })?;
    Ok(match relative {
        "" => name.to_owned(),
        relative => format!("{relative}/{name}"),
    })
}

/// Returns `true` for a folder itself, but not for a link to one.
pub(super) fn is_own_folder(entry: &DirEntry) -> bool {
    entry.file_type().is_ok_and(|kind| kind.is_dir())
}

/// Returns true for hidden files and for marker files of other tools, such as `_SUCCESS`.
pub(super) fn is_skipped(name: &OsStr) -> bool {
    matches!(name.as_encoded_bytes(), [b'.' | b'_', ..])
}

/// Returns `true` for a folder or a link to one. The path was just listed, so a missing file is a broken link.
fn leads_to_folder(path: &Path) -> Result<bool, InputError> {
    let meta = fs::metadata(path).map_err(|source| InputError::Unreadable {
        path: path.to_path_buf(),
        source,
    })?;
    Ok(meta.is_dir())
}
