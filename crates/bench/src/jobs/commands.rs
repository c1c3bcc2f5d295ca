//! Throughput of streaming commands as mapper and reducer.

use anyhow::Context;

use super::contest::{self, Check, Entrant};
use super::setup::Setup;
use crate::figures::{Spread, megabytes, wall};
use crate::goal::Goal;
use crate::paths::utf8;
use crate::report::Report;

/// Goal in MB of input per second and slot.
const GOAL: f64 = 150.0;

pub(super) fn run(setup: &Setup, report: &mut Report) -> anyhow::Result<()> {
    let entrant = |name: &str, mapper: &str, reducer: &str| {
        let args = ["--format", "text", "--mapper", mapper, "--reducer", reducer];
        Entrant::ours(setup, name, setup.slots, &setup.lines, &args)
    };
    let entrants = [
        entrant("cat, wc -l", "cat", "wc -l")?,
        entrant("wc -l, NONE", "wc -l", "NONE")?,
        Entrant::shell(
            setup,
            "shell pipe",
            "cat \"$1\" | cat | wc -l",
            &[utf8(&setup.lines)?],
        )?,
    ];
    let series = contest::run(setup, &entrants, Check::Sum(setup.line_count))?;
    report.text(
        "Streaming commands as mapper and reducer on the lines. With the mapper `cat` and the reducer `wc -l`, every byte goes \
         through three pipes and is sorted between the second and the third. With `wc -l` alone it goes through one. The \
         shell pipe is `cat FILE | cat | wc -l` and uses as many cores as it can. The speed is that of the whole job and \
         counts each byte of the input once:",
    );
    let slots = [setup.slots, setup.slots, 1];
    let bytes = setup.line_bytes();
    report.table(&contest::table(&series, 2, Some((bytes, &slots))));
    let goals = [
        "mapper `cat`, reducer `wc -l`",
        "mapper `wc -l`, no reducer",
    ];
    for (what, one) in goals.iter().zip(&series) {
        let speed = |run: &_| Some(megabytes(bytes) / wall(run)? / setup.slots as f64);
        let speed: Spread = one.spread(speed).context("no round")?;
        let range = speed.range(0);
        report.goal(Goal::at_least(
            what,
            speed.median,
            GOAL,
            " MB/s per slot",
            &range,
        ));
    }
    Ok(())
}
