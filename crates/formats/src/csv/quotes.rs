//! Quotes: which bytes of a table lie inside quoted cells.
//!
//! | state      | bytes                           | next state |
//! |------------|---------------------------------|------------|
//! | Outside    | quote after a delimiter or LF   | Inside     |
//! | Outside    | any other quote                 | Outside    |
//! | Inside     | two quotes                      | Inside     |
//! | Inside     | quote, then another byte        | Outside    |
//! | Inside     | quote at the end of the block   | AfterQuote |
//! | AfterQuote | quote                           | Inside     |
//! | AfterQuote | any other byte                  | Outside    |

use memchr::memchr;

/// State between two blocks of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Outside quotes.
    Outside,
    /// Inside a quoted cell.
    Inside,
    /// After a quote that closes the cell unless another quote follows.
    AfterQuote,
}

/// Observer of the bytes that a scan passes.
pub(crate) trait ScanObserver {
    /// Reports that `block[from..to]` is outside quotes.
    fn outside(&mut self, from: usize, to: usize);
    /// Reports that the quote at index `at` of the block opens a cell.
    fn opened(&mut self, at: usize);
}

/// Ignores all reports, for scans that need only the final state.
impl ScanObserver for () {
    fn outside(&mut self, _: usize, _: usize) {}
    fn opened(&mut self, _: usize) {}
}

/// Returns the state after `block`, given the state and the byte before it.
#[inline]
pub(crate) fn advance(
    delimiter: u8,
    (mut state, before): (State, u8),
    block: &[u8],
    observer: &mut impl ScanObserver,
) -> State {
    let mut at = 0;
    while at < block.len() {
        (state, at) = match state {
            State::AfterQuote if block[at] == b'"' => (State::Inside, at + 1),
            State::AfterQuote => (State::Outside, at),
            State::Inside => inside(block, at),
            State::Outside => {
                let quote = memchr(b'"', &block[at..]).map_or(block.len(), |quote| at + quote);
                observer.outside(at, quote);
                let before = if quote == 0 { before } else { block[quote - 1] };
                let opens = before == delimiter || before == b'\n';
                if quote < block.len() && opens {
                    observer.opened(quote);
                    (State::Inside, quote + 1)
                } else {
                    (State::Outside, quote + 1)
                }
            }
        };
    }
    state
}

/// Advances from `at`, inside quotes, past the next closing or doubled quote. Returns the state and the index there.
#[inline]
fn inside(block: &[u8], at: usize) -> (State, usize) {
    match next_quote(block, at) {
        NextQuote::Doubled(behind) => (State::Inside, behind),
        NextQuote::Closing(quote) => (State::Outside, quote + 1),
        NextQuote::Last(quote) => (State::AfterQuote, quote + 1),
        NextQuote::Missing => (State::Inside, block.len()),
    }
}

/// Next quote of a quoted cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NextQuote {
    /// Two quotes that stand for one; the index of the byte behind them.
    Doubled(usize),
    /// Index of the quote that ends the quoted text.
    Closing(usize),
    /// Index of a quote that is the last byte, so the next byte decides about it.
    Last(usize),
    /// The rest contains no quote.
    Missing,
}

/// Finds the first quote of `bytes` at or after `at`, which is inside quotes.
#[inline]
pub(super) fn next_quote(bytes: &[u8], at: usize) -> NextQuote {
    let Some(found) = memchr(b'"', &bytes[at..]) else {
        return NextQuote::Missing;
    };
    let quote = at + found;
    match bytes.get(quote + 1) {
        Some(b'"') => NextQuote::Doubled(quote + 2),
        Some(_) => NextQuote::Closing(quote),
        None => NextQuote::Last(quote),
    }
}
