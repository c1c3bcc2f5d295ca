//! `mapreduce status`: the jobs of a cluster and their status.

use std::process::ExitCode;

use settings::{Exit, Settings};
use store::{HeldTask, JobRecord, JobStatus, JobStore, RedisStore, StoreResult};

use crate::output::print_line;

/// Prints the status of each listed job, or of the job that `job.id` names.
#[tokio::main]
pub(crate) async fn status(settings: &Settings) -> ExitCode {
    let store = match settings::redis_store(settings) {
        Ok(store) => store,
        Err(code) => return code,
    };
    match show(&store, settings).await {
        Ok(()) => Exit::Done.into(),
        Err(error) => settings::fail(Exit::NoRedis, &error),
    }
}

async fn show(store: &RedisStore, settings: &Settings) -> StoreResult<()> {
    store.connect().await?;
    for problem in store.health(None).await?.problems {
        print_line(&problem.to_string());
    }
    let ids = match &settings.job.id {
        Some(id) => vec![id.clone()],
        None => store
            .jobs()
            .await?
            .into_iter()
            .map(|JobRecord { job, .. }| job.id)
            .collect(),
    };
    if ids.is_empty() {
        print_line("no unfinished jobs; to show a finished one, add --set job.id=ID");
    }
    for id in ids {
        let Some(status) = store.status(&id).await? else {
            print_line(&format!(
                "{id}: not found in Redis; a finished job expires after job.keep"
            ));
            continue;
        };
        print_line(&format!("{id}: {}", status_text(&status)));
        for held in store.health(Some(&id)).await?.held {
            print_line(&held_task_text(&held));
        }
    }
    Ok(())
}

fn status_text(status: &JobStatus) -> String {
    let JobStatus {
        done,
        total,
        pending,
        failed,
        workers,
        ..
    } = status;
    let mut text = format!(
        "{} {done}/{total} tasks done, {pending} pending, {failed} failed attempts, {workers} workers, \
         {} records",
        status.state.as_str(),
        status.counters.records
    );
    for (index, reason) in &status.dead_letters {
        text += &format!("\n  task {index} is abandoned: {reason}");
    }
    if let Some(reason) = &status.reason {
        text += &format!("\n  reason: {reason}");
    }
    text
}

fn held_task_text(held: &HeldTask) -> String {
    let HeldTask {
        index,
        worker,
        idle,
        deliveries,
        ..
    } = held;
    format!(
        "  task {index} is held by {worker}, lease renewed {} s ago, claimed {deliveries} times",
        idle.as_secs()
    )
}
