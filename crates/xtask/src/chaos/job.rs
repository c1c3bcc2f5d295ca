//! One job from its input to the verdict.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};

use super::compare::judge;
use super::disk::Disk;
use super::drive::Drive;
use super::excuse::panic_in;
use super::process::{Settings, with_settings};
use super::report::{Report, Verdict};
use super::schedule::Schedule;
use crate::gen_data::{self, Limit};

/// The lease of tasks: short, so that a killed worker's tasks move on within the job.
const LEASE: &str = "1s";

/// Makes the input, runs the job embedded and under fire, compares.
pub(super) fn run(
    schedule: &Schedule,
    folder: &Path,
    limit: Duration,
    disks: bool,
) -> anyhow::Result<Report> {
    make_input(schedule, folder)?;
    let expected = expected(schedule, folder)?;
    let place = folder.join("disk");
    let disk = if disks {
        Some(Disk::mount(&place)?)
    } else {
        None
    };
    for part in ["output", "store", "temp"] {
        let part = place.join(part);
        fs::create_dir_all(&part).with_context(|| format!("cannot make {}", part.display()))?;
    }
    let mut drive = Drive::start(schedule, settings(schedule, folder), folder, disk)?;
    let verdict = drive.run(limit)?;
    let output = place.join("output").join(schedule.kind.output);
    let verdict = match (verdict, fs::read(&output)) {
        (Verdict::Exact, Err(error)) => Verdict::Wrong(format!("{}: {error}", output.display())),
        (Verdict::Exact, Ok(found)) => judge(&expected, &found),
        (other, _) => other,
    };
    // Whoever panicked may have gone on, or been killed, and the job may be exact all the same.
    let verdict = match (verdict, drive.cluster.panic()) {
        (Verdict::Exact, Some(panic)) => Verdict::Failed(panic),
        (verdict, _) => verdict,
    };
    if verdict != Verdict::Exact {
        // Disk and server go with their folders.
        fs::copy(
            &output,
            folder.join(format!("found-{}", schedule.kind.output)),
        )
        .ok();
        let log = drive.cluster.redis.server.folder().join("redis.log");
        fs::copy(log, folder.join("redis.log")).ok();
    }
    Ok(drive.into_report(verdict))
}

fn make_input(schedule: &Schedule, folder: &Path) -> anyhow::Result<()> {
    let mut data = folder.join("input");
    if schedule.files == 1 {
        data.push("part.csv");
    }
    let rows = Limit::Rows(schedule.rows);
    gen_data::generate(&data, schedule.data_seed, rows, schedule.files)?;
    Ok(())
}

/// The result of the embedded run.
fn expected(schedule: &Schedule, folder: &Path) -> anyhow::Result<Vec<u8>> {
    let output = folder.join(format!("expected-{}", schedule.kind.output));
    let mut settings = job(schedule, folder);
    settings.push(("JOB__OUTPUT".to_owned(), output.display().to_string()));
    let run = with_settings("mapreduce", &settings)
        .arg("run")
        .current_dir(folder)
        .stdout(Stdio::null())
        .output()
        .context("cannot start mapreduce")?;
    let said = String::from_utf8_lossy(&run.stderr);
    let panicked = panic_in(&said).is_some();
    let good = run.status.success() && !panicked;
    ensure!(good, "the embedded run failed: {said}");
    fs::read(&output).with_context(|| format!("cannot read {}", output.display()))
}

/// What makes the result.
fn job(schedule: &Schedule, folder: &Path) -> Settings {
    let mut settings = schedule.kind.settings.to_vec();
    let input = folder.join("input").display().to_string();
    settings.push(("JOB__INPUT", &input));
    settings.push(("INPUT__FORMAT", "csv"));
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    settings.into_iter().map(owned).collect()
}

/// What master and workers are told.
fn settings(schedule: &Schedule, folder: &Path) -> Settings {
    let disk = folder.join("disk");
    let path = |name: &str| disk.join(name).display().to_string();
    let mut settings = job(schedule, folder);
    let mut set = |name: &str, value: String| settings.push((name.to_owned(), value));
    set(
        "JOB__OUTPUT",
        path(&format!("output/{}", schedule.kind.output)),
    );
    set("JOB__REDUCES", schedule.reduces.to_string());
    set("INPUT__SPLIT_SIZE", format!("{}B", schedule.split_size));
    set("CHECKPOINT__INTERVAL", schedule.checkpoint.to_owned());
    set("WORKER__LEASE", LEASE.to_owned());
    // Attempts of killed workers count; the default of 4 is for tasks that do harm themselves.
    set("WORKER__MAX_ATTEMPTS", "1000".to_owned());
    set("WORKER__SLOTS", schedule.slots.to_string());
    set("WORKER__TEMP_FOLDER", path("temp"));
    set(
        "WORKER__SLOW",
        format!("{}ms", schedule.slow().as_millis() + 1),
    );
    if schedule.folder_store {
        set("SHUFFLE__STORE", path("store"));
    }
    settings
}
