//! The part `scan`: the planner's search for record boundaries, by the example `scan`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};

use super::goal::Goal;
use super::report::Report;
use crate::workspace::{build_example, describe};

pub(super) fn run(input: &Path, report: &mut Report) -> anyhow::Result<()> {
    let mut command = Command::new(build_example("scan")?);
    command.arg(input);
    let line = describe(&command);
    let output = command
        .output()
        .with_context(|| format!("cannot start `{line}`"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{line}` failed: {said}");
    let text = String::from_utf8_lossy(&output.stdout);
    let speed: f64 = text
        .trim()
        .parse()
        .with_context(|| format!("no speed from `{line}`: {text:?}"))?;
    report.goal(Goal::at_least(
        "planner: search for record boundaries, with reading",
        speed,
        1.0,
        " GB/s",
        "",
    ));
    Ok(())
}
