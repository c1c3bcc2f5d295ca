//! Random input through planner, master, worker and store, against the oracle.

use std::path::PathBuf;

use mapreduce_core::{Counters, Tokenizer};
use mapreduce_formats::input::InputError;
use master::MasterError;
use proptest::prelude::*;
use settings::{Environment, Settings, SettingsArgs};
use store::EmbeddedStore;
use tokio_util::sync::CancellationToken;

use crate::oracle::{Expected, Unclosed};
use crate::sandbox::Sandbox;

/// Settings that must not change the result.
type Cut = Vec<(&'static str, String)>;

fn cuts() -> impl Strategy<Value = Cut> {
    let size = (1u32..200).prop_map(|size| ("input.split_size", size.to_string()));
    let lines = (1u32..9).prop_map(|lines| ("input.chunk_lines", lines.to_string()));
    let reduces = prop_oneof![3 => 1u32..6, 1 => 1u32..80];
    let words = |name, words: &'static [&'static str]| {
        proptest::sample::select(words).prop_map(move |word| (name, word.to_owned()))
    };
    (
        prop_oneof![3 => size, 1 => lines],
        (1u32..5).prop_map(|slots| ("worker.slots", slots.to_string())),
        reduces.prop_map(|reduces| ("job.reduces", reduces.to_string())),
        words("job.aggregate", &["shuffle", "shuffle", "shuffle", "live"]),
        words("worker.memory", &["1MiB", "64MiB"]),
        words("shuffle.compression", &["none", "lz4"]),
    )
        .prop_map(|(a, b, c, d, e, f)| vec![a, b, c, d, e, f])
}

fn tokenizers() -> impl Strategy<Value = Tokenizer> {
    prop_oneof![Just(Tokenizer::Words), Just(Tokenizer::Spaces)]
}

/// Draws up to `most` of the pieces and joins them. The pieces are bytes that are easy to parse wrongly.
fn soup(pieces: &'static [&'static [u8]], most: usize) -> impl Strategy<Value = Vec<u8>> {
    let piece = proptest::sample::select(pieces);
    proptest::collection::vec(piece, 0..most).prop_map(|pieces| pieces.concat())
}

const TEXT: &[&[u8]] = &[
    b"a",
    b"B",
    b"word",
    b" ",
    b"  ",
    b"\n",
    b"\n\n",
    b"\r\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\xe2\x82",
    b"\"",
    b",",
    b"'s ",
    "\u{feff}".as_bytes(),
    "É".as_bytes(),
    "Σ".as_bytes(),
    "ΟΔΟΣ ".as_bytes(),
    "\u{a0}".as_bytes(),
    "İ".as_bytes(),
    "\u{85}".as_bytes(),
    "seventeen-letters-and-more".as_bytes(),
];

const CSV: &[&[u8]] = &[
    b"a",
    b"b c",
    b" ",
    b",",
    b",",
    b"\n",
    b"\r\n",
    b"\r",
    b"\"",
    b"\"\"",
    b"\",\"",
    b"\"\n",
    b"\n\"",
    b"\"x,\ny\"",
    b"\0",
    b"\xff",
    b"\xf0\x9f",
    "\u{feff}".as_bytes(),
    "é".as_bytes(),
];

const HEADERS: &[&str] = &[
    "text\n",
    "id,text,x\n",
    "text,id\r\n",
    "\u{feff}text,id\n",
    "\u{feff}\"text\",\"i\nd\"\r\n",
    "\n\nid,\"text\"\n",
    "\r\nid,text\n",
    "\"a,\"\"\nb\",text\n",
    "id,text\r\n\"\",",
];

