//! Where the file that a plan names lies on this machine, and whether a split can be one of it.

use std::path::{Component, Path, PathBuf};

use crate::{InputFile, Split};

/// Lines of a file before a split, beyond which no counting gets.
const MOST_LINES: u64 = 1 << 62;

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

impl Split {
    /// Whether it can be one of its file: so that whoever writes plans cannot make numbers of a worker overflow.
    pub(crate) fn lies_in_its_file(&self) -> bool {
        // Not its bytes: what is decompressed may have more lines than those.
        let lines = self.line.is_none_or(|line| line <= MOST_LINES);
        self.start <= self.end && self.end <= self.file.len && lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FileFormat;

    #[test]
    fn a_plan_cannot_lead_out_of_the_input() {
        let inputs = [PathBuf::from("in")];
        let file = |path: &str| InputFile {
            root: 0,
            path: path.into(),
            len: 0,
            modified: 0,
            format: FileFormat::Text,
            compression: None,
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

    #[test]
    fn a_split_that_cannot_be_one_of_its_file_is_known() {
        let file = InputFile {
            root: 0,
            path: "a".into(),
            len: 90,
            modified: 0,
            format: FileFormat::Text,
            compression: None,
        };
        let split = |start, end, line| Split {
            file: file.clone(),
            start,
            end,
            skip: 0,
            line: Some(line),
        };
        assert!(split(0, 90, 1).lies_in_its_file());
        assert!(split(90, 90, 91).lies_in_its_file());
        assert!(!split(u64::MAX, 90, 1).lies_in_its_file());
        assert!(!split(50, 40, 1).lies_in_its_file());
        assert!(!split(0, u64::MAX, 1).lies_in_its_file());
        assert!(!split(0, 90, u64::MAX).lies_in_its_file());
    }
}
