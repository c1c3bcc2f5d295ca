//! The parts of a Markdown page that can be checked.

use std::fs;

use crate::scratch::root;

/// A page of the project.
#[derive(Debug)]
pub(crate) struct Page {
    text: String,
}

/// A command in a block of code.
#[derive(Debug)]
pub(crate) struct Command {
    /// Where it is, from 1.
    pub(crate) line: usize,
    pub(crate) text: String,
    /// What the page shows of its output, line by line.
    pub(crate) shown: Vec<String>,
}

impl Page {
    /// The page at `path` from the top of the project.
    pub(crate) fn read(path: &str) -> Self {
        let text = fs::read_to_string(root().join(path));
        Self {
            text: text.unwrap_or_else(|error| panic!("{path}: {error}")),
        }
    }

    /// The commands of all blocks marked `sh` (a command a line) or `console` (commands after `$`, between
    /// them what they print).
    pub(crate) fn commands(&self) -> Vec<Command> {
        let mut commands: Vec<Command> = Vec::new();
        let mut block = None;
        for (at, line) in self.text.lines().enumerate() {
            let line = line.trim();
            match (block, line.strip_prefix("```")) {
                (None, Some(language)) => block = Some(language),
                (Some(_), Some(_)) => block = None,
                (Some("sh"), None) if !line.is_empty() => commands.push(Command::new(at, line)),
                (Some("console"), None) => match (line.strip_prefix("$ "), commands.last_mut()) {
                    (Some(command), _) => commands.push(Command::new(at, command)),
                    (None, Some(command)) => command.shown.push(line.to_owned()),
                    (None, None) => panic!("line {}: output of no command", at + 1),
                },
                _ => {}
            }
        }
        commands
    }

    /// Blocks of code that are files: path and text. The path is the last code on the line before the block, if that
    /// is of `examples/`; blocks of commands are none.
    pub(crate) fn files(&self) -> Vec<(String, String)> {
        let mut files = Vec::new();
        let mut before = "";
        let mut lines = self.text.lines();
        while let Some(line) = lines.next() {
            let Some(language) = line.strip_prefix("```") else {
                if !line.is_empty() {
                    before = line;
                }
                continue;
            };
            let block: String = lines
                .by_ref()
                .take_while(|line| !line.starts_with("```"))
                .flat_map(|line| [line, "\n"])
                .collect();
            let path = code(before)
                .pop()
                .filter(|path| path.starts_with("examples/"));
            if let (Some(path), false) = (path, ["sh", "console"].contains(&language)) {
                files.push((path.to_owned(), block));
            }
            before = "";
        }
        files
    }

    /// The part from the heading `## title` to the next one of its kind.
    pub(crate) fn section(&self, title: &str) -> Option<Self> {
        let start = self.text.find(&format!("\n## {title}\n"))? + 1;
        let rest = &self.text[start..];
        let end = rest[1..].find("\n## ").map_or(rest.len(), |end| end + 1);
        let text = rest[..end].to_owned();
        Some(Self { text })
    }

    /// Everything that it says.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The rows of the table whose first column is headed `first`.
    pub(crate) fn table(&self, first: &str) -> Vec<Vec<String>> {
        let cells = |line: &str| -> Option<Vec<String>> {
            let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
            Some(
                inner
                    .split('|')
                    .map(|cell| cell.trim().to_owned())
                    .collect(),
            )
        };
        let mut lines = self.text.lines().map(cells);
        let header = lines.find(|row| row.as_ref().is_some_and(|row| row[0] == first));
        assert!(header.is_some(), "no table has the first column {first:?}");
        lines.skip(1).map_while(|row| row).collect()
    }

    /// Where its links lead.
    pub(crate) fn links(&self) -> Vec<&str> {
        let rests = self.text.split("](").skip(1);
        rests.filter_map(|rest| rest.split(')').next()).collect()
    }

    /// The names by which links reach its headings.
    pub(crate) fn anchors(&self) -> Vec<String> {
        let headings = self.text.lines().filter(|line| line.starts_with('#'));
        let anchor = |line: &str| {
            let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
            let title = line.trim_start_matches('#').trim().to_lowercase();
            title
                .chars()
                .filter(kept)
                .collect::<String>()
                .replace(' ', "-")
        };
        headings.map(anchor).collect()
    }

    /// Everything between single backquotes, blocks left out.
    pub(crate) fn code(&self) -> Vec<&str> {
        let outside = self.text.split("```").step_by(2);
        outside.flat_map(code).collect()
    }
}

impl Command {
    fn new(at: usize, text: &str) -> Self {
        // A comment is for people.
        let text = text.split(" # ").next().unwrap_or_default().trim();
        Self {
            line: at + 1,
            text: text.to_owned(),
            shown: Vec::new(),
        }
    }

    /// Checks that the lines shown are in `output`, in order; `…` stands for anything.
    pub(crate) fn check_output(&self, output: &str, place: &str) {
        let mut lines = output.lines();
        for shown in self.shown.iter().filter(|shown| *shown != "…") {
            let found = lines.any(|line| matches(shown, line.trim()));
            assert!(
                found,
                "{place}\nshows {shown:?}, which is not in the output or not there:\n{output}"
            );
        }
    }
}

/// Everything between backquotes in `text`.
pub(crate) fn code(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Whether `line` is what `pattern` shows, in which `…` stands for anything.
fn matches(pattern: &str, line: &str) -> bool {
    let mut pieces = pattern.split('…');
    let Some(mut rest) = line.strip_prefix(pieces.next().unwrap_or_default()) else {
        return false;
    };
    let mut last = None;
    for piece in pieces {
        let Some(at) = rest.find(piece) else {
            return false;
        };
        rest = &rest[at + piece.len()..];
        last = Some(piece);
    }
    // What follows `…` last ends the line.
    last.is_some_and(|piece| piece.is_empty() || line.ends_with(piece)) || rest.is_empty()
}

#[test]
fn an_ellipsis_stands_for_anything() {
    for (pattern, line, expected) in [
        ("5", "5", true),
        ("5", "55", false),
        ("a … c", "a b c", true),
        ("a … c", "a b d", false),
        ("a … c", "a c c", true),
        ("… c", "a b c d", false),
        ("a …", "a b c", true),
        ("… b …", "a b c", true),
        ("…", "", true),
    ] {
        assert_eq!(matches(pattern, line), expected, "{pattern:?} {line:?}");
    }
}
