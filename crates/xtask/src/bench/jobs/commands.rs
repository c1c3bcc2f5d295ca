//! Commands as mapper and reducer: how much goes through their pipes.

use anyhow::Context;

use super::Setting;
use super::contest::{self, Check, Entrant};
use crate::bench::figures::{Spread, megabytes, wall};
use crate::bench::goal::Goal;
use crate::bench::report::Report;
use crate::bench::system::utf8;

/// The goal, in MB of input a second and slot.
const GOAL: f64 = 150.0;

pub(super) fn run(setting: &Setting, report: &mut Report) -> anyhow::Result<()> {
    let entrant = |name: &str, mapper: &str, reducer: &str| {
        let args = ["--format", "text", "--mapper", mapper, "--reducer", reducer];
        Entrant::ours(setting, name, setting.slots, &setting.lines, &args)
    };
    let entrants = [
        entrant("cat, wc -l", "cat", "wc -l")?,
        entrant("wc -l, NONE", "wc -l", "NONE")?,
        Entrant::shell(
            setting,
            "pipe of the shell",
            "cat \"$1\" | cat | wc -l",
            &[utf8(&setting.lines)?],
        )?,
    ];
    let series = contest::run(setting, &entrants, Check::Sum(setting.line_count))?;
    report.text(
        "Commands as mapper and reducer on the lines. With the mapper `cat` and the reducer `wc -l` every byte goes through \
         three pipes, and is sorted between the second and the third; with `wc -l` alone, through one. The pipe of the \
         shell is `cat FILE | cat | wc -l`, on as many cores as it can use. The speed is that of the whole job, each byte of the input counted once:",
    );
    let slots = [setting.slots, setting.slots, 1];
    let bytes = setting.line_bytes();
    report.table(&contest::table(&series, 2, Some((bytes, &slots))));
    let goals = [
        "mapper `cat`, reducer `wc -l`",
        "mapper `wc -l`, no reducer",
    ];
    for (what, one) in goals.iter().zip(&series) {
        let speed = |run: &_| Some(megabytes(bytes) / wall(run)? / setting.slots as f64);
        let speed: Spread = one.spread(speed).context("no round")?;
        let range = speed.range(0);
        report.goal(Goal::at_least(
            what,
            speed.median,
            GOAL,
            " MB/s a slot",
            &range,
        ));
    }
    Ok(())
}
