//! `sort` against GNU sort with as many threads.

use anyhow::Context;

use super::Setting;
use super::contest::{self, Check, Entrant};
use super::gnu::Gnu;
use crate::bench::goal::Goal;
use crate::bench::report::Report;
use crate::bench::system::utf8;

pub(super) fn run(setting: &Setting, gnu: &Gnu, report: &mut Report) -> anyhow::Result<()> {
    let args = ["--format", "text", "--job", "sort"];
    let threads = setting.slots.to_string();
    let entrants = [
        Entrant::ours(setting, "sort", setting.slots, &setting.lines, &args)?,
        Entrant::shell(
            setting,
            "GNU sort",
            "LC_ALL=C \"$1\" --parallel=\"$2\" -S 1G -T \"$3\" -- \"$4\"",
            &[
                gnu.path()?,
                &threads,
                utf8(setting.folder.path())?,
                utf8(&setting.lines)?,
            ],
        )?,
    ];
    let series = contest::run(setting, &entrants, Check::Equal)?;
    report.text(&format!(
        "The lines sorted by their bytes; GNU sort by `LC_ALL=C sort --parallel={threads} -S 1G`. Ours is on disk and \
         synced when it ends. The results are equal, byte for byte:"
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