/// Runs a job over `files` in this process.
fn run(
    files: &[Vec<u8>],
    name: &str,
    tokenizer: Tokenizer,
    cut: &Cut,
) -> Result<(String, Counters), MasterError> {
    let sandbox = Sandbox::new();
    for (at, bytes) in files.iter().enumerate() {
        sandbox.file(&format!("in/{at}-{name}"), bytes);
    }
    let text = |path: PathBuf| path.to_str().expect("UTF-8").to_owned();
    let args = SettingsArgs {
        input: vec![text(sandbox.path("in"))],
        set: [
            ("job.output", text(sandbox.path("o.json"))),
            ("input.column", "text".to_owned()),
            ("input.allow_empty", "true".to_owned()),
            ("input.tokenizer", format!("{tokenizer:?}").to_lowercase()),
        ]
        .iter()
        .chain(cut)
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect(),
        ..SettingsArgs::default()
    };
    let environment = Environment {
        folder: sandbox.path(""),
        ..Environment::default()
    };
    let settings = Settings::read(&args, &environment).expect("settings");
    let counters = in_process(&settings)?;
    Ok((sandbox.text("o.json"), counters))
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn in_process(settings: &Settings) -> Result<Counters, MasterError> {
    let (store, blobs) = (EmbeddedStore::default(), store::MemoryBlobs::default());
    let stop = CancellationToken::new();
    let work = worker::WorkerOptions::new(
        settings::worker_name(),
        mapreduce_jobs::registry(),
        settings,
    );
    let worker = tokio::spawn(worker::run(
        store.clone(),
        blobs.clone(),
        work,
        stop.clone(),
    ));
    let lead = master::MasterOptions::new(settings, &mapreduce_jobs::registry()).unwrap();
    let outcome = master::run(store, blobs, lead, stop, |_| ()).await;
    worker.abort();
    outcome.map(|summary| summary.counters)
}

fn check(found: &(String, Counters), expected: &Expected) -> Result<(), TestCaseError> {
    prop_assert_eq!(&found.0, &expected.json());
    let Counters {
        bytes: _,
        records,
        emitted,
        invalid_utf8,
        nul_bytes,
        short_records,
        long_records,
        text_after_quote: _,
        invalid_json: _,
        missing_values: _,
        skipped_records: _,
        custom: _,
    } = found.1;
    let found = [
        records,
        emitted,
        invalid_utf8,
        nul_bytes,
        short_records,
        long_records,
    ];
    let expected = [
        expected.records,
        expected.emitted,
        expected.invalid_utf8,
        expected.nul_bytes,
        expected.short_records,
        expected.long_records,
    ];
    prop_assert_eq!(
        found,
        expected,
        "records, emitted, invalid_utf8, nul_bytes, short_records, long_records"
    );
    Ok(())
}

proptest! {
    // Each case is a whole job, with its fsync.
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn random_text_is_counted_as_the_oracle_counts(
        files in proptest::collection::vec(soup(TEXT, 60), 1..4),
        tokenizer in tokenizers(), cut in cuts(),
    ) {
        let mut expected = Expected::default();
        files.iter().for_each(|file| expected.add_text(file, tokenizer));
        check(&run(&files, "a.txt", tokenizer, &cut).unwrap(), &expected)?;
    }

    #[test]
    fn random_csv_is_counted_as_the_oracle_counts(
        soups in proptest::collection::vec((proptest::sample::select(HEADERS), soup(CSV, 60)), 1..4),
        empty: bool, tokenizer in tokenizers(), cut in cuts(),
    ) {
        let mut files: Vec<_> = soups.iter().map(|(header, soup)| [header.as_bytes(), soup].concat()).collect();
        if empty {
            files.push(Vec::new());
        }
        let mut expected = Expected::default();
        let counted = files.iter().try_for_each(|file| expected.add_csv(file, "text", tokenizer));
        let found = run(&files, "a.csv", tokenizer, &cut);
        match (counted, found) {
            (Ok(()), Ok(found)) => check(&found, &expected)?,
            (Err(Unclosed), Err(MasterError::Input(InputError::UnclosedQuote { .. }))) => {}
            (counted, found) => prop_assert!(false, "{counted:?}, and not {found:?}"),
        }
    }
}
