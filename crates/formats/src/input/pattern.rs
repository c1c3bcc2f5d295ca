//! Inputs that are patterns: `*`, `?`, `[a-z]` and `{a,b}` in a name, and `**` for folders at any depth.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use super::error::InputError;
use super::listing::{Listing, all_entries, child, entries, is_own_folder, is_skipped};

/// Pattern for the paths of files.
#[derive(Debug)]
pub(super) struct Pattern {
    /// Folder before the first part with a special character; empty for the working folder.
    base: PathBuf,
    /// Parts below that folder.
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    /// Name without special characters.
    Name(String),
    /// Names that match. `hidden` is true if the part starts with `.` or `_`, as names do that are skipped otherwise.
    Matching { matcher: GlobMatcher, hidden: bool },
    /// `**`: any number of folders.
    Folders,
}

impl Pattern {
    /// Parses `input`; `None` if it has no special characters, or a file or folder has exactly this path.
    ///
    /// # Errors
    /// The pattern is invalid.
    pub(super) fn parse(input: &Path) -> Result<Option<Self>, InputError> {
        let Some(text) = input.to_str().filter(|text| is_special(text)) else {
            return Ok(None);
        };
        if fs::symlink_metadata(input).is_ok() {
            return Ok(None);
        }
        let invalid = |what: &str| InputError::Pattern {
            path: input.to_path_buf(),
            what: what.to_owned(),
        };
        let (mut base, mut parts) = (PathBuf::new(), Vec::new());
        if text.starts_with('/') {
            base.push("/");
        }
        for part in text.split('/').filter(|part| !part.is_empty()) {
            match part {
                "**" if matches!(parts.last(), Some(Part::Folders)) => {}
                "**" => parts.push(Part::Folders),
                _ if is_special(part) => parts.push(matching(part, invalid)?),
                _ if parts.is_empty() => base.push(part),
                "." => {}
                ".." => {
                    return Err(invalid(
                        "`..` may only stand before the first special character",
                    ));
                }
                _ => parts.push(Part::Name(part.to_owned())),
            }
        }
        Ok(Some(Self { base, parts }))
    }

    /// Returns the folder that contains everything that the pattern can match.
    pub(super) fn base(&self) -> &Path {
        &self.base
    }

    /// Returns `true` if the path `relative` to the base matches, or if `below`, lies in a folder that matches.
    pub(super) fn matches(&self, relative: &Path, below: bool) -> bool {
        let names: Vec<&OsStr> = relative.iter().collect();
        matches(&self.parts, &names, below)
    }

    /// Lists all files that match. A folder that matches is read if `recursive`.
    ///
    /// # Errors
    /// A folder or a link cannot be read, or a name is not valid UTF-8.
    pub(super) fn expand(&self, recursive: bool) -> Result<Listing, InputError> {
        let mut found = Listing::default();
        let folder = match self.base.as_os_str().is_empty() {
            true => Path::new("."),
            false => &self.base,
        };
        if !folder.exists() {
            return Ok(found);
        }
        expand(&self.parts, &self.base, "", recursive, &mut found)?;
        Ok(found)
    }
}

