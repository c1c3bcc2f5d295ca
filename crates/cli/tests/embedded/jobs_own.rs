//! Jobs of a registry of their own: values that come sorted, partitions of their own, several outputs.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;

use mapreduce::job::{
    Datum, Emitter, JobError, JobInfo, Mapper, Reducer, Rows, Shape, ValueKind, Values, define,
};
use mapreduce::{Record, Registry};
use proptest::prelude::*;
use runtime::{Settings, SettingsArgs, Surroundings};
use store::EmbeddedStore;
use tokio_util::sync::CancellationToken;

use crate::place::Place;

/// Reads lines `place,name,day` and gathers what was seen where.
struct Sightings;

/// Where, and who.
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
        let day = day.parse().map_err(|_| JobError::new("no day"))?;
        out.emit(&(place, name), &(day, text.chars().rev().collect()));
        Ok(())
    }
}

/// Tells the days of each in their order; who was seen once is in an output of its own, too.
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
        let told: Vec<_> = days.iter().map(u32::to_string).collect();
        let told = format!("{name}:{}", told.join(" "));
        out.emit(&place, &told);
        if days.len() == 1 {
            out.emit_to(1, &place, &told);
        }
        Ok(())
    }
}

/// All of a place goes to one partition, by its first letter.
fn by_letter(key: &[u8], partitions: u32) -> u32 {
    let letter = Key::view(key).and_then(|(place, _)| place.bytes().next());
    u32::from(letter.unwrap_or_default()) % partitions
}

fn registry() -> Registry {
    let mut registry = Registry::default();
    let job = define(JobInfo::new(
        "sightings",
        "tells who was seen where on which days",
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
async fn run(place: &Place, set: &[(&str, String)]) {
    let text = |name: &str| place.path(name).to_str().expect("UTF-8").to_owned();
    let args = SettingsArgs {
        input: vec![text("in")],
        output: Some(text("o.tsv")),
        job: Some("sightings".to_owned()),
        set: set
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
        ..SettingsArgs::default()
    };
    let around = Surroundings {
        folder: place.path(""),
        ..Surroundings::default()
    };
    let settings = Settings::read(&args, &around).expect("settings");
    let (store, blobs) = (EmbeddedStore::default(), store::MemoryBlobs::default());
    let stop = CancellationToken::new();
    let work = worker::Options::new(runtime::worker_name(), registry(), &settings);
    let worker = tokio::spawn(worker::run(
        store.clone(),
        blobs.clone(),
        work,
        stop.clone(),
    ));
    let lead = master::Options::new(&settings, &registry()).expect("options");
    master::run(store, blobs, lead, stop, |_| ())
        .await
        .expect("the job ends well");
    worker.abort();
}

/// Both outputs, in a way that has nothing to do with the job.
fn expected(sightings: &[(String, String, u32)]) -> (String, String) {
    let mut days: BTreeMap<(&str, &str), Vec<u32>> = BTreeMap::new();
    for (place, name, day) in sightings {
        days.entry((place, name)).or_default().push(*day);
    }
    let (mut all, mut once) = (String::new(), String::new());
    for ((place, name), mut days) in days {
        days.sort_unstable();
        let told: Vec<_> = days.iter().map(u32::to_string).collect();
        let row = format!("{place}\t{name}:{}\n", told.join(" "));
        all.write_str(&row).unwrap();
        if days.len() == 1 {
            once.write_str(&row).unwrap();
        }
    }
    (all, once)
}

proptest! {
    // Each case is a whole job, with its fsync.
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn sorted_values_own_partitions_and_several_outputs_are_as_by_hand(
        sightings in prop::collection::vec(("[a-dé]{1,2}", "[xyz]{1,2}", 0u32..2000), 1..300),
        files in 1usize..4, split in 10u32..3000, reduces in 1u32..9,
        compression in prop::sample::select(vec!["none", "lz4"]),
    ) {
        let place = Place::new();
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
