//! A job of another registry, with sorted values, a partition function and several outputs.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;

use mapreduce_core::Record;
use mapreduce_core::{JobError, Shape, ValueKind};
use mapreduce_job::Registry;
use mapreduce_job::{Datum, Emitter, JobInfo, Mapper, Reducer, Rows, Values, define};
use proptest::prelude::*;
use settings::{Environment, Settings, SettingsArgs};
use store::EmbeddedStore;
use tokio_util::sync::CancellationToken;

use crate::sandbox::Sandbox;

/// Maps lines `place,name,day` to the day, by place and name.
struct Sightings;

/// Sandbox and name.
type Key = (String, String);

impl Mapper for Sightings {
    type Key = Key;
    type Value = (u32, String);

    fn map(
        &mut self,
        record: &Record<'_>,
        out: &mut Emitter<'_, '_, Key, (u32, String)>,
    ) -> Result<(), JobError> {
        let text = record.text();
        let mut cells = text.split(',');
        let mut cell = || cells.next().unwrap_or_default().to_owned();
        let (place, name, day) = (cell(), cell(), cell());
        let day = day.parse().map_err(|_| JobError::new("not a day"))?;
        out.emit(&(place, name), &(day, text.chars().rev().collect()));
        Ok(())
    }
}

/// Lists the days of each key in their order. Keys with one day are also written to a second output.
struct Days;

impl Reducer for Days {
    type Key = Key;
    type Value = (u32, String);
    type OutKey = str;
    type OutValue = str;

    fn reduce(
        &mut self,
        (place, name): (Cow<'_, str>, Cow<'_, str>),
        values: &mut Values<'_, (u32, String)>,
        out: &mut Rows<'_, str, str>,
    ) -> Result<(), JobError> {
        let mut days = Vec::new();
        while let Some((day, _)) = values.next() {
            days.push(day);
        }
        let list: Vec<_> = days.iter().map(u32::to_string).collect();
        let row = format!("{name}:{}", list.join(" "));
        out.emit(&place, &row);
        if days.len() == 1 {
            out.emit_to(1, &place, &row);
        }
        Ok(())
    }
}

/// Partitions by the first letter, so that a place is in one partition.
fn by_letter(key: &[u8], partitions: u32) -> u32 {
    let letter = Key::view(key).and_then(|(place, _)| place.bytes().next());
    u32::from(letter.unwrap_or_default()) % partitions
}

fn registry() -> Registry {
    let mut registry = Registry::default();
    let job = define(JobInfo::new(
        "sightings",
        "lists the days on which a name was seen at a place",
    ))
    .mapper(|| Sightings)
    .reducer(|| Days)
    .partition(by_letter)
    .shape(|_, shape| {
        Ok(Shape {
            sort_values: true,
            value: ValueKind::Text,
            outputs: vec!["once".to_owned()],
            ..shape
        })
    });
    registry.add(job);
    registry
}

/// Runs the job over the folder `in` with these settings.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn run(place: &Sandbox, set: &[(&str, String)]) {
    let text = |name: &str| place.path(name).to_str().expect("UTF-8").to_owned();
    let args = SettingsArgs {
        input: vec![text("in")],
        set: [
            ("job.output", text("o.tsv")),
            ("job.name", "sightings".to_owned()),
        ]
        .iter()
        .chain(set)
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect(),
        ..SettingsArgs::default()
    };
    let environment = Environment {
        folder: place.path(""),
        ..Environment::default()
    };
    let settings = Settings::read(&args, &environment).expect("settings");
    let (store, blobs) = (EmbeddedStore::default(), store::MemoryBlobs::default());
    let stop = CancellationToken::new();
    let work = worker::WorkerOptions::new(settings::worker_name(), registry(), &settings);
    let worker = tokio::spawn(worker::run(
        store.clone(),
        blobs.clone(),
        work,
        stop.clone(),
    ));
    let options = master::MasterOptions::new(&settings, &registry()).expect("options");
    master::run(store, blobs, options, stop, |_| ())
        .await
        .expect("the job succeeds");
    worker.abort();
}

/// Both outputs, computed without the code of the job.
fn expected(sightings: &[(String, String, u32)]) -> (String, String) {
    let mut days: BTreeMap<(&str, &str), Vec<u32>> = BTreeMap::new();
    for (place, name, day) in sightings {
        days.entry((place, name)).or_default().push(*day);
    }
    let header = "key\tvalue\n".to_owned();
    let (mut all, mut once) = (header.clone(), header);
    for ((place, name), mut days) in days {
        days.sort_unstable();
        let list: Vec<_> = days.iter().map(u32::to_string).collect();
        let row = format!("{place}\t{name}:{}\n", list.join(" "));
        all.write_str(&row).unwrap();
        if days.len() == 1 {
            once.write_str(&row).unwrap();
        }
    }
    (all, once)
}

proptest! {
    // Each case is a whole job, with an fsync.
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn sorted_values_partitions_and_several_outputs_match_the_expected_text(
        sightings in prop::collection::vec(("[a-dé]{1,2}", "[xyz]{1,2}", 0u32..2000), 1..300),
        files in 1usize..4, split in 10u32..3000, reduces in 1u32..9,
        compression in prop::sample::select(vec!["none", "lz4"]),
    ) {
        let place = Sandbox::new();
        for (nth, part) in sightings.chunks(sightings.len().div_ceil(files)).enumerate() {
            let lines: String = part.iter().map(|(place, name, day)| format!("{place},{name},{day}\n")).collect();
            place.file(&format!("in/{nth}.txt"), lines);
        }
        run(&place, &[
            ("input.split_size", split.to_string()),
            ("job.reduces", reduces.to_string()),
            ("worker.memory", "1MiB".to_owned()),
            ("shuffle.compression", compression.to_owned()),
        ]);
        let found = (place.text("o.tsv"), place.text("o.once.tsv"));
        prop_assert_eq!(found, expected(&sightings));
    }
}
