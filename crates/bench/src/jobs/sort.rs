//! `sort` against GNU sort with the same number of threads.

use anyhow::Context;

use super::contest::{self, Check, Entrant};
use super::gnu::Gnu;
use super::setup::Setup;
use crate::goal::Goal;
use crate::paths::utf8;
use crate::report::Report;

pub(super) fn run(setup: &Setup, gnu: &Gnu, report: &mut Report) -> anyhow::Result<()> {
    let args = ["--format", "text", "--job", "sort"];
    let threads = setup.slots.to_string();
    let entrants = [
        Entrant::ours(setup, "sort", setup.slots, &setup.lines, &args)?,
        Entrant::shell(
            setup,
            "GNU sort",
            "LC_ALL=C \"$1\" --parallel=\"$2\" -S 1G -T \"$3\" -- \"$4\"",
            &[
                gnu.path()?,
                &threads,
                utf8(setup.folder.path())?,
                utf8(&setup.lines)?,
            ],
        )?,
    ];
    let series = contest::run(setup, &entrants, Check::Equal)?;
    report.text(&format!(
        "The lines sorted by bytes; GNU sort is `LC_ALL=C sort --parallel={threads} -S 1G`. Our result is synced to disk when \
         the program ends. The results are equal byte for byte:"
    ));
    report.table(&contest::table(&series, 1, None));
    let ratio = series[0].ratio(&series[1]).context("no round")?;
    report.goal(Goal::at_most(
        "`sort` / GNU sort, wall time",
        ratio.median,
        1.0,
        "",
        &ratio.range(2),
    ));
    Ok(())
}