/// Returns `true` if `text` contains a special character of patterns.
fn is_special(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

fn matching(part: &str, invalid: impl Fn(&str) -> InputError) -> Result<Part, InputError> {
    let glob = GlobBuilder::new(part).literal_separator(true).build();
    let glob = glob.map_err(|error| invalid(&error.kind().to_string()))?;
    Ok(Part::Matching {
        matcher: glob.compile_matcher(),
        hidden: is_skipped(OsStr::new(part)),
    })
}

fn matches(parts: &[Part], names: &[&OsStr], below: bool) -> bool {
    let Some((part, rest)) = parts.split_first() else {
        return below || names.is_empty();
    };
    if let Part::Folders = part {
        return (0..=names.len()).any(|skipped| matches(rest, &names[skipped..], below))
            || rest.is_empty();
    }
    let Some((name, others)) = names.split_first() else {
        return false;
    };
    part.matches(name) && matches(rest, others, below)
}

impl Part {
    fn matches(&self, name: &OsStr) -> bool {
        match self {
            Self::Name(own) => name == OsStr::new(own),
            Self::Matching { matcher, hidden } => {
                (*hidden || !is_skipped(name)) && matcher.is_match(name)
            }
            Self::Folders => !is_skipped(name),
        }
    }
}

/// Adds what matches `parts` below `folder`. Only `**` has no fixed depth, and it follows no links to folders.
fn expand(
    parts: &[Part],
    folder: &Path,
    relative: &str,
    recursive: bool,
    found: &mut Listing,
) -> Result<(), InputError> {
    let Some((part, rest)) = parts.split_first() else {
        return Ok(());
    };
    let mut candidates = Vec::new();
    match part {
        Part::Folders if rest.is_empty() => return found.add_folder(folder, relative, true),
        Part::Folders => {
            expand(rest, folder, relative, recursive, found)?;
            for entry in entries(folder)?.iter().filter(|entry| is_own_folder(entry)) {
                let path = folder.join(entry.file_name());
                let relative = child(relative, &path)?;
                expand(parts, &path, &relative, recursive, found)?;
            }
        }
        Part::Name(name) => candidates.push(folder.join(name)),
        Part::Matching { .. } => {
            let all = all_entries(folder)?.into_iter();
            let names = all.map(|entry| entry.file_name());
            let names = names.filter(|name| part.matches(name));
            candidates.extend(names.map(|name| folder.join(name)));
        }
    }
    for path in candidates {
        if rest.is_empty() && fs::symlink_metadata(&path).is_ok() {
            found.add(&path, &child(relative, &path)?, recursive)?;
        } else if path.is_dir() {
            expand(rest, &path, &child(relative, &path)?, recursive, found)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn folder() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for name in [
            "a.txt",
            "b.csv",
            ".hidden.txt",
            "y=1/m=1/c.txt",
            "y=1/m=2/d.txt",
            "y=2/_tmp/e.txt",
            "y=2/_f.txt",
            "y=2/g.txt",
        ] {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        symlink(".", dir.path().join("loop")).unwrap();
        symlink("..", dir.path().join("y=1/up")).unwrap();
        dir
    }

    fn found(pattern: &str, recursive: bool) -> Vec<String> {
        let dir = folder();
        let pattern = Pattern::parse(&dir.path().join(pattern)).unwrap().unwrap();
        let listing = pattern.expand(recursive).unwrap();
        for relative in listing.files.keys() {
            assert!(
                pattern.matches(Path::new(relative), recursive),
                "{relative}"
            );
        }
        listing.files.into_keys().collect()
    }

    #[test]
    fn a_pattern_lists_the_files_that_match_it() {
        for (pattern, files) in [
            ("*.txt", &["a.txt"][..]),
            ("?.{csv,txt}", &["a.txt", "b.csv"]),
            ("[a-b].*", &["a.txt", "b.csv"]),
            (".*", &[".hidden.txt"]),
            ("y=*/g.txt", &["y=2/g.txt"]),
            ("y=2/_*.txt", &["_f.txt"]),
            ("y=1/*/c.txt", &["m=1/c.txt"]),
            ("**/[c-e].txt", &["y=1/m=1/c.txt", "y=1/m=2/d.txt"]),
            ("**/m=1/*", &["y=1/m=1/c.txt"]),
            ("**/**/g.txt", &["y=2/g.txt"]),
            ("y=2/**", &["g.txt"]),
            ("*.parquet", &[]),
        ] {
            assert_eq!(found(pattern, false), files, "{pattern}");
        }
    }

    #[test]
    fn a_folder_that_matches_is_read_recursively_or_not_at_all() {
        assert_eq!(found("y=1/*", false), [] as [&str; 0]);
        assert_eq!(found("y=1/m*", true), ["m=1/c.txt", "m=2/d.txt"]);
    }

    #[test]
    fn a_pattern_matches_no_other_path() {
        let pattern = Pattern::parse(Path::new("in/a*/**/*.txt"))
            .unwrap()
            .unwrap();
        assert_eq!(pattern.base(), Path::new("in"));
        for (path, expected) in [
            ("a/x.txt", true),
            ("a1/b/c/x.txt", true),
            ("b/x.txt", false),
            ("a/x.csv", false),
        ] {
            assert_eq!(pattern.matches(Path::new(path), false), expected, "{path}");
        }
    }

    #[test]
    fn paths_without_special_characters_and_existing_paths_are_no_patterns() {
        let dir = tempfile::tempdir().unwrap();
        let literal = dir.path().join("a[1].txt");
        assert!(Pattern::parse(&literal).unwrap().is_some());
        fs::write(&literal, "").unwrap();
        assert!(Pattern::parse(&literal).unwrap().is_none());
        assert!(Pattern::parse(Path::new("in/a.txt")).unwrap().is_none());
        for invalid in ["in/[a.txt", "in/{a", "in/*/../b"] {
            assert!(Pattern::parse(Path::new(invalid)).is_err(), "{invalid}");
        }
    }
}
