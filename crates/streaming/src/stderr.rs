//! Reports and text that a command writes to stderr.

use std::collections::VecDeque;
use std::io;

use mapreduce_job::TaskContext;

use crate::line_buffer::{LineBuffer, LineError};

/// Limits of the text in error messages: as much as people read.
const SHOWN_LINES: usize = 20;
const SHOWN_BYTES: usize = 4 << 10;

/// Maximum length of a line in bytes. A longer line is split.
const LINE_LIMIT: usize = 64 << 10;

/// Reader of a command's stderr. It counts the reported counters, and keeps the last lines of other text.
#[derive(Debug)]
pub(crate) struct StderrReader {
    lines: LineBuffer,
    handler: LineHandler,
}

/// Handler of single lines.
#[derive(Debug)]
struct LineHandler {
    context: TaskContext,
    last_lines: VecDeque<String>,
    bytes: usize,
    /// True if a line was a report since the last call of [`StderrReader::take_reported`].
    reported: bool,
}

/// Meaning of a line.
#[derive(Debug, PartialEq, Eq)]
enum Message<'a> {
    Counter(&'a str, &'a str, u64),
    Status(&'a str),
    Text(&'a str),
}

impl StderrReader {
    /// Creates a reader that counts in `context`.
    pub(crate) fn new(context: &TaskContext) -> Self {
        Self {
            lines: LineBuffer::new(LINE_LIMIT),
            handler: LineHandler {
                context: context.clone(),
                last_lines: VecDeque::new(),
                bytes: 0,
                reported: false,
            },
        }
    }

    /// Calls `read` once. Returns the number of bytes, 0 at the end.
    ///
    /// # Errors
    /// Fails if `read` does.
    pub(crate) fn read(
        &mut self,
        read: impl FnOnce(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let handler = &mut self.handler;
        match self.lines.read(read, |line| handler.handle(line)) {
            Ok(n) => Ok(n),
            Err(LineError::Io(error)) => Err(error),
            Err(LineError::LineTooLong) => {
                self.finish();
                // The buffer has space again. The result must not look like the end of the stream.
                Ok(1)
            }
        }
    }

    /// Returns whether the command has sent a report since the last call. A report is a sign of progress; other text
    /// is not, because a command that complains without end makes as little progress as a silent one.
    pub(crate) fn take_reported(&mut self) -> bool {
        std::mem::take(&mut self.handler.reported)
    }

    /// Handles the last line if it has no newline.
    pub(crate) fn finish(&mut self) {
        if let Some(line) = self.lines.take_rest() {
            self.handler.handle(line);
        }
    }

    /// Returns the last lines that were not reports.
    pub(crate) fn last_lines(&self) -> String {
        let lines: Vec<_> = self.handler.last_lines.iter().map(String::as_str).collect();
        lines.join("\n")
    }
}

impl LineHandler {
    fn handle(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let (job, task) = (&self.context.job_id, self.context.task);
        let message = parse(text.trim_end());
        self.reported |= !matches!(message, Message::Text(_));
        match message {
            Message::Counter(group, name, amount) => self.context.counter(group, name).add(amount),
            // Debug level, because some scripts report every record.
            Message::Status(status) => {
                tracing::debug!(job, task, status, "command reported its status");
            }
            Message::Text(text) => {
                tracing::debug!(job, task, text, "command wrote to stderr");
                self.keep(text);
            }
        }
    }

    fn keep(&mut self, text: &str) {
        let mut from = text.len().saturating_sub(SHOWN_BYTES);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        self.last_lines.push_back(text[from..].to_owned());
        self.bytes += text.len() - from;
        while self.last_lines.len() > SHOWN_LINES || self.bytes > SHOWN_BYTES {
            self.bytes -= self.last_lines.pop_front().map_or(0, |line| line.len());
        }
    }
}

/// Parses a line. An invalid counter is ordinary text.
fn parse(line: &str) -> Message<'_> {
    if let Some(status) = line.strip_prefix("reporter:status:") {
        return Message::Status(status);
    }
    let counter = line.strip_prefix("reporter:counter:").and_then(|counter| {
        let (group, rest) = counter.split_once(',')?;
        let (name, amount) = rest.rsplit_once(',')?;
        Some(Message::Counter(group, name, amount.trim().parse().ok()?))
    });
    counter.unwrap_or(Message::Text(line))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn reports_are_distinguished_from_text() {
        let counter = Message::Counter("words", "bad, very", 3);
        assert_eq!(parse("reporter:counter:words,bad, very,3"), counter);
        assert_eq!(parse("reporter:status:half"), Message::Status("half"));
        for text in [
            "reporter:counter:a,b",
            "reporter:counter:a,b,-1",
            "reporter:other",
            "plain",
            "",
        ] {
            assert_eq!(parse(text), Message::Text(text));
        }
    }

    fn read_all(text: &[u8]) -> StderrReader {
        let mut reader = StderrReader::new(&TaskContext::default());
        let mut rest = text;
        while reader.read(|into| rest.read(into)).unwrap() > 0 {}
        reader.finish();
        reader
    }

    #[test]
    fn counters_are_added_up_and_not_kept_as_text() {
        let text =
            b"reporter:counter:g,c,2\noops\nreporter:counter:g,c,40\r\nreporter:status:x\nlast";
        let reader = read_all(text);
        assert_eq!(reader.last_lines(), "oops\nlast");
        let counted = reader.handler.context.counter_values();
        assert_eq!(counted.unwrap().get("g:c"), Some(&42));
    }

    #[test]
    fn only_reports_are_signs_of_progress() {
        for (text, reported) in [
            ("complaint\n", false),
            ("reporter:status:half\ncomplaint\n", true),
            ("reporter:counter:g,c,1\n", true),
            ("reporter:other\n", false),
        ] {
            let mut reader = read_all(text.as_bytes());
            assert_eq!(reader.take_reported(), reported, "{text}");
            assert!(!reader.take_reported());
        }
    }

    #[test]
    fn the_last_lines_are_kept_within_limits() {
        let lines: Vec<_> = (0..100).map(|n| n.to_string()).collect();
        let kept = read_all(lines.join("\n").as_bytes()).last_lines();
        assert!(kept.starts_with("80\n") && kept.ends_with("\n99"), "{kept}");
        let long = ["\u{e9}".repeat(400_000), "end".to_owned()].join("\n");
        let kept = read_all(long.as_bytes()).last_lines();
        assert!(kept.len() <= SHOWN_BYTES && kept.ends_with("end"));
    }
}
