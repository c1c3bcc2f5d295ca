//! Publication: the gathered result replaces the older output.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use mapreduce_formats::output::part_file_names;
use settings::{CrashPlan, CrashPoint};
use store::JobRef;
use tracing::warn;

use super::folder::{PartFilesFolder, for_each_entry};
use crate::output::error::OutputError;

impl PartFilesFolder {
    /// Replaces the output by the gathered result. Can be repeated. Blocks.
    ///
    /// # Errors
    /// The older output cannot be moved aside, or contains foreign files by now. The gathered result is kept.
    pub(in crate::output) fn publish(
        &self,
        job: &JobRef,
        crash: &CrashPlan,
    ) -> Result<(), OutputError> {
        let (done, replaced) = (self.done(job), part_file_names::replaced_folder(&self.work));
        // The result was gathered before. If it is no longer there, it is published already.
        if done.join(part_file_names::SUCCESS_MARKER).exists() {
            crash.reach(CrashPoint::BeforeRename);
            self.check_replaceable()?;
            let older = fs::symlink_metadata(&self.path);
            let has_older = older.is_ok();
            if older.is_ok_and(|older| !older.is_dir()) {
                let path = self.path.clone();
                return Err(OutputError::NotAFolder { path });
            }
            if has_older {
                fs::rename(&self.path, &replaced).map_err(|source| self.error(source))?;
            }
            crash.reach(CrashPoint::BeforeRename);
            let renamed = fs::rename(&done, &self.path);
            if renamed.is_err() && has_older {
                drop(fs::rename(&replaced, &self.path));
            }
            let durable = renamed.and_then(|()| self.lock.sync_folder());
            durable.map_err(|source| self.error(source))?;
        }
        crash.reach(CrashPoint::BeforeRename);
        // The result is in place, so an error from here on is only worth a warning.
        if let Err(error) = remove_result(&replaced) {
            warn!(folder = %replaced.display(), %error, "cannot remove the previous output; remove it manually");
        } else {
            self.discard();
        }
        Ok(())
    }

    /// Cleans up after a master that was killed during the publication. Restores the older output if the new one is
    /// missing, and removes it otherwise.
    pub(super) fn restore_replaced(&self) -> Result<(), OutputError> {
        let replaced = part_file_names::replaced_folder(&self.work);
        if !replaced.exists() {
            return Ok(());
        }
        let done = match self.path.exists() {
            true => remove_result(&replaced),
            false => fs::rename(&replaced, &self.path),
        };
        done.map_err(|source| OutputError::Io {
            path: replaced,
            source,
        })
    }

    /// Refuses to replace anything except an earlier result or an empty folder.
    pub(super) fn check_replaceable(&self) -> Result<(), OutputError> {
        let (mut parts, mut has_marker, mut foreign) = (0, false, None);
        let looked = for_each_entry(&self.path, |entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !part_file_names::is_output_file(&name) || !entry.file_type()?.is_file() {
                foreign = Some(name);
            } else if name == part_file_names::SUCCESS_MARKER {
                has_marker = true;
            } else {
                parts += 1;
            }
            Ok(())
        });
        looked.map_err(|source| self.error(source))?;
        let found = match foreign {
            Some(name) => format!("{name:?}, which is not part of an earlier result"),
            None if parts > 0 && !has_marker => {
                format!("part files without {}", part_file_names::SUCCESS_MARKER)
            }
            None => return Ok(()),
        };
        let path = self.path.clone();
        Err(OutputError::NotAResult { path, found })
    }
}

/// Removes the files of an earlier result and then its folder. Keeps foreign files, and fails if there are any.
fn remove_result(folder: &Path) -> io::Result<()> {
    for_each_entry(folder, |entry| {
        match part_file_names::is_output_file(&entry.file_name().to_string_lossy()) {
            true => fs::remove_file(entry.path()),
            false => Ok(()),
        }
    })?;
    match fs::remove_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
