//! The variables that commands find, named as Hadoop names them.
//!
//! | variable, and its older name | value |
//! |---|---|
//! | `mapreduce_job_id`, `mapred_job_id` | the job's id |
//! | `mapreduce_job_name`, `mapred_job_name` | the job's name |
//! | `mapreduce_job_reduces`, `mapred_reduce_tasks` | number of reduce tasks |
//! | `mapreduce_task_id`, `mapred_tip_id` | such as `task_JOB_m_000003` |
//! | `mapreduce_task_attempt_id`, `mapred_task_id` | such as `attempt_JOB_m_000003_0` |
//! | `mapreduce_task_partition`, `mapred_task_partition` | the number of the map task, or of the partition |
//! | `mapreduce_task_ismap`, `mapred_task_is_map` | `true` or `false` |
//! | `mapreduce_map_input_file`, `map_input_file` | path of the input file |
//! | `mapreduce_map_input_start`, `map_input_start` | offset of the split in it, in bytes |
//! | `mapreduce_map_input_length`, `map_input_length` | length of the split, in bytes |
//! | `mapreduce_job_local_dir`, `job_local_dir`, `mapreduce_cluster_local_dir`, `mapred_local_dir`, `TMPDIR` | a folder that goes with the attempt |
//!
//! `PATH` begins with the folder that the command runs in. The settings of the program itself, which may hold
//! passwords, are taken away. What `env.NAME` says comes last.

use std::ffi::{OsStr, OsString};
use std::process::Command;

use mapreduce::job::TaskContext;

use crate::folder::Folder;

/// What the variables of our own settings begin with.
const SETTINGS: &str = "MAPREDUCE__";

/// Where Redis is, with its password: a setting of ours by a name that others use too.
const REDIS: &str = "REDIS_URL";

/// Sets the variables of `command`.
pub(crate) fn set(
    command: &mut Command,
    context: &TaskContext,
    is_map: bool,
    folder: &Folder,
    given: &[(String, String)],
) {
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_ours(name)) {
        command.env_remove(name);
    }
    command.envs(of_task(context, is_map));
    for name in [
        "TMPDIR",
        "job_local_dir",
        "mapred_local_dir",
        "mapreduce_cluster_local_dir",
        "mapreduce_job_local_dir",
    ] {
        command.env(name, folder.temporary());
    }
    command.envs(given.iter().map(|(name, value)| (name, value)));
    let path = given.iter().find(|(name, _)| name == "PATH");
    let path = match path {
        Some((_, path)) => Some(OsString::from(path)),
        None => std::env::var_os("PATH"),
    };
    command.env("PATH", folder.search_path(path));
}

/// Whether a variable is a setting of the program itself.
fn is_ours(name: &OsStr) -> bool {
    name == REDIS || name.as_encoded_bytes().starts_with(SETTINGS.as_bytes())
}

fn of_task(context: &TaskContext, is_map: bool) -> Vec<(&'static str, OsString)> {
    let mut variables = Vec::new();
    let mut set = |names: [&'static str; 2], value: OsString| {
        variables.extend(names.map(|name| (name, value.clone())));
    };
    let (letter, number) = match is_map {
        true => ('m', context.task),
        false => ('r', context.partition),
    };
    let job = &context.job_id;
    // Hadoop counts attempts from 0.
    let attempt = context.attempt.saturating_sub(1);
    let task = format!("task_{job}_{letter}_{number:06}").into();
    let attempt = format!("attempt_{job}_{letter}_{number:06}_{attempt}").into();
    set(["mapreduce_job_id", "mapred_job_id"], job.into());
    let name = (&context.job).into();
    set(["mapreduce_job_name", "mapred_job_name"], name);
    let reduces = context.reduces.to_string().into();
    set(["mapreduce_job_reduces", "mapred_reduce_tasks"], reduces);
    set(["mapreduce_task_id", "mapred_tip_id"], task);
    set(["mapreduce_task_attempt_id", "mapred_task_id"], attempt);
    let number = number.to_string().into();
    set(
        ["mapreduce_task_partition", "mapred_task_partition"],
        number,
    );
    let is_map = is_map.to_string().into();
    set(["mapreduce_task_ismap", "mapred_task_is_map"], is_map);
    if let Some(split) = &context.split {
        let path = std::path::absolute(&context.path);
        let path = path.unwrap_or_else(|_| context.path.clone());
        set(["mapreduce_map_input_file", "map_input_file"], path.into());
        let start = split.start.to_string().into();
        set(["mapreduce_map_input_start", "map_input_start"], start);
        let len = (split.end - split.start).to_string().into();
        set(["mapreduce_map_input_length", "map_input_length"], len);
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_setting_of_the_program_is_for_commands() {
        for ours in ["REDIS_URL", "MAPREDUCE__REDIS__URL", "MAPREDUCE__JOB__ID"] {
            assert!(is_ours(OsStr::new(ours)), "{ours}");
        }
        for other in ["PATH", "REDIS_URL_2", "mapreduce_job_id", "MAPREDUCE"] {
            assert!(!is_ours(OsStr::new(other)), "{other}");
        }
    }
}
