//! Rounds: everybody once, in an order that changes.

/// The turns of round `round` of `count` programs, as their indexes.
///
/// Each round begins with another program, and every other round goes backwards, so that none always
/// follows the same one.
pub(super) fn order(round: u32, count: usize) -> Vec<usize> {
    let first = round as usize;
    let mut turns: Vec<usize> = (0..count).map(|turn| (first + turn) % count).collect();
    if round % 2 == 1 && count > 1 {
        turns[1..].reverse();
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_has_a_turn_and_another_one_begins() {
        for count in 1..8 {
            for round in 0..10_u32 {
                let mut turns = order(round, count);
                assert_eq!(turns[0], round as usize % count);
                turns.sort_unstable();
                assert_eq!(turns, (0..count).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn none_always_follows_the_same_one() {
        let before = |round| {
            let turns = order(round, 4);
            turns
                .iter()
                .position(|&one| one == 2)
                .map(|at| turns[(at + 3) % 4])
        };
        assert_ne!(before(0), before(1));
    }
}
