//! `mapreduce jobs`: all jobs, and their parameters.

use std::process::ExitCode;

use mapreduce_job::JobInfo;
use mapreduce_job::Registry;
use settings::Exit;

use crate::output::print_line;

/// Lists all jobs, one per line, or describes the job `name`.
pub(crate) fn jobs(registry: &Registry, name: Option<&str>) -> ExitCode {
    let Some(name) = name else {
        list(registry);
        return Exit::Done.into();
    };
    match registry.get(name) {
        Ok(job) => {
            describe(job.info());
            Exit::Done.into()
        }
        Err(error) => settings::fail(Exit::BadSettings, &error),
    }
}

fn list(registry: &Registry) {
    for job in registry.iter() {
        let JobInfo { name, help, .. } = job.info();
        print_line(&format!("{name:<16} {help}"));
    }
    print_line(
        "\n`mapreduce jobs NAME` shows the parameters of a job, `mapreduce run --job NAME` runs it.",
    );
}

fn describe(info: &JobInfo) {
    print_line(&format!("{}: {}", info.name, info.help));
    if !info.params.is_empty() {
        print_line("\nparameters (--param NAME=VALUE):");
    }
    for param in info.params {
        let default = match param.default {
            None => "required".to_owned(),
            Some("") => "default: not set".to_owned(),
            Some(default) => format!("default: {default}"),
        };
        print_line(&format!("  {:<16} {} [{default}]", param.name, param.help));
    }
    if !info.example.is_empty() {
        // The example contains `--job NAME` itself, unless the job is the default.
        print_line(&format!("\nexample:\n  mapreduce run {}", info.example));
    }
}
