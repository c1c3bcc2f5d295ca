//! Requirements of scripts for Hadoop and for libraries on top of it.

use std::fs;

use testkit::Process;

use super::trial::Trial;

fn run(trial: &Trial) -> Process {
    let mut workers = trial.cluster.workers(3);
    let master = trial.master();
    trial.assert_ends_well(master, &mut workers)
}

#[test]
fn scripts_run_by_their_interpreter_need_not_be_executable() {
    let trial = Trial::new("python3 words_map.py", "python3 words_reduce.py")
        .param("combiner=python3 words_reduce.py");
    run(&trial);
    trial.assert_lines(&trial.sequential("words_map.py", "words_reduce.py"));
}

#[test]
fn a_script_with_all_roles_gives_the_same_with_and_without_a_combiner() {
    let (mapper, reducer) = (
        "python3 steps.py --step-num=0 --mapper",
        "python3 steps.py --step-num=0 --reducer",
    );
    let expected = {
        let trial = Trial::new(mapper, reducer);
        let master = run(&trial);
        let expected = trial.sequential("steps.py --mapper", "steps.py --reducer");
        trial.assert_lines(&expected);
        assert_counted(&trial, &master);
        expected
    };
    let trial =
        Trial::new(mapper, reducer).param("combiner=python3 steps.py --step-num=0 --combiner");
    let master = run(&trial);
    trial.assert_lines(&expected);
    assert_counted(&trial, &master);
}

/// Checks the counters of the mapper, which reports each word once.
fn assert_counted(trial: &Trial, master: &Process) {
    let (mut long, mut short) = (0, 0);
    for file in trial.data.files() {
        let text = fs::read_to_string(file).unwrap().to_lowercase();
        let words = text
            .split(|c: char| !c.is_ascii_lowercase())
            .filter(|word| !word.is_empty());
        for word in words {
            *(if word.len() > 7 {
                &mut long
            } else {
                &mut short
            }) += 1;
        }
    }
    master.assert_log(&format!("counter: Lengths:long = {long}"));
    master.assert_log(&format!("counter: Lengths:short = {short}"));
}

#[test]
fn a_failing_reducer_fails_the_job_with_its_exit_code_and_stderr() {
    let settings = |config: testkit::Config| config.set("worker.max_attempts", "2");
    let reducer = "cat > out.txt; echo about to fail >&2; exit 3";
    let trial = Trial::with("words_map.py", reducer, settings);
    let _workers = trial.cluster.workers(3);
    let mut master = trial.master();
    assert_eq!(master.exit(), 1);
    for part in ["the reducer `cat > out.txt", "exit code 3", "about to fail"] {
        master.assert_log(part);
    }
    assert!(!trial.output().exists());
}

#[test]
fn a_missing_command_fails_the_job_at_once_with_advice() {
    let trial = Trial::new("no-such-program -x", "cat");
    let _workers = trial.cluster.workers(2);
    let mut master = trial.master();
    assert_eq!(master.exit(), 1);
    for part in ["the mapper `no-such-program -x`", "127", "--files"] {
        master.assert_log(part);
    }
}
