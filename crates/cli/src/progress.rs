//! Progress of a job: a bar on a terminal, log lines elsewhere.

use std::io::{IsTerminal, stderr};

use indicatif::{ProgressBar, ProgressStyle};
use master::Progress;
use store::JobStatus;

/// Progress of one job.
#[derive(Debug, Default)]
pub(crate) struct Bar {
    /// Created at the first status, which contains the number of tasks.
    bar: Option<ProgressBar>,
    lines: Progress,
}

impl Bar {
    /// Shows `status`.
    pub(crate) fn show(&mut self, status: &JobStatus) {
        // indicatif draws nothing on a pipe or a file.
        if !stderr().is_terminal() {
            return self.lines.log(status);
        }
        let bar = self.bar.get_or_insert_with(|| {
            let style =
                ProgressStyle::with_template("{bar:40} {pos}/{len} tasks  {msg}  {elapsed}");
            ProgressBar::new(u64::from(status.total))
                .with_style(style.expect("the template is valid"))
        });
        bar.set_position(u64::from(status.done));
        bar.set_message(format!("{} records", status.counters.records));
    }

    /// Removes the bar from the terminal.
    pub(crate) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
