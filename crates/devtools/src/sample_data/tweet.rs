//! Rows of tweets: author, date, text and replies.

use super::vocabulary::Vocabulary;
use super::words::DESKS;
use crate::random::Random;

/// Header line with the seven columns.
pub(crate) const HEADER: &str =
    "tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id\n";

/// First customer number, as in the public data set.
const FIRST_CUSTOMER: u32 = 115_712;
const CUSTOMERS: u32 = 300_000;

/// Writer of rows.
#[derive(Debug)]
pub(crate) struct Tweets {
    vocabulary: Vocabulary,
    seed: u64,
    /// Buffer of the text cell, which is reused from row to row.
    cell: Vec<u8>,
}

impl Tweets {
    /// Returns a writer of the data set with this seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            vocabulary: Vocabulary::new(),
            seed,
            cell: Vec::with_capacity(1024),
        }
    }

    /// Appends row number `row` as one CSV record.
    ///
    /// Returns the number of words in its text, split at single spaces. The bytes depend only on the seed and the row.
    pub(crate) fn push_row(&mut self, row: u64, out: &mut Vec<u8>) -> u64 {
        let mut random = Random::new(self.seed, row);
        let inbound = random.per_mille(545);
        let tweet_id = row + 1;
        push_number(tweet_id, out);
        out.push(b',');
        if inbound {
            push_number(customer(&mut random), out);
            out.extend_from_slice(b",True,");
        } else {
            out.extend_from_slice(desk(&mut random).as_bytes());
            out.extend_from_slice(b",False,");
        }
        push_date(&mut random, out);
        out.push(b',');
        self.cell.clear();
        self.write_text(inbound, &mut random);
        push_cell(&self.cell, out);
        out.push(b',');
        push_replies(tweet_id, &mut random, out);
        out.push(b',');
        if random.per_mille(720) {
            push_number(tweet_id + 1 + u64::from(random.below(9)), out);
        }
        out.push(b'\n');
        1 + self.cell.iter().filter(|&&byte| byte == b' ').count() as u64
    }

    /// Writes the text cell: a mention, words in sentences, and sometimes an address at the end.
    fn write_text(&mut self, inbound: bool, random: &mut Random) {
        self.cell.push(b'@');
        if inbound {
            self.cell.extend_from_slice(desk(random).as_bytes());
        } else {
            push_number(customer(random), &mut self.cell);
        }
        // The sum of two draws makes medium lengths frequent and extreme lengths rare.
        let words = 4 + random.below(15) + random.below(15) + u32::from(random.per_mille(265));
        let mut sentence_starts = true;
        for _ in 0..words {
            self.push_gap(random);
            sentence_starts = self.push_word(sentence_starts, random);
        }
        if random.per_mille(100) {
            self.cell.extend_from_slice(b" https://t.co/");
            push_letters(10, random, &mut self.cell);
        }
    }

    /// Appends a single space, or rarely two spaces or a line break, as people type them.
    fn push_gap(&mut self, random: &mut Random) {
        let gap: &[u8] = match random.below(1000) {
            0..2 => b"\n",
            2..6 => b"  ",
            _ => b" ",
        };
        self.cell.extend_from_slice(gap);
    }

    /// Appends a word with its punctuation. Returns true if the next word starts a sentence.
    fn push_word(&mut self, sentence_starts: bool, random: &mut Random) -> bool {
        let kind = random.below(10_000);
        if kind < 30 {
            // Typing errors, codes and names that occur once form the long tail of real text.
            push_letters(5 + random.below(8), random, &mut self.cell);
            return false;
        }
        if kind < 60 {
            self.cell.push(b'"');
        }
        let start = self.cell.len();
        let word = self.vocabulary.draw(random);
        self.cell.extend_from_slice(word.as_bytes());
        if sentence_starts {
            self.cell[start].make_ascii_uppercase();
        }
        if kind < 60 {
            self.cell.push(b'"');
        }
        let (mark, ends): (&[u8], bool) = match kind {
            9000..9500 => (b".", true),
            9500..9600 => (b"!", true),
            9600..9700 => (b"?", true),
            9700..9990 => (b",", false),
            9990.. => (b"...", true),
            _ => (b"", false),
        };
        self.cell.extend_from_slice(mark);
        ends
    }
}

fn customer(random: &mut Random) -> u64 {
    u64::from(FIRST_CUSTOMER + random.below(CUSTOMERS))
}

fn desk(random: &mut Random) -> &'static str {
    DESKS[random.below(DESKS.len() as u32) as usize]
}

/// Appends the tweets that reply to this one: an empty cell, one id or a quoted list.
fn push_replies(tweet_id: u64, random: &mut Random, out: &mut Vec<u8>) {
    let kind = random.below(100);
    if kind < 37 {
        return;
    }
    let first = tweet_id.saturating_sub(1 + u64::from(random.below(9)));
    if kind < 93 {
        return push_number(first, out);
    }
    out.push(b'"');
    push_number(first, out);
    out.push(b',');
    push_number(first + 1, out);
    out.push(b'"');
}

/// Appends a cell. If CSV requires quotes, the cell is quoted and its own quotes are doubled.
fn push_cell(cell: &[u8], out: &mut Vec<u8>) {
    if !cell
        .iter()
        .any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r'))
    {
        return out.extend_from_slice(cell);
    }
    out.push(b'"');
    for (index, part) in cell.split(|&byte| byte == b'"').enumerate() {
        if index > 0 {
            out.extend_from_slice(b"\"\"");
        }
        out.extend_from_slice(part);
    }
    out.push(b'"');
}

/// Appends a random second of the last three months of 2017, such as `Tue Oct 31 22:10:47 +0000 2017`.
fn push_date(random: &mut Random, out: &mut Vec<u8>) {
    const WEEKDAYS: [&[u8; 3]; 7] = [b"Sun", b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat"];
    let day = random.below(92);
    let (month, date): (&[u8; 3], u32) = match day {
        0..31 => (b"Oct", day + 1),
        31..61 => (b"Nov", day - 30),
        _ => (b"Dec", day - 60),
    };
    let second = random.below(86_400);
    // 1 October 2017 was a Sunday.
    out.extend_from_slice(WEEKDAYS[(day % 7) as usize]);
    out.push(b' ');
    out.extend_from_slice(month);
    for (before, value) in [
        (b' ', date),
        (b' ', second / 3600),
        (b':', second / 60 % 60),
        (b':', second % 60),
    ] {
        out.extend([before, b'0' + (value / 10) as u8, b'0' + (value % 10) as u8]);
    }
    out.extend_from_slice(b" +0000 2017");
}

/// Appends random letters and digits, which are unlikely to repeat.
fn push_letters(count: u32, random: &mut Random, out: &mut Vec<u8>) {
    const LETTERS: &[u8; 64] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789xz";
    let mut bits = random.bits();
    for index in 1..=count {
        out.push(LETTERS[(bits & 63) as usize]);
        // 64 bits give ten letters of 6 bits each.
        bits = if index % 10 == 0 {
            random.bits()
        } else {
            bits >> 6
        };
    }
}

fn push_number(mut number: u64, out: &mut Vec<u8>) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}
