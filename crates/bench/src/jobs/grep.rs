//! `grep` of a rare literal on one slot against GNU grep.

use anyhow::Context;

use super::contest::{self, Check, Entrant};
use super::gnu::Gnu;
use super::lines::NEEDLE;
use super::setup::Setup;
use crate::figures::wall;
use crate::goal::Goal;
use crate::paths::utf8;
use crate::report::Report;

/// Goal in GB per second on one slot.
const GOAL: f64 = 1.0;

pub(super) fn run(setup: &Setup, gnu: &Gnu, report: &mut Report) -> anyhow::Result<()> {
    let pattern = format!("pattern={NEEDLE}");
    let args = ["--format", "text", "--job", "grep", "--param", &pattern];
    let entrants = [
        Entrant::ours(setup, "grep", 1, &setup.lines, &args)?,
        Entrant::shell(
            setup,
            "GNU grep",
            "LC_ALL=C \"$1\" -F -e \"$2\" -- \"$3\"",
            &[gnu.path()?, NEEDLE, utf8(&setup.lines)?],
        )?,
    ];
    let series = contest::run(setup, &entrants, Check::Equal)?;
    report.text(
        "Lines that contain a literal (one in 100,000), on one slot; GNU grep is `LC_ALL=C grep -F`. The results are equal:",
    );
    let bytes = setup.line_bytes();
    report.table(&contest::table(&series, 1, Some((bytes, &[1, 1]))));
    let speed = series[0].spread(|run| Some(bytes as f64 / 1e9 / wall(run)?));
    let speed = speed.context("no round")?;
    report.goal(Goal::at_least(
        "`grep` of a literal",
        speed.median,
        GOAL,
        " GB/s per slot",
        &speed.range(2),
    ));
    Ok(())
}
