//! Merging sections of pairs, each of which is sorted by key.
//!
//! A tournament: the leaves are the sections, each node keeps the loser of its match and sends the winner up, so a
//! pair costs one comparison for each level of the tree. What is compared is the *head* of a key, a number that
//! mostly decides; the keys themselves are looked at only if that says nothing.

use std::cmp::Ordering;
use std::sync::atomic::{AtomicBool, Ordering as Atomic};

use crate::error::ShuffleError;
use crate::section::Section;

/// The first 15 bytes of a key, padded with zeros, and its length, or 16 if it is longer. Ordered as keys are; equal
/// heads below 16 are equal keys.
pub(super) fn head(key: &[u8]) -> u128 {
    match key.first_chunk::<16>() {
        Some(first) => u128::from_be_bytes(*first) & !0xff | 16,
        None => {
            let mut first = [0; 16];
            first[..key.len()].copy_from_slice(key);
            first[15] = key.len() as u8;
            u128::from_be_bytes(first)
        }
    }
}

/// Whether keys of this head may differ.
#[inline]
pub(super) fn is_open(head: u128) -> bool {
    head as u8 == 16
}

/// How often a stop is looked for, in pairs.
const TURNS: u64 = 1 << 12;

/// Sections that are being merged: by key, then, if values are sorted, by value, then in their own order.
#[derive(Debug)]
pub(super) struct Merge<'a> {
    sections: &'a mut [Section],
    /// At 0 the winner, then the losers; the children of node `n` are `2n` and `2n + 1`, where `n` from the number
    /// of sections on stands for a section.
    tree: Vec<Player>,
    sort_values: bool,
    cancelled: &'a AtomicBool,
    /// The last pair of a block, if it must be known in the next one.
    edge: (Vec<u8>, Vec<u8>),
    pairs: u64,
}

/// A section with its pair at hand.
#[derive(Debug, Clone, Copy)]
struct Player {
    head: u128,
    section: u32,
    /// Whether there is no pair at hand any more.
    over: bool,
}

impl Player {
    /// The two, the other way round if `swap`. Which it is cannot be predicted, so there is no branch.
    #[inline]
    fn swap_if(swap: bool, a: Self, b: Self) -> (Self, Self) {
        let mask = u64::from(swap).wrapping_neg();
        let pick = |a: u64, b: u64| {
            let change = (a ^ b) & mask;
            (a ^ change, b ^ change)
        };
        let high = pick((a.head >> 64) as u64, (b.head >> 64) as u64);
        let low = pick(a.head as u64, b.head as u64);
        let rest = pick(a.rest(), b.rest());
        let player = |high: u64, low: u64, rest: u64| Self {
            head: u128::from(high) << 64 | u128::from(low),
            section: rest as u32,
            over: rest >> 32 != 0,
        };
        (player(high.0, low.0, rest.0), player(high.1, low.1, rest.1))
    }

    #[inline]
    fn rest(self) -> u64 {
        u64::from(self.over) << 32 | u64::from(self.section)
    }
}

impl<'a> Merge<'a> {
    /// The pair that is first is at hand then.
    ///
    /// # Errors
    /// Those of the sections, and [`ShuffleError::Cancelled`], here and below.
    pub(super) fn new(
        sections: &'a mut [Section],
        sort_values: bool,
        cancelled: &'a AtomicBool,
    ) -> Result<Self, ShuffleError> {
        if cancelled.load(Atomic::Relaxed) {
            return Err(ShuffleError::Cancelled);
        }
        let mut players = Vec::with_capacity(sections.len());
        for (number, section) in (0..).zip(sections.iter_mut()) {
            let over = !section.next_pair()?;
            players.push(Player {
                head: if over {
                    u128::MAX
                } else {
                    head(section.pair().0)
                },
                section: number,
                over,
            });
        }
        let mut merge = Self {
            sections,
            tree: Vec::new(),
            sort_values,
            cancelled,
            edge: Default::default(),
            pairs: 0,
        };
        merge.seat(&players);
        merge.pairs = u64::from(!merge.is_over());
        Ok(merge)
    }

