//! Progress on a terminal: a bar; elsewhere log lines, since a bar draws nothing there.

use std::io::{IsTerminal, stderr};

use indicatif::{ProgressBar, ProgressStyle};
use master::Progress;
use store::JobStatus;

/// Shows how far the job is.
#[derive(Debug, Default)]
pub(crate) struct Bar {
    bar: Option<ProgressBar>,
    lines: Progress,
}

impl Bar {
    pub(crate) fn show(&mut self, status: &JobStatus) {
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

    /// Takes the bar off the screen.
    pub(crate) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
