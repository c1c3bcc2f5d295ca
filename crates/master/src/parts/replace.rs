//! A gathered result takes the place of the older one.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use mapreduce::output::part;
use runtime::{CrashPlan, CrashPoint};
use store::JobRef;
use tracing::warn;

use super::{PartsFolder, each};
use crate::publish::OutputError;

impl PartsFolder {
    /// Puts what was gathered in place of the output. May be done again. Blocks.
    ///
    /// # Errors
    /// If the older output cannot be moved aside, or holds what is not ours by now; what was gathered stays.
    pub(crate) fn publish(&self, job: &JobRef, crash: &CrashPlan) -> Result<(), OutputError> {
        let (done, replaced) = (self.done(job), part::replaced_folder(&self.work));
        // Otherwise it is published: it was gathered before.
        if done.join(part::SUCCESS).exists() {
            crash.reach(CrashPoint::BeforeRename);
            self.check_replaceable()?;
            let older = self.path.exists();
            if older {
                fs::rename(&self.path, &replaced).map_err(|source| self.error(source))?;
            }
            crash.reach(CrashPoint::BeforeRename);
            let renamed = fs::rename(&done, &self.path);
            if renamed.is_err() && older {
                drop(fs::rename(&replaced, &self.path));
            }
            let durable = renamed.and_then(|()| self.lock.sync_folder());
            durable.map_err(|source| self.error(source))?;
        }
        crash.reach(CrashPoint::BeforeRename);
        // The result is there, whatever happens to the rest.
        if let Err(error) = remove_ours(&replaced) {
            warn!(folder = %replaced.display(), %error, "the older output is left there");
        } else {
            self.discard();
        }
        Ok(())
    }

    /// After a master that was killed while it published: the older output comes back if the new one is not
    /// there, and goes if it is.
    pub(super) fn put_back(&self) -> Result<(), OutputError> {
        let replaced = part::replaced_folder(&self.work);
        if !replaced.exists() {
            return Ok(());
        }
        let done = match self.path.exists() {
            true => remove_ours(&replaced),
            false => fs::rename(&replaced, &self.path),
        };
        done.map_err(|source| OutputError::Io {
            path: replaced,
            source,
        })
    }

    /// Nothing is replaced but what a job wrote, or an empty folder.
    pub(super) fn check_replaceable(&self) -> Result<(), OutputError> {
        let (mut parts, mut mark, mut other) = (0, false, None);
        let looked = each(&self.path, |entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !part::is_ours(&name) || !entry.file_type()?.is_file() {
                other = Some(name);
            } else if name == part::SUCCESS {
                mark = true;
            } else {
                parts += 1;
            }
            Ok(())
        });
        looked.map_err(|source| self.error(source))?;
        let found = match other {
            Some(name) => format!("{name:?}"),
            None if parts > 0 && !mark => format!("part files without {}", part::SUCCESS),
            None => return Ok(()),
        };
        let path = self.path.clone();
        Err(OutputError::NotOurs { path, found })
    }
}

/// Removes a folder of ours, if it is there, and nothing that is not ours.
fn remove_ours(folder: &Path) -> io::Result<()> {
    each(folder, |entry| {
        match part::is_ours(&entry.file_name().to_string_lossy()) {
            true => fs::remove_file(entry.path()),
            false => Ok(()),
        }
    })?;
    match fs::remove_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
