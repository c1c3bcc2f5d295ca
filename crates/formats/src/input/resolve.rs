//! Paths of planned files on this machine.

use std::path::{Component, Path, PathBuf};

use mapreduce_core::InputFile;

use super::pattern::Pattern;

/// Returns the path of a planned file in the `inputs` of this machine; `None` if the path is outside its input.
///
/// Plans come from Redis. A worker must not read other files because of a manipulated plan.
pub fn resolve(inputs: &[PathBuf], file: &InputFile) -> Option<PathBuf> {
    let root = inputs.get(usize::from(file.input_index))?;
    if file.path.is_empty() {
        return Some(root.clone());
    }
    let relative = Path::new(&file.path);
    let below = relative
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if !below {
        return None;
    }
    // A folder name may look like a pattern; discovery handles this in the same way.
    match Pattern::parse(root) {
        Ok(Some(pattern)) => pattern
            .matches(relative, true)
            .then(|| pattern.base().join(relative)),
        Ok(None) => Some(root.join(relative)),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapreduce_core::FileFormat;

    #[test]
    fn a_planned_path_cannot_leave_its_input() {
        let inputs = [PathBuf::from("in")];
        let file = |path: &str| InputFile {
            input_index: 0,
            path: path.into(),
            len: 0,
            modified: 0,
            format: FileFormat::Text,
            compression: None,
            encoding: None,
        };
        assert_eq!(
            resolve(&inputs, &file("a/b.txt")),
            Some(PathBuf::from("in/a/b.txt"))
        );
        assert_eq!(resolve(&inputs, &file("")), Some(PathBuf::from("in")));
        let patterns = [PathBuf::from("in/**/*.txt")];
        let path = resolve(&patterns, &file("a/b.txt"));
        assert_eq!(path, Some(PathBuf::from("in/a/b.txt")));
        for bad in ["a/b.csv", "../b.txt", "/etc/b.txt"] {
            assert_eq!(resolve(&patterns, &file(bad)), None, "{bad}");
        }
        for bad in ["../x", "a/../../x", "/etc/passwd", "./x/.."] {
            assert_eq!(resolve(&inputs, &file(bad)), None, "{bad}");
        }
        assert_eq!(
            resolve(
                &inputs,
                &InputFile {
                    input_index: 1,
                    ..file("a")
                }
            ),
            None
        );
    }
}
