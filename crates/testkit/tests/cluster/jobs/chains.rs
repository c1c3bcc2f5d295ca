//! Jobs of several steps: in one process, on clusters, and resumed after interruptions.

use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use testkit::{Cluster, Config, DEADLINE, Data, Process, Tokenizer, eventually};

use super::case::output_of;

/// Steps that compute how many words have each count: count words, count the counts, sort.
const STEPS: &str = r#"
    [[step]]
    name = "count"
    job.name = "word-count"
    [[step]]
    name = "how often"
    job.name = "streaming"
    job.params.mapper = "cut -f 2"
    job.params.reducer = "uniq -c | awk '{ print $2 \"\t\" $1 }'"
    [[step]]
    name = "sort"
    job.name = "sort"
    job.params.numeric = true
    job.params.key = 1
"#;

/// Shell command that computes the same result.
const EXPECTED: &str = r#"python3 expected.py word_count "$1" | sed 1d | cut -f 2 | sort -n | uniq -c | awk '{ print $2 "\t" $1 }'"#;

struct Chain {
    data: Data,
    cluster: Cluster,
}

impl Chain {
    fn new() -> Self {
        let data = Data::books(Tokenizer::Words).unchecked().copied();
        let cluster = Config::new(data.clone())
            .set("job.reduces", "2")
            .set("input.split_size", "64KiB")
            .start();
        fs::write(cluster.folder().join("steps.toml"), STEPS).unwrap();
        Self { data, cluster }
    }

    fn start(&self, program: &str, settings: &[(&str, &str)]) -> Process {
        let output = self.path("o.tsv").display().to_string();
        let mut args = vec!["--job-file", "steps.toml", "--output", &output];
        if program == "mapreduce" {
            args.insert(0, "run");
        }
        self.cluster.start(program, &args, settings)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.cluster.folder().join(name)
    }

    /// Returns the modification time of the first step's output.
    fn counted_at(&self) -> SystemTime {
        let about = fs::metadata(self.path("o.steps/1-count.tsv")).unwrap();
        about.modified().unwrap()
    }

    fn assert_exact(&self) {
        let expected = output_of(EXPECTED, &[self.data.input.display().to_string()]);
        assert!(expected.len() > 200, "{expected:?}");
        let mut data = self.data.clone();
        data.expected = expected.into();
        data.assert_result(&self.path("o.tsv"));
    }
}

#[test]
fn steps_in_one_process_give_the_result_of_a_shell_pipe() {
    let chain = Chain::new();
    let mut run = chain.start("mapreduce", &[]);
    assert_eq!(run.exit(), 0);
    chain.assert_exact();
    assert!(
        !chain.path("o.steps/steps.json").exists(),
        "the step state is left"
    );
}

#[test]
fn three_workers_run_the_steps_in_order() {
    let chain = Chain::new();
    let mut workers: Vec<_> = (0..3).map(|_| chain.start("worker", &[])).collect();
    let mut master = chain.start("master", &[]);
    assert_eq!(master.exit(), 0);
    chain.assert_exact();
    for worker in &mut workers {
        assert_eq!(worker.exit(), 0);
    }
}

/// Starts the job, and kills the master in the second step.
fn killed_in_the_second_step(chain: &Chain) -> Vec<Process> {
    let slow = [("worker.slow", "100ms")];
    let workers = (0..3).map(|_| chain.start("worker", &slow)).collect();
    let mut master = chain.start("master", &[]);
    eventually(DEADLINE, "the second step has started", || {
        chain.path("o.steps/steps.json").exists()
            && chain.cluster.jobs().len() > 1
            && chain.cluster.done() > 0
    });
    master.kill();
    assert!(!chain.path("o.tsv").exists());
    workers
}

#[test]
fn a_new_master_does_not_rerun_a_completed_step() {
    let chain = Chain::new();
    let mut workers = killed_in_the_second_step(&chain);
    let before = chain.counted_at();
    let mut master = chain.start("master", &[]);
    assert_eq!(master.exit(), 0);
    chain.assert_exact();
    assert_eq!(chain.counted_at(), before);
    master.assert_log("already done");
    for worker in &mut workers {
        assert_eq!(worker.exit(), 0);
    }
}

#[test]
fn a_step_is_rerun_if_its_input_has_changed() {
    let chain = Chain::new();
    drop(killed_in_the_second_step(&chain));
    let before = chain.counted_at();
    let file = &chain.data.files()[0];
    let text = fs::read(file).unwrap();
    fs::write(file, &text[..text.len() / 2]).unwrap();
    let mut run = chain.start("mapreduce", &[]);
    assert_eq!(run.exit(), 0);
    chain.assert_exact();
    assert_ne!(chain.counted_at(), before);
    assert!(!run.log().contains("already done"), "{}", run.log());
}
