//! The part `scan`: the planner's search for record boundaries, measured by the example `scan`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};

use crate::goal::Goal;
use crate::report::Report;
use devtools::workspace::{build_example, describe};

/// Runs the part.
pub(crate) fn run(input: &Path, report: &mut Report) -> anyhow::Result<()> {
    let mut command = Command::new(build_example("bench", "scan")?);
    command.arg(input);
    let line = describe(&command);
    let output = command
        .output()
        .with_context(|| format!("cannot start `{line}`"))?;
    let log = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{line}` failed: {log}");
    let text = String::from_utf8_lossy(&output.stdout);
    let speed: f64 = text
        .trim()
        .parse()
        .with_context(|| format!("`{line}` printed {text:?} instead of a speed"))?;
    report.goal(Goal::at_least(
        "planner: search for record boundaries, including reading",
        speed,
        1.0,
        " GB/s",
        "",
    ));
    Ok(())
}
