//! One measured run of a system.

use std::fs;

use anyhow::Context;
use devtools::workspace::release_binary;

use crate::figures::Run;
use crate::measure::measure;
use crate::paths::utf8;
use crate::system::{Aggregate, System};
use crate::word_count_job::{OwnArgs, WordCountJob};
use crate::{cluster, python};

/// Runs the job once and measures it.
///
/// # Errors
/// The system cannot be started or fails.
pub(crate) fn run(system: System, job: &WordCountJob<'_>) -> anyhow::Result<Run> {
    let path = system.output(job.folder);
    // Otherwise the result of an earlier run could pass for that of this run.
    if path.exists() {
        fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    let (input, output) = (utf8(job.input)?, utf8(&path)?);
    let threads = job.threads.to_string();
    let log = job.folder.join("run.log");
    let usage = match system {
        System::Embedded => {
            let mut args = vec!["run"];
            let own = OwnArgs::new(job, job.aggregate)?;
            args.extend(own.iter());
            args.extend(["--output", output]);
            measure(&release_binary("mapreduce"), &args, &log)
        }
        System::Cluster => {
            return cluster::run(&OwnArgs::new(job, job.aggregate)?, output, job);
        }
        System::Live => {
            return cluster::run(&OwnArgs::new(job, Aggregate::Live)?, output, job);
        }
        System::Serial => measure(&release_binary("serial"), &[input, "text", output], &log),
        System::Duckdb | System::Polars => {
            let (module, _) = python::module(system).context("the system has no Python module")?;
            let script = python::script(job.folder, module);
            let args = [utf8(&script)?, input, "text", &threads, output];
            measure(&python::python(), &args, &log)
        }
    }?;
    Ok(Run {
        usage,
        cluster: None,
    })
}
