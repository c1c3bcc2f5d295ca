//! Environment variables of commands, with the names of Hadoop.
//!
//! | variable and its older name | value |
//! |---|---|
//! | `mapreduce_job_id`, `mapred_job_id` | the job's id |
//! | `mapreduce_job_name`, `mapred_job_name` | the job's name |
//! | `mapreduce_job_reduces`, `mapred_reduce_tasks` | number of reduce tasks |
//! | `mapreduce_task_id`, `mapred_tip_id` | id of the task, such as `task_JOB_m_000003` |
//! | `mapreduce_task_attempt_id`, `mapred_task_id` | id of the attempt, such as `attempt_JOB_m_000003_0` |
//! | `mapreduce_task_partition`, `mapred_task_partition` | number of the map task or partition |
//! | `mapreduce_task_ismap`, `mapred_task_is_map` | `true` for map tasks, otherwise `false` |
//! | `mapreduce_map_input_file`, `map_input_file` | path of the input file |
//! | `mapreduce_map_input_start`, `map_input_start` | offset of the split in the file, in bytes |
//! | `mapreduce_map_input_length`, `map_input_length` | length of the split, in bytes |
//! | `mapreduce_job_local_dir`, `job_local_dir`, `mapreduce_cluster_local_dir`, `mapred_local_dir`, `TMPDIR` | folder that is deleted after the attempt |
//!
//! `PATH` starts with the working directory of the command. The settings of the worker are removed, because they may
//! contain passwords. The parameters `env.NAME` override all other variables.

use std::ffi::{OsStr, OsString};
use std::process::Command;

use mapreduce_job::TaskContext;

use crate::task_folder::TaskFolder;

/// Prefix of the worker's settings.
const SETTING_PREFIX: &str = "MAPREDUCE__";

/// Alternative name of the setting `redis.url`, which other programs use too. Its value may contain a password.
const REDIS_URL: &str = "REDIS_URL";

/// Sets the variables of `command`; `given` are those of the parameters `env.NAME`.
pub(crate) fn set(
    command: &mut Command,
    context: &TaskContext,
    is_map: bool,
    folder: &TaskFolder,
    given: &[(String, String)],
) {
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_setting(name)) {
        command.env_remove(name);
    }
    command.envs(task_variables(context, is_map));
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

/// Returns `true` if the variable is a setting of the worker.
fn is_setting(name: &OsStr) -> bool {
    name == REDIS_URL
        || name
            .as_encoded_bytes()
            .starts_with(SETTING_PREFIX.as_bytes())
}

fn task_variables(context: &TaskContext, is_map: bool) -> Vec<(&'static str, OsString)> {
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
    fn settings_of_the_worker_are_recognized() {
        for setting in ["REDIS_URL", "MAPREDUCE__REDIS__URL", "MAPREDUCE__JOB__ID"] {
            assert!(is_setting(OsStr::new(setting)), "{setting}");
        }
        for other in ["PATH", "REDIS_URL_2", "mapreduce_job_id", "MAPREDUCE"] {
            assert!(!is_setting(OsStr::new(other)), "{other}");
        }
    }
}
