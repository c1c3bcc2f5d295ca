//! What a command says on its stderr.

use std::collections::VecDeque;
use std::io;

use mapreduce::job::TaskContext;

use crate::lines::Lines;

/// How much of the last lines is kept for the error message: as much as people read.
const TAIL_LINES: usize = 20;
const TAIL_BYTES: usize = 4 << 10;

/// Longest line in bytes that is looked at; a longer one is cut to pieces.
const LONGEST: usize = 64 << 10;

/// Reads it: counters are counted, the rest is kept for a while.
#[derive(Debug)]
pub(crate) struct Messages {
    lines: Lines,
    listener: Listener,
}

/// What is done with a line.
#[derive(Debug)]
struct Listener {
    context: TaskContext,
    tail: VecDeque<String>,
    bytes: usize,
    /// Whether a line was for us, since somebody asked.
    reported: bool,
}

/// What a line is.
#[derive(Debug, PartialEq, Eq)]
enum Message<'a> {
    Counter(&'a str, &'a str, u64),
    Status(&'a str),
    Text(&'a str),
}

impl Messages {
    /// Counts in `context`.
    pub(crate) fn new(context: &TaskContext) -> Self {
        Self {
            lines: Lines::new(LONGEST),
            listener: Listener {
                context: context.clone(),
                tail: VecDeque::new(),
                bytes: 0,
                reported: false,
            },
        }
    }

    /// Reads once from `read`; answers the number of bytes, 0 at the end.
    ///
    /// # Errors
    /// Those of `read`.
    pub(crate) fn read(
        &mut self,
        read: impl FnOnce(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let listener = &mut self.listener;
        match self.lines.read(read, |line| listener.hear(line))? {
            Ok(n) => Ok(n),
            // Something was there, and makes room.
            Err(_) => {
                self.rest();
                Ok(1)
            }
        }
    }

    /// Whether a line was a message to us since the last call: a sign of life, which other text is not. A command
    /// that complains for ever is as stuck as one that is silent.
    pub(crate) fn reported(&mut self) -> bool {
        std::mem::take(&mut self.listener.reported)
    }

    /// The last line, if it has no end.
    pub(crate) fn rest(&mut self) {
        if let Some(line) = self.lines.rest() {
            self.listener.hear(line);
        }
    }

    /// The last lines that were no messages to us.
    pub(crate) fn tail(&self) -> String {
        let lines: Vec<_> = self.listener.tail.iter().map(String::as_str).collect();
        lines.join("\n")
    }
}

impl Listener {
    fn hear(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let (job, task) = (&self.context.job_id, self.context.task);
        let message = parse(text.trim_end());
        self.reported |= !matches!(message, Message::Text(_));
        match message {
            Message::Counter(group, name, amount) => self.context.counter(group, name).add(amount),
            // Some scripts report every record.
            Message::Status(status) => tracing::debug!(job, task, status, "status of a command"),
            Message::Text(text) => {
                tracing::debug!(job, task, text, "a command says");
                self.keep(text);
            }
        }
    }

    fn keep(&mut self, text: &str) {
        let mut from = text.len().saturating_sub(TAIL_BYTES);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        self.tail.push_back(text[from..].to_owned());
        self.bytes += text.len() - from;
        while self.tail.len() > TAIL_LINES || self.bytes > TAIL_BYTES {
            self.bytes -= self.tail.pop_front().map_or(0, |line| line.len());
        }
    }
}

/// A counter that cannot be read is a text like any other.
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
    fn lines_are_told_apart() {
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

    fn heard(text: &[u8]) -> Messages {
        let mut messages = Messages::new(&TaskContext::default());
        let mut rest = text;
        while messages.read(|into| rest.read(into)).unwrap() > 0 {}
        messages.rest();
        messages
    }

    #[test]
    fn counters_add_up_and_are_not_in_the_tail() {
        let text =
            b"reporter:counter:g,c,2\noops\nreporter:counter:g,c,40\r\nreporter:status:x\nlast";
        let messages = heard(text);
        assert_eq!(messages.tail(), "oops\nlast");
        let counted = messages.listener.context.counted();
        assert_eq!(counted.unwrap().get("g:c"), Some(&42));
    }

    #[test]
    fn only_messages_to_us_are_signs_of_life() {
        for (text, life) in [
            ("complaint\n", false),
            ("reporter:status:half\ncomplaint\n", true),
            ("reporter:counter:g,c,1\n", true),
            ("reporter:other\n", false),
        ] {
            let mut messages = heard(text.as_bytes());
            assert_eq!(messages.reported(), life, "{text}");
            assert!(!messages.reported());
        }
    }

    #[test]
    fn the_last_lines_are_kept_within_bounds() {
        let lines: Vec<_> = (0..100).map(|n| n.to_string()).collect();
        let tail = heard(lines.join("\n").as_bytes()).tail();
        assert!(tail.starts_with("80\n") && tail.ends_with("\n99"), "{tail}");
        let long = ["\u{e9}".repeat(400_000), "end".to_owned()].join("\n");
        let tail = heard(long.as_bytes()).tail();
        assert!(tail.len() <= TAIL_BYTES && tail.ends_with("end"));
    }
}
