//! What was measured, for the terminal and for `docs`.

use std::fs;
use std::path::Path;

use anyhow::Context;

use super::chart::{self, Panel};
use super::goal::Goal;
use super::machine;
use super::table::Table;

/// Whatever follows this line in benchmarks.md was written by people and stays.
const BY_HAND: &str = "<!-- What follows is written by hand: `cargo xtask bench` keeps it. -->";

/// How figures come about, for whoever reads them.
const METHOD: &str = "\
Figures are medians over rounds; a range is the smallest and the largest. Ratios compare runs of the same round. Each round begins with
another program, and every other round goes backwards. Every program writes all words with their counts, the most frequent first, ties by
the bytes of the word, and every result of every round is compared byte for byte with that of the serial program (CSV is brought into the same form).
The input is in the page cache. Wall time is that of a whole process, start and end included; Python's imports are part of DuckDB's and Polars'.

- *embedded* is `mapreduce run`.
- *cluster* is one `redis-server` without persistence, which runs and is empty, one `master` and one `worker`, both started at the same moment, without
  checkpoints. Its wall time is that of the master: from its start to its end, when the result is on disk and synced. Its CPU time is that
  of all three, its peak memory that of the worker.
- *live* is the same cluster with `job.aggregate=live`.
- *serial Rust* is the program that one writes first: the `csv` crate, a `HashMap`, one thread.
- *Jobs* are measured by `mapreduce run` in the same way; their results are compared with each other in every round, not with the serial program's.
- Redis time is the sum over `INFO commandstats`, in which commands inside of functions count twice: an upper bound.
";

/// The report as it grows; everything is printed at once.
#[derive(Debug, Default)]
pub(super) struct Report {
    body: String,
    goals: Vec<Goal>,
    panels: Vec<Panel>,
    versions: Vec<String>,
}

impl Report {
    /// Begins a section; `about` says what was measured.
    pub(super) fn section(&mut self, title: &str, about: &str) {
        println!("\n{title}: {about}\n");
        self.body += &format!("\n## {title}\n\n{about}.\n\n");
    }

    /// A paragraph.
    pub(super) fn text(&mut self, text: &str) {
        println!("\n{text}\n");
        self.body += &format!("\n{text}\n\n");
    }

    pub(super) fn table(&mut self, table: &Table) {
        let text = table.markdown();
        print!("{text}");
        self.body += &text;
    }

    pub(super) fn goal(&mut self, goal: Goal) {
        println!("{goal}");
        self.goals.push(goal);
    }

    /// A part of the chart.
    pub(super) fn panel(&mut self, panel: Panel) {
        self.panels.push(panel);
    }

    /// Names something that was measured with its version.
    pub(super) fn version(&mut self, text: String) {
        self.versions.push(text);
    }

    /// Sums up, and writes benchmarks.md and benchmarks.svg into `folder` if there is one.
    pub(super) fn finish(&self, folder: Option<&Path>) -> anyhow::Result<()> {
        println!("\n{}", self.goals_table());
        let Some(folder) = folder else {
            return Ok(());
        };
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let page = folder.join("benchmarks.md");
        let before = fs::read_to_string(&page).unwrap_or_default();
        write(&page, &self.page(&before))?;
        if !self.panels.is_empty() {
            write(&folder.join("benchmarks.svg"), &chart::svg(&self.panels))?;
        }
        Ok(())
    }

    /// All goals, or nothing if none was measured.
    fn goals_table(&self) -> String {
        if self.goals.is_empty() {
            return String::new();
        }
        let mut table = Table::new(&["goals", "measured", "goal", "verdict"]);
        for goal in &self.goals {
            table.row(vec![
                goal.what.clone(),
                goal.figure.clone(),
                goal.target.clone(),
                goal.word().to_owned(),
            ]);
        }
        table.markdown()
    }

    /// The page, with what people have written at the end of the one `before`.
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
            "![Bars of the wall time and of the peak memory of every system](benchmarks.svg)\n\n"
        };
        let by_hand = before.split_once(BY_HAND).map_or("\n", |(_, rest)| rest);
        format!(
            "# Benchmarks\n\nWritten by `cargo xtask {command}`. Machine: {}. Versions: {}.\n\
             Machines are noisy and unlike: the ratios are the figures, not the seconds.\n\n\
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
    fn what_people_wrote_outlives_new_figures() {
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
