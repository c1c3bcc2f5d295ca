//! Which files a job reads, and whether they still are what the planner saw.

use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use crate::InputFile;

/// How the records of the input are laid out, as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// By the file's name: `.csv` is CSV, anything else is text.
    #[default]
    Auto,
    /// Lines of text.
    Text,
    /// CSV with a header.
    Csv,
}

/// A file of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    /// Where it is.
    pub path: PathBuf,
    /// Which of the inputs it lies under.
    pub root: u16,
    /// Its path below that input; empty if the input is the file itself.
    pub relative: String,
    /// Length in bytes.
    pub len: u64,
    /// Time of the last modification, in nanoseconds since 1970.
    pub modified: u64,
    /// Whether it is to be read as CSV.
    pub csv: bool,
}

/// What is wrong with the input, found before any work starts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// An input does not exist.
    #[error("{path}: no such file or folder; name the input with job.input or on the command line", path = .path.display())]
    Missing {
        /// The input.
        path: PathBuf,
    },
    /// A folder holds no file to read.
    #[error("{path}: the folder holds no files (hidden ones, those starting with _ and sub-folders are not read)", path = .path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
    },
    /// No input was named at all.
    #[error("job.input names no file or folder")]
    Nothing,
    /// Something cannot be read.
    #[error("{path}: cannot be read: {source}", path = .path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Neither a file nor a folder.
    #[error("{path}: neither a file nor a folder; only those can be read", path = .path.display())]
    Special {
        /// What was named.
        path: PathBuf,
    },
    /// A name that cannot travel in a plan.
    #[error("{path}: the name is not valid UTF-8; rename the file", path = .path.display())]
    Name {
        /// The file.
        path: PathBuf,
    },
    /// A compressed file.
    #[error("{path}: compressed input is not supported; decompress it first", path = .path.display())]
    Compressed {
        /// The file.
        path: PathBuf,
    },
    /// CSV, but no column was named.
    #[error("{path}: is CSV; name the column to read with input.column or --column (it has: {columns})", path = .path.display())]
    ColumnNeeded {
        /// The file.
        path: PathBuf,
        /// The columns there are.
        columns: String,
    },
    /// CSV without the column.
    #[error("{path}: has no column {column:?} (input.column); it has: {columns}", path = .path.display())]
    NoColumn {
        /// The file.
        path: PathBuf,
        /// The column asked for.
        column: String,
        /// The columns there are.
        columns: String,
    },
    /// CSV whose header is longer than a record may be.
    #[error("{path}: line 1: the header is longer than {limit} bytes (input.max_record); is the file CSV, and are all quotes closed?", path = .path.display())]
    LongHeader {
        /// The file.
        path: PathBuf,
        /// The longest allowed, in bytes.
        limit: u64,
    },
    /// CSV with a quote that nothing closes.
    #[error("{path}: line {line}: a quoted cell starts here and never ends", path = .path.display())]
    UnclosedQuote {
        /// The file.
        path: PathBuf,
        /// Line of the opening quote, from 1.
        line: u64,
    },
}

impl InputError {
    /// Wraps what the system said about `path`.
    pub fn unreadable(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        if source.kind() == io::ErrorKind::NotFound {
            return Self::Missing { path };
        }
        Self::Unreadable { path, source }
    }
}

/// Lists the files of `inputs` (files or folders, the latter without their sub-folders) in the order of
/// the inputs and of the files' names.
pub fn discover(inputs: &[PathBuf], format: Format) -> Result<Vec<FoundFile>, InputError> {
    let mut found = Vec::new();
    for (root, input) in inputs.iter().enumerate() {
        let root = u16::try_from(root).map_err(|_| InputError::Special {
            path: input.clone(),
        })?;
        let meta = fs::metadata(input).map_err(|error| InputError::unreadable(input, error))?;
        if meta.is_dir() {
            let before = found.len();
            folder(input, root, format, &mut found)?;
            if found.len() == before {
                return Err(InputError::Empty {
                    path: input.clone(),
                });
            }
        } else {
            found.push(file(input.clone(), root, String::new(), &meta, format)?);
        }
    }
    if found.is_empty() {
        return Err(InputError::Nothing);
    }
    Ok(found)
}

fn folder(
    input: &Path,
    root: u16,
    format: Format,
    found: &mut Vec<FoundFile>,
) -> Result<(), InputError> {
    let unreadable = |error| InputError::unreadable(input, error);
    let mut names = Vec::new();
    for entry in fs::read_dir(input).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        if !is_skipped(&name) {
            names.push(name);
        }
    }
    names.sort_unstable();
    for name in names {
        let path = input.join(&name);
        // It was listed: if it is missing now, it is a link that leads nowhere, or was just removed.
        let meta = fs::metadata(&path).map_err(|source| InputError::Unreadable {
            path: path.clone(),
            source,
        })?;
        if !meta.is_dir() {
            let name = name.into_string();
            let name = name.map_err(|_| InputError::Name { path: path.clone() })?;
            found.push(file(path, root, name, &meta, format)?);
        }
    }
    Ok(())
}

/// Extensions of compressed files, which would be counted as noise.
const COMPRESSED: [&str; 11] = [
    "7z", "br", "bz2", "gz", "lz4", "lzma", "tgz", "xz", "zip", "zst", "zstd",
];

