//! Overlap of the input and the output of a job.

use std::fs;
use std::path::{Path, PathBuf};

use super::listing::is_skipped;
use super::pattern::Pattern;

/// Returns the input that includes `output`: the file itself, its folder, or a pattern that matches it; `None` if no
/// input includes it. If `recursive`, folders include their sub-folders.
///
/// Writing such an output would destroy the input, or change the input of the next run.
pub fn input_including<'a>(
    inputs: &'a [PathBuf],
    output: &Path,
    recursive: bool,
) -> Option<&'a Path> {
    let name = output.file_name()?;
    let folder = match output.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let folder = canonical(folder)?;
    let output = fs::canonicalize(output).unwrap_or_else(|_| folder.join(name));
    let read = |input: &&PathBuf| {
        if let Ok(Some(pattern)) = Pattern::parse(input) {
            let relative = canonical(pattern.base()).map(|base| below(&base, &output));
            return relative
                .flatten()
                .is_some_and(|relative| pattern.matches(relative, recursive));
        }
        let Ok(input) = fs::canonicalize(input) else {
            return false;
        };
        let relative = below(&input, &output);
        input == output
            || relative.is_some_and(|relative| {
                (recursive || relative.iter().count() == 1) && !relative.iter().any(is_skipped)
            })
    };
    inputs.iter().find(read).map(PathBuf::as_path)
}

/// Returns the folder that contains all files of `input`: the input itself, or the folder before the special characters
/// of a pattern.
pub fn containing_folder(input: &Path) -> PathBuf {
    match Pattern::parse(input) {
        Ok(Some(pattern)) if pattern.base().as_os_str().is_empty() => PathBuf::from("."),
        Ok(Some(pattern)) => pattern.base().to_path_buf(),
        _ => input.to_path_buf(),
    }
}

/// Returns the absolute path of a folder with all links resolved. Missing path components are kept unchanged.
fn canonical(folder: &Path) -> Option<PathBuf> {
    let folder = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    fs::canonicalize(folder).ok().or_else(|| {
        let parent = canonical(folder.parent()?)?;
        Some(parent.join(folder.file_name()?))
    })
}

fn below<'a>(folder: &Path, path: &'a Path) -> Option<&'a Path> {
    path.strip_prefix(folder)
        .ok()
        .filter(|relative| !relative.as_os_str().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_inside_an_input_is_found() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a.txt", "b.txt"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        let inputs = [dir.path().join("a.txt"), dir.path().join("in")];
        fs::create_dir(&inputs[1]).unwrap();
        let read = |output: &str| input_including(&inputs, &dir.path().join(output), false);
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
        let below = dir.path().join("in/below/x");
        assert!(input_including(&inputs, &below, true).is_some());
    }

    #[test]
    fn an_output_that_matches_a_pattern_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let inputs = [dir.path().join("**/*.csv")];
        assert_eq!(containing_folder(&inputs[0]), dir.path());
        for (output, expected) in [("o.csv", true), ("a/o.csv", true), ("o.json", false)] {
            let found = input_including(&inputs, &dir.path().join(output), false);
            assert_eq!(found.is_some(), expected, "{output}");
        }
    }
}
