//! The part `jobs`: what the interface of jobs costs, and how fast those that come along are.
//!
//! Four contests, each in alternating rounds whose outputs are compared: a user's word count against the one that
//! comes along, commands as mapper and reducer against a pipe, `grep` and `sort` against GNU's.

mod commands;
mod contest;
mod gnu;
mod grep;
mod lines;
mod sort;
mod word_count;

use std::path::PathBuf;

use anyhow::Context;

use super::figures::megabytes;
use super::report::Report;
use super::{Args, data};
use crate::workspace::build_release;
use gnu::Gnu;

/// What the contests share.
#[derive(Debug)]
struct Setting {
    rounds: u32,
    slots: usize,
    /// The table whose words are counted.
    table: PathBuf,
    /// Lines of 100 bytes.
    lines: PathBuf,
    line_count: u64,
    /// Folder of outputs, logs and what programs put aside; goes with this.
    folder: tempfile::TempDir,
}

impl Setting {
    fn line_bytes(&self) -> u64 {
        self.line_count * lines::LINE as u64
    }
}

pub(super) fn run(args: &Args, report: &mut Report) -> anyhow::Result<()> {
    let (gnu_sort, gnu_grep) = (Gnu::find("sort")?, Gnu::find("grep")?);
    build_release(&["cli"])?;
    let data = data::folder()?;
    let setting = Setting {
        rounds: args.rounds,
        slots: args.threads(),
        table: data::input(args.rows, args.seed)?,
        lines: lines::input(&data, args.lines, args.seed)?,
        line_count: args.lines,
        // Beside the data, not in a temporary folder, which may be memory: sorting puts gigabytes there.
        folder: tempfile::tempdir_in(&data).context("cannot make a folder for outputs")?,
    };
    let table_bytes = data::warm_up(&setting.table)?;
    data::warm_up(&setting.lines)?;
    report.section(
        "Jobs",
        &format!(
            "{:.0} MB of CSV ({} records), and {:.0} MB of {} lines of {} bytes that begin with a random key; {} slots, but one \
             for grep; {} rounds",
            megabytes(table_bytes),
            args.rows,
            megabytes(setting.line_bytes()),
            setting.line_count,
            lines::LINE,
            setting.slots,
            setting.rounds,
        ),
    );
    word_count::run(&setting, report)?;
    commands::run(&setting, report)?;
    grep::run(&setting, &gnu_grep, report)?;
    sort::run(&setting, &gnu_sort, report)?;
    report.version(gnu_sort.version);
    report.version(gnu_grep.version);
    Ok(())
}
