//! A job from its input to its verdict.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::compare::judge;
use crate::disk::Disk;
use crate::driver::Driver;
use crate::excuse::panic_in;
use crate::process::{Settings, with_settings};
use crate::report::Report;
use crate::schedule::Schedule;
use crate::verdict::Verdict;
use devtools::sample_data::{self, Limit};

/// Lease of tasks. It is short, so that other workers reclaim the tasks of a killed worker within the job.
const LEASE: &str = "1s";

/// Writes the input, runs the job embedded and with faults, and compares the results.
pub(crate) fn run(
    schedule: &Schedule,
    folder: &Path,
    limit: Duration,
    disks: bool,
) -> anyhow::Result<Report> {
    make_input(schedule, folder)?;
    let expected = expected(schedule, folder)?;
    let disk_folder = folder.join("disk");
    let disk = if disks {
        Some(Disk::mount(&disk_folder)?)
    } else {
        None
    };
    for part in ["output", "store", "temp"] {
        let part = disk_folder.join(part);
        fs::create_dir_all(&part).with_context(|| format!("cannot create {}", part.display()))?;
    }
    let mut driver = Driver::start(schedule, settings(schedule, folder), folder, disk)?;
    let verdict = driver.run(limit)?;
    let output = disk_folder.join("output").join(schedule.kind.output);
    let verdict = match (verdict, fs::read(&output)) {
        (Verdict::Exact, Err(error)) => {
            Verdict::Wrong(format!("cannot read {}: {error}", output.display()))
        }
        (Verdict::Exact, Ok(found)) => judge(&expected, &found),
        (other, _) => other,
    };
    // A program can go on after a panic, so the result may be exact in spite of one.
    let verdict = match (verdict, driver.cluster.panic()) {
        (Verdict::Exact, Some(panic)) => Verdict::Failed(panic),
        (verdict, _) => verdict,
    };
    if verdict != Verdict::Exact {
        // The disk and the folder of the server are removed on drop, so copies of their files are kept.
        fs::copy(
            &output,
            folder.join(format!("found-{}", schedule.kind.output)),
        )
        .ok();
        let log = driver.cluster.redis.server.folder().join("redis.log");
        fs::copy(log, folder.join("redis.log")).ok();
    }
    Ok(driver.into_report(verdict))
}

fn make_input(schedule: &Schedule, folder: &Path) -> anyhow::Result<()> {
    let mut data = folder.join("input");
    if schedule.files == 1 {
        data.push("part.csv");
    }
    let rows = Limit::Rows(schedule.rows);
    sample_data::generate(&data, schedule.data_seed, rows, schedule.files)?;
    Ok(())
}

/// Returns the result of the embedded run.
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
    let log = String::from_utf8_lossy(&run.stderr);
    let panicked = panic_in(&log).is_some();
    let good = run.status.success() && !panicked;
    ensure!(good, "the embedded run failed: {log}");
    fs::read(&output).with_context(|| format!("cannot read {}", output.display()))
}

/// Returns the settings that determine the result.
fn job(schedule: &Schedule, folder: &Path) -> Settings {
    let mut settings = schedule.kind.settings.to_vec();
    let input = folder.join("input").display().to_string();
    settings.push(("JOB__INPUT", &input));
    settings.push(("INPUT__FORMAT", "csv"));
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    settings.into_iter().map(owned).collect()
}

/// Returns the settings of the master and the workers.
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
    // Attempts of killed workers count too. The default of 4 is meant for tasks that crash their worker.
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
