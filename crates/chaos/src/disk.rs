//! A small disk per job that can be filled.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

/// Size of the disk: several times the size of a job's files, and quickly filled.
const SIZE: &str = "size=16m";
/// Bytes per write while the disk is filled.
const PIECE: usize = 64 << 10;

/// A file system in memory, unmounted on drop.
#[derive(Debug)]
pub(crate) struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// Creates `folder` and mounts the disk there.
    pub(crate) fn mount(folder: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        let output = Command::new("mount")
            .args(["-t", "tmpfs", "-o", SIZE, "tmpfs"])
            .arg(folder)
            .stdin(Stdio::null())
            .output()
            .context("cannot start `mount`; install the package mount")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "cannot mount a disk at {}: {}; run as root, or pass --no-disks to leave out full disks",
            folder.display(),
            said.trim()
        );
        Ok(Self {
            folder: folder.to_path_buf(),
        })
    }

    /// Fills the disk to the last byte.
    pub(crate) fn fill(&self) -> anyhow::Result<()> {
        let path = self.filler();
        let mut file =
            File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        loop {
            match file.write_all(&[0; PIECE]) {
                Err(error) if error.kind() == ErrorKind::StorageFull => return Ok(()),
                other => other.with_context(|| format!("cannot write {}", path.display()))?,
            }
        }
    }

    /// Frees the space that [`Disk::fill`] took.
    pub(crate) fn empty(&self) {
        // An error means that the space is already free.
        fs::remove_file(self.filler()).ok();
    }

    fn filler(&self) -> PathBuf {
        self.folder.join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // `--lazy`, because a process that is about to end may still have an open file.
        Command::new("umount")
            .arg("--lazy")
            .arg(&self.folder)
            .stderr(Stdio::null())
            .status()
            .ok();
    }
}
