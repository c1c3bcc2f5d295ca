//! `output.parts`: each reduce task writes a part file of the result, although processes die.

use std::fs;
use std::path::{Path, PathBuf};

use testkit::{Cluster, Config, Data, Process, Tokenizer};

use crate::support::books;

/// Returns a job over the books with about seven map tasks and eight reduce tasks.
fn part_files() -> Config {
    books()
        .set("output.parts", "true")
        .set("job.reduces", "8")
        .set("input.split_size", "256KiB")
}

/// Returns a job whose last reduce tasks run two seconds longer than the first ones, with two workers.
fn slow_part_files() -> Config {
    part_files().set("worker.slow", "2s")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
    let mut names: Vec<_> = entries
        .map(|entry| name(entry).to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Checks that all part files exist, that their rows are the expected result, and that no temporary file is left.
fn assert_complete(cluster: &Cluster) {
    let parts = (0..8).map(|part| format!("part-{part:05}.json"));
    let expected: Vec<_> = std::iter::once("_SUCCESS".to_owned())
        .chain(parts)
        .collect();
    assert_eq!(names(&cluster.output()), expected);
    let mut rows = Vec::new();
    for name in &expected[1..] {
        let text = fs::read_to_string(cluster.output().join(name)).unwrap();
        rows.extend(text.lines().filter_map(|line| {
            let (key, count) = line.trim_end_matches(',').split_once(": ")?;
            Some((u64::MAX - count.parse::<u64>().ok()?, key.to_owned()))
        }));
    }
    rows.sort();
    let rows = rows
        .iter()
        .map(|(rest, key)| format!("{key}: {}", u64::MAX - rest));
    let together = cluster.folder().join("together.json");
    let text = format!("{{\n{}\n}}\n", rows.collect::<Vec<_>>().join(",\n"));
    fs::write(&together, text).unwrap();
    Data::books(Tokenizer::Words).assert_result(&together);
    assert_no_temporary_files(cluster);
}

fn assert_no_temporary_files(cluster: &Cluster) {
    let left = names(cluster.folder());
    let hidden = left.iter().filter(|name| name.starts_with('.'));
    assert_eq!(hidden.count(), 0, "{left:?}");
}

fn assert_ends_well(cluster: &Cluster, master: &mut Process, workers: &mut [Process]) {
    assert_eq!(master.exit(), 0);
    assert_complete(cluster);
    for worker in workers {
        assert_eq!(worker.exit(), 0);
    }
}

/// Returns the part files that reduce attempts have written so far.
fn written_part_files(cluster: &Cluster) -> Vec<PathBuf> {
    let work = cluster.folder().join(".results.json.parts");
    let jobs = fs::read_dir(work).into_iter().flatten();
    let jobs = jobs.filter_map(|job| fs::read_dir(job.ok()?.path()).ok());
    let files = jobs.flatten().filter_map(|file| Some(file.ok()?.path()));
    files
        .filter(|file| {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("part-")
        })
        .collect()
}

#[test]
fn part_files_are_exact_though_a_worker_dies_and_a_file_vanishes() {
    let cluster = slow_part_files().start();
    let mut workers = cluster.workers(3);
    let mut master = cluster.master();
    cluster.await_reduced(2);
    workers[0].kill();
    workers[0] = cluster.worker();
    // The file of a completed task, so that no worker writes it now.
    let lost = written_part_files(&cluster).pop().expect("two part files");
    fs::remove_file(&lost).unwrap();
    assert_ends_well(&cluster, &mut master, &mut workers);
    master.assert_log("results of reduce tasks are lost; rerunning the tasks");
    master.assert_log("results.json");
}

#[test]
fn a_truncated_part_file_is_written_again() {
    let cluster = slow_part_files().start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    cluster.await_reduced(2);
    let short = written_part_files(&cluster).pop().expect("two part files");
    let file = fs::File::options().write(true).open(short).unwrap();
    file.set_len(10).unwrap();
    assert_ends_well(&cluster, &mut master, &mut workers);
    master.assert_log("results of reduce tasks are lost; rerunning the tasks");
}

#[test]
fn a_new_master_completes_any_step_of_publishing_part_files() {
    for step in ["0", "1", "2", "3", "4"] {
        let cluster = part_files().start();
        // An earlier result, which must be deleted completely.
        fs::create_dir(cluster.output()).unwrap();
        for name in ["_SUCCESS", "part-00000.csv", "part-00000.json"] {
            fs::write(cluster.output().join(name), "old").unwrap();
        }
        let mut workers = cluster.workers(2);
        let crash = [("crash.at", "before-rename"), ("crash.skip", step)];
        assert_eq!(cluster.master_with(&crash).exit(), 137);
        let mut master = cluster.master();
        assert_ends_well(&cluster, &mut master, &mut workers);
        master.assert_log("resuming an unfinished job");
    }
}

#[test]
fn a_worker_with_another_output_folder_fails_the_job_with_that_cause() {
    let cluster = part_files().set("worker.max_attempts", "2").start();
    let elsewhere = cluster.folder().join("elsewhere").display().to_string();
    let mut worker = cluster.worker_with(&[("job.output", &elsewhere)]);
    let mut master = cluster.master();
    assert_eq!(master.exit(), 1);
    master.assert_log("set job.output of this worker to the same shared folder");
    master.assert_log(&cluster.output().display().to_string());
    assert!(!cluster.output().exists());
    assert_eq!(worker.exit(), 0);
    assert_no_temporary_files(&cluster);
}

#[test]
fn part_files_lost_after_the_job_end_it_and_the_next_run_starts_over() {
    let cluster = part_files().start();
    let mut workers = cluster.workers(2);
    let crash = [("crash.at", "before-rename"), ("crash.skip", "2")];
    assert_eq!(cluster.master_with(&crash).exit(), 137);
    fs::remove_dir_all(cluster.folder().join(".results.json.parts")).unwrap();
    let mut master = cluster.master();
    assert_eq!(master.exit(), 1);
    master.assert_log("were lost before the output was written");
    workers
        .iter_mut()
        .for_each(|worker| assert_eq!(worker.exit(), 0));
    let mut master = cluster.master();
    let mut workers = cluster.workers(2);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

#[test]
fn an_interrupted_job_keeps_its_part_files_for_the_next_master() {
    let cluster = slow_part_files().start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    cluster.await_reduced(2);
    master.terminate();
    assert_eq!(master.exit(), 130);
    let kept = written_part_files(&cluster).len();
    assert!(kept >= 2, "{kept} part files");
    let mut master = cluster.master();
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert!(!master.log().contains("results of reduce tasks are lost"));
    assert_eq!(cluster.jobs().len(), 1);
}
