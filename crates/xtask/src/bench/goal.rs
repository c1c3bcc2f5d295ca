//! What is aimed at, and whether it was reached. A miss is no error.

use std::fmt;

/// A figure beside its goal.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Goal {
    pub(super) what: String,
    /// The figure with its unit, and its spread if it has one.
    pub(super) figure: String,
    /// The goal in words.
    pub(super) target: String,
    pub(super) met: bool,
}

impl Goal {
    /// A figure that is to be `limit` or less; `spread` is shown behind it.
    pub(super) fn at_most(what: &str, figure: f64, limit: f64, unit: &str, spread: &str) -> Self {
        Self::new(
            what,
            figure,
            unit,
            spread,
            format!("≤ {limit}{unit}"),
            figure <= limit,
        )
    }

    /// A figure that is to be `limit` or more.
    pub(super) fn at_least(what: &str, figure: f64, limit: f64, unit: &str, spread: &str) -> Self {
        Self::new(
            what,
            figure,
            unit,
            spread,
            format!("≥ {limit}{unit}"),
            figure >= limit,
        )
    }

    fn new(what: &str, figure: f64, unit: &str, spread: &str, target: String, met: bool) -> Self {
        let digits = if figure >= 20.0 { 0 } else { 2 };
        let mut shown = format!("{figure:.digits$}{unit}");
        if !spread.is_empty() {
            shown += &format!(" ({spread})");
        }
        Self {
            what: what.to_owned(),
            figure: shown,
            target,
            met,
        }
    }

    /// PASS or MISS.
    pub(super) fn word(&self) -> &'static str {
        if self.met { "PASS" } else { "MISS" }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            figure,
            target,
            ..
        } = self;
        write!(f, "{} {what}: {figure}, goal {target}", self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_at_its_limit_and_missed_beyond() {
        let at = |figure| Goal::at_most("ratio", figure, 0.4, "", "0.38–0.45");
        assert_eq!(
            at(0.4).to_string(),
            "PASS ratio: 0.40 (0.38–0.45), goal ≤ 0.4"
        );
        assert_eq!(at(0.401).word(), "MISS");
        let speed = Goal::at_least("empty tasks", 9999.0, 10_000.0, " tasks/s", "");
        assert_eq!(
            speed.to_string(),
            "MISS empty tasks: 9999 tasks/s, goal ≥ 10000 tasks/s"
        );
    }
}
