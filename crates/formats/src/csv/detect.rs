//! Detection of the dialect of a table from its first bytes.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use mapreduce_core::{Dialect, Escape, Quote};

use super::dialect::scan_dialect;
use super::grammar::Grammar;
use super::record::{CellRange, CellSink, Scan};
use crate::byte_order_mark::mark_len;

/// Delimiters that tables use, the most frequent first.
pub const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Parts of the dialect of a table that are known already.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known {
    /// Character around quoted cells.
    pub quote: Option<Quote>,
    /// Notation of a quote as text.
    pub escape: Option<Escape>,
    /// Character at the start of a comment.
    pub comment: Option<u8>,
}

/// Delimiter and dialect that fit the first bytes of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detected {
    /// Delimiter; `None` if the records have one cell with every delimiter.
    pub delimiter: Option<u8>,
    /// Character around quoted cells.
    pub quote: Quote,
    /// Notation of a quote as text.
    pub escape: Escape,
}

/// Detects the delimiter and the dialect of a table. `sample` contains its first bytes, or all of them if `at_end`.
///
/// The delimiter is the one that gives the most records the same number of cells, more than one. A quote or an escape
/// other than that of RFC 4180 must make more records agree, or leave fewer of them malformed.
pub fn detect(sample: &[u8], at_end: bool, known: Known) -> Detected {
    let special = [known.comment, known.quote.and_then(|quote| quote.0)];
    let delimiters = DELIMITERS.into_iter();
    let readings = delimiters
        .filter(|delimiter| !special.contains(&Some(*delimiter)))
        .map(|delimiter| best_reading(sample, at_end, delimiter, known));
    let best = readings
        .filter(|reading| reading.cells > 1)
        .reduce(|best, other| match other.compare(&best) {
            Ordering::Greater => other,
            _ => best,
        });
    match best {
        Some(reading) => Detected {
            delimiter: Some(reading.grammar.delimiter),
            quote: Quote(reading.grammar.quote),
            escape: escape(&reading.grammar),
        },
        None => Detected {
            delimiter: None,
            quote: known.quote.unwrap_or_default(),
            escape: known.escape.unwrap_or_default(),
        },
    }
}

/// Returns the delimiter that gives the only name of a header several parts, if there is one.
pub fn delimiter_within(name: &str, used: u8) -> Option<u8> {
    let others = DELIMITERS.into_iter().filter(|other| *other != used);
    let found = others.map(|other| (name.bytes().filter(|byte| *byte == other).count(), other));
    let found = found.filter(|(count, _)| *count > 0);
    // The first of equal counts is the most frequent delimiter.
    let best = found.reduce(|best, other| if other.0 > best.0 { other } else { best });
    best.map(|(_, delimiter)| delimiter)
}

fn escape(grammar: &Grammar) -> Escape {
    match grammar.backslash {
        true => Escape::Backslash,
        false => Escape::Double,
    }
}

/// Reads the sample in all dialects with this delimiter and returns the best reading.
fn best_reading(sample: &[u8], at_end: bool, delimiter: u8, known: Known) -> Reading {
    let dialects = [
        (Some(b'"'), Escape::Double),
        (Some(b'"'), Escape::Backslash),
        (Some(b'\''), Escape::Double),
        (Some(b'\''), Escape::Backslash),
        (None, Escape::Double),
    ];
    let quotes = dialects.map(|(quote, escape)| {
        let quote = known.quote.unwrap_or(Quote(quote));
        (quote, known.escape.unwrap_or(escape))
    });
    let mut readings = quotes.into_iter().map(|(quote, escape)| {
        let dialect = Dialect {
            quote,
            escape,
            comment: known.comment,
            nulls: Vec::new(),
        };
        Reading::new(sample, at_end, Grammar::new(delimiter, &dialect))
    });
    let first = readings.next().expect("there are several dialects");
    readings.fold(first, |best, other| match other.replaces(&best) {
        true => other,
        false => best,
    })
}

/// Result of reading a sample with one grammar.
#[derive(Debug, Clone, Copy)]
struct Reading {
    grammar: Grammar,
    /// Most frequent number of cells of a record.
    cells: u32,
    /// Part of the records that have this number.
    agreement: f64,
    /// Number of cells with a quote at their start.
    quoted: u64,
    /// Number of records with text after a closing quote, or with a quote that is never closed.
    malformed: u64,
}

impl Reading {
    fn new(sample: &[u8], at_end: bool, grammar: Grammar) -> Self {
        let mut rest = &sample[mark_len(sample)..];
        let (mut counts, mut malformed) = (BTreeMap::new(), 0);
        let (mut records, mut quoted) = (0u64, 0);
        while !rest.is_empty() {
            let mut sink = QuotedCells {
                grammar: &grammar,
                record: rest,
                count: 0,
            };
            match scan_dialect(&grammar, rest, &mut sink, at_end) {
                Scan::Record(scanned) => {
                    if scanned.cells > 0 {
                        *counts.entry(scanned.cells).or_insert(0u64) += 1;
                        records += 1;
                    }
                    quoted += sink.count;
                    malformed += u64::from(scanned.text_after_quote);
                    rest = &rest[scanned.len..];
                }
                // A record of half the sample probably contains a quote that opens no cell.
                Scan::Incomplete if rest.len() < sample.len() / 2 => break,
                Scan::Incomplete | Scan::Unclosed { .. } => {
                    malformed += 1;
                    records += 1;
                    break;
                }
            }
        }
        let most = counts
            .into_iter()
            .max_by_key(|(cells, count)| (*count, *cells));
        let (cells, agreeing) = most.unwrap_or_default();
        Self {
            grammar,
            cells,
            agreement: agreeing as f64 / records.max(1) as f64,
            quoted,
            malformed,
        }
    }

