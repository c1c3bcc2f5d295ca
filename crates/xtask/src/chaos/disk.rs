//! A small disk of a job's own, which can be filled to the brim.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

/// Room for runs, parts and the result of a job several times over, and quickly full.
const SIZE: &str = "size=16m";
const PIECE: usize = 64 << 10;

/// A file system in memory. Gone on drop.
#[derive(Debug)]
pub(super) struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// Mounts it at `folder`, which is made.
    pub(super) fn mount(folder: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let output = Command::new("mount")
            .args(["-t", "tmpfs", "-o", SIZE, "tmpfs"])
            .arg(folder)
            .stdin(Stdio::null())
            .output()
            .context("cannot start mount, of the package mount")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "a disk that can be full needs the right to mount one: run as root, or leave full disks \
             out with --no-disks ({})",
            said.trim()
        );
        Ok(Self {
            folder: folder.to_path_buf(),
        })
    }

    /// Leaves no byte free.
    pub(super) fn fill(&self) -> anyhow::Result<()> {
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

    /// Takes the filling away.
    pub(super) fn relieve(&self) {
        // An error means that it was relieved already.
        fs::remove_file(self.filler()).ok();
    }

    fn filler(&self) -> PathBuf {
        self.folder.join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a process that is about to end may still have a file open.
        Command::new("umount")
            .arg("--lazy")
            .arg(&self.folder)
            .stderr(Stdio::null())
            .status()
            .ok();
    }
}
