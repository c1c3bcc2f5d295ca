//! The part `jobs`: four contests in alternating rounds whose outputs are compared.
//!
//! A user's word count runs against the built-in one, streaming commands against a shell pipe, and `grep` and `sort`
//! against GNU's.

use anyhow::Context;
use devtools::workspace::build_release;

use super::gnu::Gnu;
use super::setup::Setup;
use super::{commands, grep, lines, sort, word_count};
use crate::args::Args;
use crate::data;
use crate::figures::megabytes;
use crate::report::Report;

/// Runs all four contests.
pub(crate) fn run(args: &Args, report: &mut Report) -> anyhow::Result<()> {
    let (gnu_sort, gnu_grep) = (Gnu::find("sort")?, Gnu::find("grep")?);
    build_release(&["cli"])?;
    let data = data::folder()?;
    let setup = Setup {
        rounds: args.rounds,
        slots: args.threads(),
        table: data::input(args.rows, args.seed)?,
        lines: lines::input(&data, args.lines, args.seed)?,
        line_count: args.lines,
        // In the folder of the data, because a temporary folder may be in memory and sorting writes gigabytes.
        folder: tempfile::tempdir_in(&data).context("cannot create a folder for outputs")?,
    };
    let table_bytes = data::warm_up(&setup.table)?;
    data::warm_up(&setup.lines)?;
    report.section(
        "Jobs",
        &format!(
            "{:.0} MB of CSV ({} records), and {:.0} MB of {} lines of {} bytes that start with a random key; {} slots, one \
             slot for grep; {} rounds",
            megabytes(table_bytes),
            args.rows,
            megabytes(setup.line_bytes()),
            setup.line_count,
            lines::LINE,
            setup.slots,
            setup.rounds,
        ),
    );
    word_count::run(&setup, report)?;
    commands::run(&setup, report)?;
    grep::run(&setup, &gnu_grep, report)?;
    sort::run(&setup, &gnu_sort, report)?;
    report.version(gnu_sort.version);
    report.version(gnu_grep.version);
    Ok(())
}
