//! Goals for figures. A missed goal is not an error.

use std::fmt;

/// A figure and its goal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Goal {
    /// Name of the figure.
    pub(crate) name: String,
    /// Figure with its unit and, if there is one, its spread.
    pub(crate) figure: String,
    /// Goal with its unit.
    pub(crate) target: String,
    /// True if the figure reaches the goal.
    pub(crate) met: bool,
}

impl Goal {
    /// Returns the goal that `figure` is at most `limit`. `spread` is printed after the figure.
    pub(crate) fn at_most(name: &str, figure: f64, limit: f64, unit: &str, spread: &str) -> Self {
        Self::new(
            name,
            figure,
            unit,
            spread,
            format!("≤ {limit}{unit}"),
            figure <= limit,
        )
    }

    /// Returns the goal that `figure` is at least `limit`.
    pub(crate) fn at_least(name: &str, figure: f64, limit: f64, unit: &str, spread: &str) -> Self {
        Self::new(
            name,
            figure,
            unit,
            spread,
            format!("≥ {limit}{unit}"),
            figure >= limit,
        )
    }

    fn new(name: &str, figure: f64, unit: &str, spread: &str, target: String, met: bool) -> Self {
        let digits = if figure >= 20.0 { 0 } else { 2 };
        let mut shown = format!("{figure:.digits$}{unit}");
        if !spread.is_empty() {
            shown += &format!(" ({spread})");
        }
        Self {
            name: name.to_owned(),
            figure: shown,
            target,
            met,
        }
    }

    /// Verdict in one word.
    pub(crate) fn verdict(&self) -> &'static str {
        if self.met { "PASS" } else { "MISS" }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            figure,
            target,
            ..
        } = self;
        write!(f, "{} {name}: {figure}, goal {target}", self.verdict())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_at_the_limit_meets_the_goal() {
        let at = |figure| Goal::at_most("ratio", figure, 0.4, "", "0.38–0.45");
        assert_eq!(
            at(0.4).to_string(),
            "PASS ratio: 0.40 (0.38–0.45), goal ≤ 0.4"
        );
        assert_eq!(at(0.401).verdict(), "MISS");
        let speed = Goal::at_least("empty tasks", 9999.0, 10_000.0, " tasks/s", "");
        assert_eq!(
            speed.to_string(),
            "MISS empty tasks: 9999 tasks/s, goal ≥ 10000 tasks/s"
        );
    }
}