    /// Compares two readings with different delimiters. The greater one is the better one.
    fn compare(&self, other: &Self) -> Ordering {
        let agreement = self.agreement.total_cmp(&other.agreement);
        let malformed = other.malformed.cmp(&self.malformed);
        let cells = self.cells.cmp(&other.cells);
        agreement.then(malformed).then(cells)
    }

    /// Returns true if this reading is better than `best`, which has a more frequent dialect.
    fn replaces(&self, best: &Self) -> bool {
        let has_cells = self.cells > 1 || best.cells <= 1;
        let agrees = self.agreement >= best.agreement && has_cells;
        let is_better = self.malformed < best.malformed || self.agreement > best.agreement;
        let no_worse = agrees && self.malformed <= best.malformed;
        match self.grammar.quote {
            // Apostrophes that enclose cells may change nothing but the texts of the cells.
            Some(b'\'') if best.grammar.quote != self.grammar.quote => {
                let encloses = self.quoted > 0 && self.malformed == 0;
                agrees && encloses && best.quoted == 0
            }
            // A few malformed records do not make the quotes of all others text.
            None => no_worse && is_better && best.quoted < 2 * best.malformed,
            Some(_) => no_worse && is_better,
        }
    }
}

/// Counter of the quoted cells of a record.
struct QuotedCells<'a> {
    grammar: &'a Grammar,
    record: &'a [u8],
    count: u64,
}

impl CellSink for QuotedCells<'_> {
    fn delimiter(&self) -> u8 {
        self.grammar.delimiter
    }

    fn wants(&self, _nth: u32) -> bool {
        true
    }

    fn take(&mut self, cell: CellRange) {
        let behind_quote = match cell {
            CellRange::Plain { start, .. } => start,
            CellRange::Quoted { start, .. } => start + 1,
        };
        self.count += u64::from(self.grammar.is_quoted(self.record, behind_quote));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(sample: &str) -> (Option<char>, Option<char>, Escape) {
        let Detected {
            delimiter,
            quote,
            escape,
        } = detect(sample.as_bytes(), true, Known::default());
        (delimiter.map(char::from), quote.0.map(char::from), escape)
    }

    #[test]
    fn the_delimiter_gives_most_records_the_same_number_of_cells() {
        use Escape::Double;
        for (sample, delimiter) in [
            ("a,b\n1,2\n", Some(',')),
            ("id;text\n1;Hello, world\n2;a, b, c\n", Some(';')),
            ("a;b\n1,5;2,5\n3,5;4,5\n", Some(';')),
            ("a|b|c\n1|2|3\n", Some('|')),
            ("name\tn\n\"Doe, John\"\t1\n", Some('\t')),
            ("\u{feff}a;b;c", Some(';')),
            ("word\nfig\nplum\n", None),
            ("", None),
        ] {
            assert_eq!(found(sample), (delimiter, Some('"'), Double), "{sample:?}");
        }
    }

    #[test]
    fn quotes_and_escapes_are_those_that_leave_no_text_after_a_quote() {
        use Escape::{Backslash, Double};
        for (sample, quote, escape) in [
            ("a,b\n1,\"say \\\"hi\\\", you\"\n", Some('"'), Backslash),
            ("a,b\n1,\"he said \\\", then\"\n", Some('"'), Backslash),
            ("a,b\n1,\"say \"\"hi\"\", you\"\n", Some('"'), Double),
            ("a,b\n1,\"C:\\\"\n2,\"D:\\\"\n", Some('"'), Double),
            ("a,b\n1,'x, y'\n2,z\n", Some('\''), Double),
            ("a,b\n1,'x'\n2,'z'\n", Some('\''), Double),
            ("a,b\n1,'x\\'s'\n2,'z'\n", Some('\''), Backslash),
            ("a,b\n1,'tis\n2,z\n", Some('"'), Double),
            ("a\tb\n1\t\"5 inch\n2\tx\n", None, Double),
            ("a,b\n\"1\",\"x\"\n\"2\",\"z\"y\n", Some('"'), Double),
        ] {
            let (_, found_quote, found_escape) = found(sample);
            assert_eq!((found_quote, found_escape), (quote, escape), "{sample:?}");
        }
    }

    #[test]
    fn known_parts_of_the_dialect_stay_and_comments_are_skipped() {
        let known = Known {
            quote: Some(Quote(None)),
            escape: None,
            comment: Some(b'#'),
        };
        let sample = "# a, b, c, d\na;b\n\"1;2\n#;;;;\n";
        let found = detect(sample.as_bytes(), false, known);
        assert_eq!((found.delimiter, found.quote), (Some(b';'), Quote(None)));
    }

    #[test]
    fn the_only_name_of_a_header_may_contain_another_delimiter() {
        assert_eq!(delimiter_within("id;a,b;text", b'\t'), Some(b';'));
        assert_eq!(delimiter_within("id\ttext", b','), Some(b'\t'));
        assert_eq!(delimiter_within("text, more", b','), None);
        assert_eq!(delimiter_within("text", b','), None);
    }
}
