//! `mapreduce jobs`: the jobs there are, and their parameters.

use std::process::ExitCode;

use mapreduce::Registry;
use mapreduce::job::JobInfo;
use runtime::Exit;

use crate::run::say;

/// Lists all jobs in a line each, or tells all about the one called `name`.
pub(crate) fn jobs(registry: &Registry, name: Option<&str>) -> ExitCode {
    let Some(name) = name else {
        for job in registry.iter() {
            let JobInfo { name, help, .. } = job.info();
            say(&format!("{name:<16} {help}"));
        }
        say(
            "\n`mapreduce jobs NAME` tells a job's parameters, `mapreduce run --job NAME` runs it.",
        );
        return Exit::Done.into();
    };
    match registry.get(name) {
        Ok(job) => {
            tell(job.info());
            Exit::Done.into()
        }
        Err(error) => runtime::fail(Exit::BadSettings, &error),
    }
}

fn tell(info: &JobInfo) {
    say(&format!("{}: {}", info.name, info.help));
    if !info.params.is_empty() {
        say("\nparameters, by --param NAME=VALUE:");
    }
    for param in info.params {
        let default = match param.default {
            None => "needed".to_owned(),
            Some("") => "not set".to_owned(),
            Some(default) => format!("default: {default}"),
        };
        say(&format!("  {:<16} {} [{default}]", param.name, param.help));
    }
    if !info.example.is_empty() {
        // It names the job itself, where that is needed.
        say(&format!("\nexample:\n  mapreduce run {}", info.example));
    }
}
