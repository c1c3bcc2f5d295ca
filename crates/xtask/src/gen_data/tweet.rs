//! One row: who wrote when, what, and in reply to which tweet.

use super::vocabulary::Vocabulary;
use super::words::DESKS;
use crate::rng::Rng;

/// The header of the seven columns.
pub(crate) const HEADER: &str =
    "tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id\n";

/// Customers are numbered from here, as in the public data set.
const FIRST_CUSTOMER: u32 = 115_712;
const CUSTOMERS: u32 = 300_000;

/// Writes rows; holds the buffer of the cell in hand.
#[derive(Debug)]
pub(crate) struct Tweets {
    vocabulary: Vocabulary,
    seed: u64,
    cell: Vec<u8>,
}

impl Tweets {
    /// A writer of the data set named by `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            vocabulary: Vocabulary::new(),
            seed,
            cell: Vec::with_capacity(1024),
        }
    }

    /// Appends row `row` as one CSV record and returns how many words its text has, split on
    /// single spaces. The bytes depend on the seed and the row only.
    pub(crate) fn push_row(&mut self, row: u64, out: &mut Vec<u8>) -> u64 {
        let mut rng = Rng::new(self.seed, row);
        let inbound = rng.per_mille(545);
        let tweet_id = row + 1;
        push_number(tweet_id, out);
        out.push(b',');
        if inbound {
            push_number(customer(&mut rng), out);
            out.extend_from_slice(b",True,");
        } else {
            out.extend_from_slice(desk(&mut rng).as_bytes());
            out.extend_from_slice(b",False,");
        }
        push_date(&mut rng, out);
        out.push(b',');
        self.cell.clear();
        self.write_text(inbound, &mut rng);
        push_cell(&self.cell, out);
        out.push(b',');
        push_replies(tweet_id, &mut rng, out);
        out.push(b',');
        if rng.per_mille(720) {
            push_number(tweet_id + 1 + u64::from(rng.below(9)), out);
        }
        out.push(b'\n');
        1 + self.cell.iter().filter(|&&byte| byte == b' ').count() as u64
    }

    /// Writes the cell: a mention, words in sentences, now and then an address at the end.
    fn write_text(&mut self, inbound: bool, rng: &mut Rng) {
        self.cell.push(b'@');
        if inbound {
            self.cell.extend_from_slice(desk(rng).as_bytes());
        } else {
            push_number(customer(rng), &mut self.cell);
        }
        // Two draws added: most tweets are of middle length, few very short or very long.
        let words = 4 + rng.below(15) + rng.below(15) + u32::from(rng.per_mille(265));
        let mut sentence_starts = true;
        for _ in 0..words {
            self.push_gap(rng);
            sentence_starts = self.push_word(sentence_starts, rng);
        }
        if rng.per_mille(100) {
            self.cell.extend_from_slice(b" https://t.co/");
            push_letters(10, rng, &mut self.cell);
        }
    }

    /// A single space; rarely a second one, or a line break, as people type.
    fn push_gap(&mut self, rng: &mut Rng) {
        let gap: &[u8] = match rng.below(1000) {
            0..2 => b"\n",
            2..6 => b"  ",
            _ => b" ",
        };
        self.cell.extend_from_slice(gap);
    }

    /// Appends a word with its punctuation; true when the next word starts a sentence.
    fn push_word(&mut self, sentence_starts: bool, rng: &mut Rng) -> bool {
        let kind = rng.below(10_000);
        if kind < 30 {
            // Typing errors, codes and names that are seen once: the heavy tail.
            push_letters(5 + rng.below(8), rng, &mut self.cell);
            return false;
        }
        if kind < 60 {
            self.cell.push(b'"');
        }
        let start = self.cell.len();
        let word = self.vocabulary.draw(rng);
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

fn customer(rng: &mut Rng) -> u64 {
    u64::from(FIRST_CUSTOMER + rng.below(CUSTOMERS))
}

fn desk(rng: &mut Rng) -> &'static str {
    DESKS[rng.below(DESKS.len() as u32) as usize]
}

/// None, one, or a quoted list of tweets that reply to this one.
fn push_replies(tweet_id: u64, rng: &mut Rng, out: &mut Vec<u8>) {
    let kind = rng.below(100);
    if kind < 37 {
        return;
    }
    let first = tweet_id.saturating_sub(1 + u64::from(rng.below(9)));
    if kind < 93 {
        return push_number(first, out);
    }
    out.push(b'"');
    push_number(first, out);
    out.push(b',');
    push_number(first + 1, out);
    out.push(b'"');
}

/// Appends a cell, quoted when it must be, with its quotes doubled.
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

/// Appends a second of the last three months of 2017, as `Tue Oct 31 22:10:47 +0000 2017`.
fn push_date(rng: &mut Rng, out: &mut Vec<u8>) {
    const WEEKDAYS: [&[u8; 3]; 7] = [b"Sun", b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat"];
    let day = rng.below(92);
    let (month, date): (&[u8; 3], u32) = match day {
        0..31 => (b"Oct", day + 1),
        31..61 => (b"Nov", day - 30),
        _ => (b"Dec", day - 60),
    };
    let second = rng.below(86_400);
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

/// Appends letters and digits that no other word is likely to have.
fn push_letters(count: u32, rng: &mut Rng, out: &mut Vec<u8>) {
    const LETTERS: &[u8; 64] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789xz";
    let mut bits = rng.next();
    for index in 1..=count {
        out.push(LETTERS[(bits & 63) as usize]);
        // 64 bits hold ten letters.
        bits = if index % 10 == 0 {
            rng.next()
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
