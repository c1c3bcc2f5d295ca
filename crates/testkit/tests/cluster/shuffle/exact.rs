//! Shuffled jobs without faults, with various numbers of reduce tasks and slots, stores and inputs.

use std::fs;
use std::io::Write;
use std::path::Path;

use testkit::{Cluster, Config, Data, Tokenizer, sample};

use super::phase::assert_no_blobs;
use crate::support::{assert_ends_well, hurry};

/// Runs the job with two workers, and returns the cluster after its success.
fn run(config: Config) -> Cluster {
    let cluster = config.start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert_no_blobs(&cluster);
    cluster
}

fn all_data() -> [Data; 4] {
    let (words, spaces) = (Tokenizer::Words, Tokenizer::Spaces);
    [
        Data::books(words),
        Data::books(spaces),
        Data::tweets(words),
        Data::tweets(spaces),
    ]
}

/// Runs a job over each of the four inputs with this number of reduce tasks.
fn check(reduces: u64) {
    for (data, slots) in all_data().into_iter().zip(["1", "3", "3", "1"]) {
        let cluster = run(Config::new(data)
            .set("job.reduces", &reduces.to_string())
            .set("worker.slots", slots)
            .set("input.split_size", "100KB"));
        assert_eq!(cluster.total() - cluster.maps(), reduces);
    }
}

#[test]
fn one_reduce_task_gives_the_same_bytes() {
    check(1);
}

#[test]
fn two_reduce_tasks_give_the_same_bytes() {
    check(2);
}

#[test]
fn seven_reduce_tasks_give_the_same_bytes() {
    check(7);
}

#[test]
fn sixty_four_reduce_tasks_give_the_same_bytes() {
    check(64);
}

#[test]
fn more_reduce_tasks_than_words_give_the_same_bytes() {
    let few = sample::of("two words,\ntwo", Tokenizer::Words);
    run(Config::new(few).set("job.reduces", "100"));
}

#[test]
fn compressed_runs_are_smaller_and_give_the_same_bytes() {
    let stored = ["none", "lz4"].map(|compression| {
        let config = Config::new(Data::books(Tokenizer::Spaces))
            .set("shuffle.compression", compression)
            .set("job.reduces", "1")
            .set("input.split_size", "auto");
        let cluster = run(config);
        let manifests: Vec<String> = cluster.query(&["HVALS", &cluster.key("done")]);
        manifests.iter().map(|text| bytes(text)).sum::<u64>()
    });
    assert!(stored[1] < stored[0] * 9 / 10, "{stored:?}");
}

/// Returns the size of a manifest's blob in bytes.
fn bytes(manifest: &str) -> u64 {
    let manifest: serde_json::Value = serde_json::from_str(manifest).expect("JSON");
    manifest["blob"]["bytes"].as_u64().expect("a blob")
}

#[test]
fn runs_in_a_shared_folder_give_the_same_bytes_and_are_removed() {
    for data in all_data() {
        let runs = tempfile::tempdir().unwrap();
        let store = runs.path().join("made/by workers");
        let config = Config::new(data).set("shuffle.store", &store.to_string_lossy());
        // The slower of two attempts may store its run after the master has removed all runs, and then it expires
        // later.
        let config = config.set("worker.backups", "false");
        let cluster = config.set("worker.slow", "500ms").start();
        let mut workers = cluster.workers(2);
        let mut master = cluster.master();
        cluster.await_done(10);
        assert!(
            fs::read_dir(&store).unwrap().next().is_some(),
            "the folder has no runs"
        );
        assert_no_blobs(&cluster);
        hurry(&cluster, &mut workers);
        assert_ends_well(&cluster, &mut master, &mut workers);
        assert_eq!(fs::read_dir(&store).unwrap().count(), 0, "runs are left");
    }
}

/// Writes a compressed copy of `bytes` to `folder`.
fn compress(folder: &Path, name: &str, kind: usize, bytes: &[u8]) {
    let (ending, packed) = match kind {
        0 => {
            let level = flate2::Compression::fast();
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
            encoder
                .write_all(bytes)
                .expect("writing to memory succeeds");
            ("gz", encoder.finish().expect("writing to memory succeeds"))
        }
        1 => (
            "zst",
            zstd::encode_all(bytes, 1).expect("writing to memory succeeds"),
        ),
        _ => {
            let level = bzip2::Compression::fast();
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), level);
            encoder
                .write_all(bytes)
                .expect("writing to memory succeeds");
            ("bz2", encoder.finish().expect("writing to memory succeeds"))
        }
    };
    fs::write(folder.join(format!("{name}.{ending}")), packed).expect("a copy can be written");
}

#[test]
fn compressed_copies_of_the_input_give_the_same_bytes_shuffled_and_live() {
    for data in all_data() {
        let folder = tempfile::tempdir().unwrap();
        for (at, path) in data.files().into_iter().enumerate() {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            compress(folder.path(), &name, at % 3, &fs::read(&path).unwrap());
        }
        let config = Config::new(data.in_folder(folder)).set("job.reduces", "3");
        run(config.clone());
        run(config.live());
    }
}
