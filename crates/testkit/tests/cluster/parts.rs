//! `output.parts`: the reduce tasks of real workers write the result, each a file, whoever dies meanwhile.

use std::fs;
use std::path::{Path, PathBuf};

use testkit::{Cluster, Config, Data, Process, Tokenizer};

use crate::books;

/// The books by seven map tasks or so and eight reduce tasks.
fn in_parts() -> Config {
    books()
        .set("output.parts", "true")
        .set("job.reduces", "8")
        .set("input.split_size", "256KiB")
}

/// Two workers are at the last reduce tasks for two seconds after the first ones are done.
fn slow_parts() -> Config {
    in_parts().set("worker.slow", "2s")
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

/// Checks that the parts are all there, and put together are the result; and that nothing else is left.
fn assert_whole(cluster: &Cluster) {
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
    assert_no_hidden(cluster);
}

fn assert_no_hidden(cluster: &Cluster) {
    let left = names(cluster.folder());
    let hidden = left.iter().filter(|name| name.starts_with('.'));
    assert_eq!(hidden.count(), 0, "{left:?}");
}

fn assert_ends_well(cluster: &Cluster, master: &mut Process, workers: &mut [Process]) {
    assert_eq!(master.exit(), 0);
    assert_whole(cluster);
    for worker in workers {
        assert_eq!(worker.exit(), 0);
    }
}

/// The files that reduce attempts have written so far.
fn attempts(cluster: &Cluster) -> Vec<PathBuf> {
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
fn parts_are_exact_though_a_worker_dies_and_a_file_vanishes() {
    let cluster = slow_parts().start();
    let mut workers = cluster.workers(3);
    let mut master = cluster.master();
    cluster.await_reduced(2);
    workers[0].kill();
    workers[0] = cluster.worker();
    // Of a task that is done: nobody has it in hand.
    let lost = attempts(&cluster).pop().expect("two are done");
    fs::remove_file(&lost).unwrap();
    assert_ends_well(&cluster, &mut master, &mut workers);
    master.assert_log("results of reduce tasks are lost; rerunning the tasks");
    master.assert_log("results.json");
}

#[test]
fn a_part_that_was_cut_off_is_made_again() {
    let cluster = slow_parts().start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    cluster.await_reduced(2);
    let short = attempts(&cluster).pop().expect("two are done");
    let file = fs::File::options().write(true).open(short).unwrap();
    file.set_len(10).unwrap();
    assert_ends_well(&cluster, &mut master, &mut workers);
    master.assert_log("results of reduce tasks are lost; rerunning the tasks");
}

#[test]
fn a_master_killed_at_any_step_of_the_end_is_followed_by_one_that_ends_right() {
    for step in ["0", "1", "2", "3", "4"] {
        let cluster = in_parts().start();
        // An earlier result, of which nothing is to be left.
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
fn a_worker_that_writes_elsewhere_fails_the_job_and_says_why() {
    let cluster = in_parts().set("worker.max_attempts", "2").start();
    let elsewhere = cluster.folder().join("elsewhere").display().to_string();
    let mut worker = cluster.worker_with(&[("job.output", &elsewhere)]);
    let mut master = cluster.master();
    assert_eq!(master.exit(), 1);
    master.assert_log("job.output of this worker must lead to the folder that the master writes");
    master.assert_log(&cluster.output().display().to_string());
    assert!(!cluster.output().exists());
    assert_eq!(worker.exit(), 0);
    assert_no_hidden(&cluster);
}

#[test]
fn parts_that_are_lost_once_the_job_is_done_end_it_and_the_next_run_is_anew() {
    let cluster = in_parts().start();
    let mut workers = cluster.workers(2);
    let crash = [("crash.at", "before-rename"), ("crash.skip", "2")];
    assert_eq!(cluster.master_with(&crash).exit(), 137);
    fs::remove_dir_all(cluster.folder().join(".results.json.parts")).unwrap();
    let mut master = cluster.master();
    assert_eq!(master.exit(), 1);
    master.assert_log("were lost between the end of the job");
    workers
        .iter_mut()
        .for_each(|worker| assert_eq!(worker.exit(), 0));
    let mut master = cluster.master();
    let mut workers = cluster.workers(2);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

#[test]
fn an_interrupted_job_keeps_its_parts_for_the_next_master() {
    let cluster = slow_parts().start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    cluster.await_reduced(2);
    master.terminate();
    assert_eq!(master.exit(), 130);
    let kept = attempts(&cluster).len();
    assert!(kept >= 2, "{kept} parts");
    let mut master = cluster.master();
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert!(!master.log().contains("results of reduce tasks are lost"));
    assert_eq!(cluster.jobs().len(), 1);
}
