//! Order of the programs in a round.

/// Returns the indexes of `count` programs in the order of round `round`.
///
/// Each round starts with another program and every other round runs in reverse order, so that no program always runs
/// after the same one.
pub(crate) fn order(round: u32, count: usize) -> Vec<usize> {
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
    fn every_program_has_a_turn_and_another_one_starts() {
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
    fn no_program_always_runs_after_the_same_one() {
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
