//! `mapreduce status`: the cluster's jobs and how they stand.

use std::process::ExitCode;

use runtime::{Exit, Settings};
use store::{HeldTask, JobRecord, JobStatus, JobStore, RedisStore, StoreResult};

use crate::run::say;

/// Shows each listed job, or the one that `job.id` names.
#[tokio::main]
pub(crate) async fn status(settings: &Settings) -> ExitCode {
    let store = match runtime::redis_store(settings) {
        Ok(store) => store,
        Err(code) => return code,
    };
    match show(&store, settings).await {
        Ok(()) => Exit::Done.into(),
        Err(error) => runtime::fail(Exit::NoRedis, &error),
    }
}

async fn show(store: &RedisStore, settings: &Settings) -> StoreResult<()> {
    store.connect().await?;
    for trouble in store.health(None).await?.troubles {
        say(&trouble.to_string());
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
        say("no jobs; name one that is over with --set job.id=ID");
    }
    for id in ids {
        match store.status(&id).await? {
            Some(status) => {
                say(&format!("{id}: {}", line(&status)));
                for held in store.health(Some(&id)).await?.held {
                    say(&hands(&held));
                }
            }
            None => say(&format!("{id}: unknown")),
        }
    }
    Ok(())
}

/// One of the tasks that are held, of which there may be many.
fn hands(held: &HeldTask) -> String {
    let HeldTask {
        index,
        worker,
        idle,
        deliveries,
        ..
    } = held;
    format!(
        "  task {index} is held by {worker}, renewed {} s ago, handed out {deliveries} times",
        idle.as_secs()
    )
}

fn line(status: &JobStatus) -> String {
    let JobStatus {
        done,
        total,
        pending,
        failed,
        workers,
        ..
    } = status;
    let mut line = format!(
        "{} {done}/{total} tasks done, {pending} pending, {failed} failed attempts, {workers} workers, \
         {} records",
        status.state.as_str(),
        status.counters.records
    );
    for (index, reason) in &status.dead_letters {
        line += &format!("\n  task {index} is given up: {reason}");
    }
    if let Some(reason) = &status.reason {
        line += &format!("\n  reason: {reason}");
    }
    line
}