    /// Plays all matches.
    fn seat(&mut self, players: &[Player]) {
        let count = players.len();
        // Winners of all nodes; those from `count` on are the players themselves.
        let mut winners = vec![None; count];
        winners.extend(players.iter().copied().map(Some));
        let none = Player {
            head: u128::MAX,
            section: 0,
            over: true,
        };
        self.tree = vec![none; count.max(1)];
        for node in (1..count).rev() {
            let pair = (winners[2 * node], winners[2 * node + 1]);
            let (Some(a), Some(b)) = pair else { continue };
            let (winner, loser) = match self.precedes(&b, &a) {
                true => (b, a),
                false => (a, b),
            };
            (winners[node], self.tree[node]) = (Some(winner), loser);
        }
        // With one player there is no match: it sits at 1.
        if let Some(Some(winner)) = winners.get(1) {
            self.tree[0] = *winner;
        }
    }

    /// Whether there is no pair any more.
    #[inline]
    pub(super) fn is_over(&self) -> bool {
        self.tree[0].over
    }

    /// Pairs that were at hand so far.
    pub(super) fn pairs(&self) -> u64 {
        self.pairs
    }

    /// Key and value of the pair at hand; there must be one.
    #[inline]
    pub(super) fn pair(&self) -> (&[u8], &[u8]) {
        self.sections[self.tree[0].section as usize].pair()
    }

    /// The head of the key at hand.
    #[inline]
    pub(super) fn head(&self) -> u128 {
        self.tree[0].head
    }

    /// An error about the section of the pair at hand.
    pub(super) fn lost(&self, what: &str) -> ShuffleError {
        self.sections[self.tree[0].section as usize].lost(what)
    }

    /// Goes on to the next pair.
    #[inline]
    pub(super) fn advance(&mut self) -> Result<(), ShuffleError> {
        if self.pairs.is_multiple_of(TURNS) && self.cancelled.load(Atomic::Relaxed) {
            return Err(ShuffleError::Cancelled);
        }
        let before = self.tree[0];
        let section = &mut self.sections[before.section as usize];
        let mark = match section.ends_block() {
            false => Some(section.mark()),
            true => {
                let (key, value) = section.pair();
                self.edge.0.clear();
                self.edge.0.extend_from_slice(key);
                self.edge.1.clear();
                if self.sort_values {
                    self.edge.1.extend_from_slice(value);
                }
                None
            }
        };
        let mut player = before;
        if section.next_pair()? {
            let (key, value) = section.pair();
            player.head = head(key);
            if player.head <= before.head {
                let last = match mark {
                    Some(mark) => section.pair_at(mark),
                    None => (&self.edge.0[..], &self.edge.1[..]),
                };
                let mut order = player.head.cmp(&before.head).then_with(|| key.cmp(last.0));
                if self.sort_values {
                    order = order.then_with(|| value.cmp(last.1));
                }
                if order.is_lt() {
                    return Err(section.lost("its keys are not in order"));
                }
                if order.is_eq() {
                    // What came before was first, and this is the same of the same section.
                    self.pairs += 1;
                    return Ok(());
                }
            }
        } else {
            (player.head, player.over) = (u128::MAX, true);
        }
        self.replay(player);
        self.pairs += u64::from(!self.is_over());
        Ok(())
    }

    /// Lets the section of the former winner play again.
    #[inline]
    fn replay(&mut self, mut player: Player) {
        let mut node = (self.sections.len() + player.section as usize) / 2;
        while node > 0 {
            let other = self.tree[node];
            let other_wins = match other.head == player.head {
                false => other.head < player.head,
                true => self.precedes(&other, &player),
            };
            (player, self.tree[node]) = Player::swap_if(other_wins, player, other);
            node /= 2;
        }
        self.tree[0] = player;
    }

    /// Whether `a` comes before `b`.
    fn precedes(&self, a: &Player, b: &Player) -> bool {
        let order = a.head.cmp(&b.head).then(a.over.cmp(&b.over));
        let order = order.then_with(|| match a.over {
            true => Ordering::Equal,
            false => self.order(a, b),
        });
        order.then(a.section.cmp(&b.section)).is_lt()
    }

    /// The order of pairs whose heads are equal.
    fn order(&self, a: &Player, b: &Player) -> Ordering {
        let (a_key, a_value) = self.sections[a.section as usize].pair();
        let (b_key, b_value) = self.sections[b.section as usize].pair();
        let by_key = match is_open(a.head) {
            true => a_key[15..].cmp(&b_key[15..]),
            false => Ordering::Equal,
        };
        match self.sort_values {
            true => by_key.then_with(|| a_value.cmp(b_value)),
            false => by_key,
        }
    }
}
