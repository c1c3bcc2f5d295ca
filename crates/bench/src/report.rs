//! The report: printed at once, and written to `benchmarks.md`.

use std::fs;
use std::path::Path;

use anyhow::Context;

use crate::chart::{self, Panel};
use crate::goal::Goal;
use crate::machine;
use devtools::table::Table;

/// Marker in benchmarks.md. The text after it is written by hand and is kept.
const BY_HAND: &str = "<!-- What follows is written by hand: `cargo xtask bench` keeps it. -->";

/// Description of the method for readers.
const METHOD: &str = "\
Figures are medians over rounds; a range shows the minimum and maximum. Ratios compare runs of the same round. Each round starts with
another program, and every other round runs in reverse order. Every program writes all words with their counts, most frequent first, ties by
the bytes of the word. Every result of every round is compared byte for byte with that of the serial program; CSV is converted to the same form first.
The input is in the page cache. Wall time is that of the whole process, including its start and end. For DuckDB and Polars it includes Python's imports.

- *embedded* is `mapreduce run`.
- *cluster* is one empty `redis-server` without persistence, one `master` and one `worker`, both started at the same moment, without
  checkpoints. Its wall time is that of the master, which ends when the result is synced to disk. Its CPU time is that of all three processes,
  its peak memory that of the worker.
- *live* is the same cluster with `job.aggregate=live`.
- *serial Rust* is the straightforward program: the `csv` crate, a `HashMap`, one thread.
- *Jobs* are measured with `mapreduce run` in the same way. Their results are compared with each other in every round.
- Redis time is the sum over `INFO commandstats`. It is an upper bound, because commands inside functions count twice.
";

/// The report. Each entry is printed when it is added.
#[derive(Debug, Default)]
pub(crate) struct Report {
    body: String,
    goals: Vec<Goal>,
    panels: Vec<Panel>,
    versions: Vec<String>,
}

impl Report {
    /// Starts a section. `about` describes the measurement.
    pub(crate) fn section(&mut self, title: &str, about: &str) {
        println!("\n{title}: {about}\n");
        self.body += &format!("\n## {title}\n\n{about}.\n\n");
    }

    /// Adds a paragraph.
    pub(crate) fn text(&mut self, text: &str) {
        println!("\n{text}\n");
        self.body += &format!("\n{text}\n\n");
    }

    /// Adds a table.
    pub(crate) fn table(&mut self, table: &Table) {
        let text = table.markdown();
        print!("{text}");
        self.body += &text;
    }

    /// Adds a goal.
    pub(crate) fn goal(&mut self, goal: Goal) {
        println!("{goal}");
        self.goals.push(goal);
    }

    /// Adds a panel to the chart.
    pub(crate) fn panel(&mut self, panel: Panel) {
        self.panels.push(panel);
    }

    /// Adds the name and version of a measured program.
    pub(crate) fn version(&mut self, text: String) {
        self.versions.push(text);
    }

    /// Prints all goals, and writes benchmarks.md and benchmarks.svg into `folder` if it is given.
    pub(crate) fn finish(&self, folder: Option<&Path>) -> anyhow::Result<()> {
        println!("\n{}", self.goals_table());
        let Some(folder) = folder else {
            return Ok(());
        };
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        let page = folder.join("benchmarks.md");
        let before = fs::read_to_string(&page).unwrap_or_default();
        write(&page, &self.page(&before))?;
        if !self.panels.is_empty() {
            write(&folder.join("benchmarks.svg"), &chart::svg(&self.panels))?;
        }
        Ok(())
    }

    /// Returns a table of all goals, or an empty text without goals.
    fn goals_table(&self) -> String {
        if self.goals.is_empty() {
            return String::new();
        }
        let mut table = Table::new(&["goals", "measured", "goal", "verdict"]);
        for goal in &self.goals {
            table.row(vec![
                goal.name.clone(),
                goal.figure.clone(),
                goal.target.clone(),
                goal.verdict().to_owned(),
            ]);
        }
        table.markdown()
    }

    /// Returns the page. It keeps the text by hand at the end of the page `before`.
    fn page(&self, before: &str) -> String {
        let command = std::env::args().skip(1).collect::<Vec<_>>().join(" ");
        let mut versions = self.versions.clone();
        versions.extend(
            ["redis-server", "rustc"]
                .into_iter()
                .filter_map(machine::version),
        );
        let chart = if self.panels.is_empty() {
            ""
        } else {
            "![Bar chart of the wall time and peak memory of each system](benchmarks.svg)\n\n"
        };
        let by_hand = before.split_once(BY_HAND).map_or("\n", |(_, rest)| rest);
        format!(
            "# Benchmarks\n\nWritten by `cargo xtask {command}`. Machine: {}. Versions: {}.\n\
             Machines differ and are noisy, so compare the ratios, not the seconds.\n\n\
             {chart}{}{}\n## How it is measured\n\n{METHOD}\n{BY_HAND}{by_hand}",
            machine::describe(),
            versions.join(", "),
            self.goals_table(),
            self.body,
        )
    }
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    println!("wrote {}", path.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_by_hand_is_kept_when_figures_change() {
        let mut report = Report::default();
        report.goal(Goal::at_most("ratio", 0.3, 0.4, "", ""));
        let first = report.page("");
        assert!(first.contains("| ratio |"), "{first}");
        let edited = first.replace(BY_HAND, &format!("{BY_HAND}\n\n## Where the time goes\n"));
        let second = Report::default().page(&edited);
        assert!(second.ends_with("## Where the time goes\n\n"), "{second}");
        assert!(!second.contains("| ratio |"));
    }
}
