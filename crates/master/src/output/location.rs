//! Resolution of an output path: links are followed, and streams are distinguished from files.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Maximum number of links from an output path to its file, as for most operating systems.
const MAX_LINKS: usize = 40;

/// Destination of an output path, after its links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Location {
    /// File that is replaced by rename, or does not exist yet. The path is not a link.
    File(PathBuf),
    /// Folder.
    Folder,
    /// Device, FIFO, or open file of a process. It is written to and never replaced.
    Stream(StreamTarget),
}

/// Stream that receives an output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StreamTarget {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// Path of a device, a FIFO, or an open file of a process.
    Path(PathBuf),
}

impl Location {
    /// Follows the links from `path`. `-` is standard output.
    ///
    /// # Errors
    /// A link cannot be read, or there are too many.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        if path == Path::new("-") {
            return Ok(Self::Stream(StreamTarget::Stdout));
        }
        let mut path = path.to_path_buf();
        for _ in 0..MAX_LINKS {
            // The link of an open file is not followed: the file may have no path, or belong to a shell.
            if let Some(open_file) = open_file(&path) {
                return Ok(Self::Stream(open_file));
            }
            let kind = match fs::symlink_metadata(&path) {
                Ok(meta) => meta.file_type(),
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::File(path)),
                Err(error) => return Err(error),
            };
            if kind.is_file() {
                return Ok(Self::File(path));
            } else if kind.is_dir() {
                return Ok(Self::Folder);
            } else if !kind.is_symlink() {
                return Ok(Self::Stream(StreamTarget::Path(path)));
            }
            let target = fs::read_link(&path)?;
            path = path.parent().unwrap_or(Path::new("")).join(target);
        }
        Err(io::Error::other("too many levels of symbolic links"))
    }
}

/// Returns the stream if `path` names an open file of a process, such as `/proc/self/fd/1`.
fn open_file(path: &Path) -> Option<StreamTarget> {
    let folder = fs::canonicalize(path.parent()?).ok()?;
    let own = Path::new("/proc").join(std::process::id().to_string());
    let is_own = folder == Path::new("/dev/fd") || folder.starts_with(own);
    let is_other = folder.starts_with("/proc") && folder.file_name()? == "fd";
    match (is_own, path.file_name()?.to_str()) {
        (true, Some("1")) => Some(StreamTarget::Stdout),
        (true, Some("2")) => Some(StreamTarget::Stderr),
        _ => (is_own || is_other).then(|| StreamTarget::Path(path.to_path_buf())),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_lead_to_their_files_even_if_these_do_not_exist() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::create_dir(path("big")).unwrap();
        fs::write(path("big/a"), "").unwrap();
        for (link, target) in [
            ("one", "big/a"),
            ("two", "one"),
            ("new", "big/new"),
            ("folder", "big"),
            ("loop", "loop"),
        ] {
            symlink(target, path(link)).unwrap();
        }
        let of = |name: &str| Location::of(&path(name));
        for link in ["one", "two", "big/a"] {
            assert_eq!(of(link).unwrap(), Location::File(path("big/a")), "{link}");
        }
        assert_eq!(of("new").unwrap(), Location::File(path("big/new")));
        assert_eq!(of("none").unwrap(), Location::File(path("none")));
        assert_eq!(of("folder").unwrap(), Location::Folder);
        of("loop").unwrap_err();
    }

    #[test]
    fn devices_and_open_files_are_streams() {
        let stdout = Location::Stream(StreamTarget::Stdout);
        assert_eq!(Location::of(Path::new("-")).unwrap(), stdout);
        let null = Path::new("/dev/null");
        let device = Location::Stream(StreamTarget::Path(null.to_path_buf()));
        assert_eq!(Location::of(null).unwrap(), device);
        #[cfg(target_os = "linux")]
        {
            let dir = tempfile::tempdir().unwrap();
            let link = dir.path().join("link");
            symlink("/proc/self/fd/1", &link).unwrap();
            assert_eq!(Location::of(&link).unwrap(), stdout);
            let other = Path::new("/proc/self/fd/77");
            let stream = Location::Stream(StreamTarget::Path(other.to_path_buf()));
            assert_eq!(Location::of(other).unwrap(), stream);
        }
    }
}