fn file(
    path: PathBuf,
    root: u16,
    relative: String,
    meta: &Metadata,
    format: Format,
) -> Result<FoundFile, InputError> {
    if !meta.is_file() {
        return Err(InputError::Special { path });
    }
    let extension = path
        .extension()
        .map(|e| e.to_string_lossy().to_ascii_lowercase());
    let extension = extension.as_deref().unwrap_or_default();
    if COMPRESSED.contains(&extension) {
        return Err(InputError::Compressed { path });
    }
    let csv = match format {
        Format::Auto => extension == "csv",
        Format::Text => false,
        Format::Csv => true,
    };
    // Opening tells more than permission bits: a worker must be able to.
    let opened = File::open(&path).and_then(|file| file.metadata());
    let meta = opened.map_err(|error| InputError::unreadable(&path, error))?;
    Ok(FoundFile {
        len: meta.len(),
        modified: modified(&meta),
        path,
        root,
        relative,
        csv,
    })
}

/// The input through which `output` would be read, if it were there: the file itself, or a folder with it
/// in. Writing it would destroy input, or change what the next run reads.
pub fn reads<'a>(inputs: &'a [PathBuf], output: &Path) -> Option<&'a Path> {
    let name = output.file_name()?;
    let folder = match output.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // What cannot be found is not there: nothing can be read through it.
    let folder = fs::canonicalize(folder).ok()?;
    let output = fs::canonicalize(output).unwrap_or_else(|_| folder.join(name));
    let read = |input: &&PathBuf| {
        fs::canonicalize(input)
            .is_ok_and(|input| input == output || (input == folder && !is_skipped(name)))
    };
    inputs.iter().find(read).map(PathBuf::as_path)
}

/// Whether a folder's file of this name is not read: hidden, or a mark that other tools leave.
fn is_skipped(name: &OsStr) -> bool {
    matches!(name.as_encoded_bytes(), [b'.' | b'_', ..])
}

/// The file that a plan means, below this machine's `inputs`; `None` if the plan's path leaves its root.
pub(crate) fn resolve(inputs: &[PathBuf], file: &InputFile) -> Option<PathBuf> {
    let root = inputs.get(usize::from(file.root))?;
    if file.path.is_empty() {
        return Some(root.clone());
    }
    let relative = Path::new(&file.path);
    let below = relative
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    below.then(|| root.join(relative))
}

/// How an open file differs from what the planner saw; `None` if it does not.
pub(crate) fn difference(file: &File, seen: &InputFile) -> io::Result<Option<String>> {
    let meta = file.metadata()?;
    Ok(if meta.len() != seen.len {
        Some(format!(
            "it had {} bytes and now has {}",
            seen.len,
            meta.len()
        ))
    } else if modified(&meta) != seen.modified {
        Some("it was modified (its time of modification differs)".to_owned())
    } else {
        None
    })
}

/// Nanoseconds since 1970; 0 where the file system keeps no such time.
fn modified(meta: &Metadata) -> u64 {
    let since = meta
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since
        .and_then(|since| u64::try_from(since.as_nanos()).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FileFormat;

    fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(dir.path().join(name), text).unwrap();
        }
        dir
    }

    #[test]
    fn a_folder_gives_its_files_by_name_without_hidden_ones() {
        let dir = folder_with(&[
            ("b.txt", "bb"),
            ("a.CSV", "a"),
            (".hidden", ""),
            ("_SUCCESS", ""),
            ("log", ""),
        ]);
        fs::create_dir(dir.path().join("below")).unwrap();
        let found = discover(&[dir.path().into(), dir.path().join("b.txt")], Format::Auto).unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|f| (f.root, f.relative.as_str(), f.len, f.csv))
            .collect();
        assert_eq!(
            names,
            [
                (0, "a.CSV", 1, true),
                (0, "b.txt", 2, false),
                (0, "log", 0, false),
                (1, "", 2, false)
            ]
        );
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let dir = folder_with(&[("data.csv.gz", "")]);
        let message = |path: &Path| {
            discover(&[path.into()], Format::Auto)
                .unwrap_err()
                .to_string()
        };
        assert!(message(&dir.path().join("none")).contains("none: no such file"));
        assert!(message(dir.path()).contains("data.csv.gz: compressed"));
        fs::remove_file(dir.path().join("data.csv.gz")).unwrap();
        assert!(message(dir.path()).contains("holds no files"));
        assert!(message(Path::new("/dev/null")).contains("neither a file"));
        assert!(matches!(
            discover(&[], Format::Auto),
            Err(InputError::Nothing)
        ));
    }

    #[test]
    fn an_output_that_would_be_read_is_found() {
        let dir = folder_with(&[("a.txt", ""), ("b.txt", "")]);
        let inputs = [dir.path().join("a.txt"), dir.path().join("in")];
        fs::create_dir(&inputs[1]).unwrap();
        let read = |output: &str| reads(&inputs, &dir.path().join(output));
        assert_eq!(read("a.txt"), Some(inputs[0].as_path()));
        assert_eq!(read("in/../a.txt"), Some(inputs[0].as_path()));
        assert_eq!(read("in/new.json"), Some(inputs[1].as_path()));
        for other in [
            "b.txt",
            "new.json",
            "in/.hidden",
            "in/_mark",
            "none/x",
            "in/below/x",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn a_plan_cannot_lead_out_of_the_input() {
        let inputs = [PathBuf::from("in")];
        let file = |path: &str| InputFile {
            root: 0,
            path: path.into(),
            len: 0,
            modified: 0,
            format: FileFormat::Text,
        };
        assert_eq!(
            resolve(&inputs, &file("a/b.txt")),
            Some(PathBuf::from("in/a/b.txt"))
        );
        assert_eq!(resolve(&inputs, &file("")), Some(PathBuf::from("in")));
        for bad in ["../x", "a/../../x", "/etc/passwd", "./x/.."] {
            assert_eq!(resolve(&inputs, &file(bad)), None, "{bad}");
        }
        assert_eq!(
            resolve(
                &inputs,
                &InputFile {
                    root: 1,
                    ..file("a")
                }
            ),
            None
        );
    }
}
