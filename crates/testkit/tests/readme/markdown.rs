//! Parser for the parts of a Markdown page that tests check.

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
    /// Line number, from 1.
    pub(crate) line: usize,
    pub(crate) text: String,
    /// Output lines that the page shows.
    pub(crate) shown: Vec<String>,
}

impl Page {
    /// Reads the page at `path`, from the root of the project.
    pub(crate) fn read(path: &str) -> Self {
        let text = fs::read_to_string(root().join(path));
        Self {
            text: text.unwrap_or_else(|error| panic!("{path}: {error}")),
        }
    }

    /// Returns the commands of all blocks marked `sh` (one command a line) or `console` (commands after `$`, followed
    /// by their output).
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
                    (None, None) => panic!("line {}: output without a command", at + 1),
                },
                _ => {}
            }
        }
        commands
    }

    /// Returns path and text of all blocks that show a file of `examples/`. The path is the last code on the line
    /// before the block. Blocks of commands do not count.
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

    /// Returns the section from the heading `## title` to the next heading of that level.
    pub(crate) fn section(&self, title: &str) -> Option<Self> {
        let start = self.text.find(&format!("\n## {title}\n"))? + 1;
        let rest = &self.text[start..];
        let end = rest[1..].find("\n## ").map_or(rest.len(), |end| end + 1);
        let text = rest[..end].to_owned();
        Some(Self { text })
    }

    /// Returns the whole text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the rows of the first table whose first column has the header `first`.
    pub(crate) fn table(&self, first: &str) -> Vec<Vec<String>> {
        let mut tables = self.tables(first);
        assert!(
            !tables.is_empty(),
            "no table has the first column {first:?}"
        );
        tables.remove(0)
    }

    /// Returns the first cells of all tables whose first column has the header `first`.
    pub(crate) fn column(&self, first: &str) -> Vec<String> {
        let rows = self.tables(first).into_iter().flatten();
        rows.map(|mut row| row.remove(0)).collect()
    }

    fn tables(&self, first: &str) -> Vec<Vec<Vec<String>>> {
        let mut tables = Vec::new();
        let mut lines = self.text.lines().map(cells);
        while let Some(line) = lines.next() {
            if line.is_some_and(|row| row[0] == first) {
                // The line below the header separates it from the rows.
                let rows = lines.by_ref().skip(1).map_while(|row| row);
                tables.push(rows.collect());
            }
        }
        tables
    }

    /// Returns the targets of all links and images.
    pub(crate) fn links(&self) -> Vec<String> {
        let prose = self.prose();
        let rests = prose.split("](").skip(1);
        rests
            .filter_map(|rest| rest.split(')').next())
            .map(str::to_owned)
            .collect()
    }

    /// Returns whether a link with this fragment reaches a heading.
    pub(crate) fn has_anchor(&self, fragment: &str) -> bool {
        let headings = self.text.lines().filter(|line| line.starts_with('#'));
        headings.map(anchor).any(|anchor| anchor == fragment)
    }

    /// Returns the inline code of the page.
    pub(crate) fn code(&self) -> Vec<String> {
        let outside = self.text.split("```").step_by(2);
        outside.flat_map(code).map(str::to_owned).collect()
    }

    /// Returns the text without blocks of code and without inline code.
    fn prose(&self) -> String {
        let outside = self.text.split("```").step_by(2);
        outside
            .flat_map(|text| text.split('`').step_by(2))
            .collect()
    }
}

impl Command {
    fn new(at: usize, text: &str) -> Self {
        // Comments are for readers of the page.
        let text = text.split(" # ").next().unwrap_or_default().trim();
        Self {
            line: at + 1,
            text: text.to_owned(),
            shown: Vec::new(),
        }
    }

    /// Checks that the shown lines are in `output`, in order; `…` stands for any text.
    pub(crate) fn check_output(&self, output: &str, location: &str) {
        let mut lines = output.lines();
        for shown in self.shown.iter().filter(|shown| *shown != "…") {
            let found = lines.any(|line| matches(shown, line.trim()));
            assert!(
                found,
                "{location}\nshows {shown:?}, which is missing from the output or out of order:\n{output}"
            );
        }
    }
}

/// Returns the texts between backquotes.
pub(crate) fn code(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Returns the cells of a row, or `None` if the line is not a row of a table.
fn cells(line: &str) -> Option<Vec<String>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    let cells = inner.split('|');
    Some(cells.map(|cell| cell.trim().to_owned()).collect())
}

/// Returns the fragment by which links reach this heading, as forges and mdBook make it.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let title = heading.trim_start_matches('#').trim().to_lowercase();
    let title: String = title.chars().filter(kept).collect();
    title.replace(' ', "-")
}

/// Returns whether `line` matches `pattern`, in which `…` stands for any text.
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
    // The text after the last `…` must end the line.
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
