//! `grep` of a literal that few lines hold, on one slot, against GNU grep.

use anyhow::Context;

use super::Setting;
use super::contest::{self, Check, Entrant};
use super::gnu::Gnu;
use super::lines::NEEDLE;
use crate::bench::figures::wall;
use crate::bench::goal::Goal;
use crate::bench::report::Report;
use crate::bench::system::utf8;

/// The goal, in GB a second on one slot.
const GOAL: f64 = 1.0;

pub(super) fn run(setting: &Setting, gnu: &Gnu, report: &mut Report) -> anyhow::Result<()> {
    let pattern = format!("pattern={NEEDLE}");
    let args = ["--format", "text", "--job", "grep", "--param", &pattern];
    let entrants = [
        Entrant::ours(setting, "grep", 1, &setting.lines, &args)?,
        Entrant::shell(
            setting,
            "GNU grep",
            "LC_ALL=C \"$1\" -F -e \"$2\" -- \"$3\"",
            &[gnu.path()?, NEEDLE, utf8(&setting.lines)?],
        )?,
    ];
    let series = contest::run(setting, &entrants, Check::Equal)?;
    report.text(
        "Lines that hold a literal, one in 100,000, by one slot; GNU grep by `LC_ALL=C grep -F`. The results are equal:",
    );
    let bytes = setting.line_bytes();
    report.table(&contest::table(&series, 1, Some((bytes, &[1, 1]))));
    let speed = series[0].spread(|run| Some(bytes as f64 / 1e9 / wall(run)?));
    let speed = speed.context("no round")?;
    report.goal(Goal::at_least(
        "`grep` of a literal",
        speed.median,
        GOAL,
        " GB/s a slot",
        &speed.range(2),
    ));
    Ok(())
}
