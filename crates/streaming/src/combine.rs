//! A combiner that is a command: run now and then, over what the mapper has written since.

use mapreduce::job::MapSink;

use crate::cut::Cut;
use crate::process::Process;
use crate::start::Starter;
use crate::stop::{Stop, Taker};

/// Memory for lines and their places, in bytes: enough that a command's start is nothing beside its work, and
/// little beside what a slot has.
const MEMORY: usize = 32 << 20;

/// How much is written at once, in bytes.
pub(crate) const BLOCK: usize = 256 << 10;

/// Lines of a mapper that are to be combined.
#[derive(Debug)]
pub(crate) struct Combine {
    starter: Starter,
    command: String,
    cut: Cut,
    sort_values: bool,
    text: Vec<u8>,
    places: Vec<Place>,
}

/// Where a line is in the text.
#[derive(Debug, Clone, Copy)]
struct Place {
    key: usize,
    value: usize,
    end: usize,
}

impl Combine {
    /// Combines by `command`.
    pub(crate) fn new(starter: Starter, command: String, cut: Cut, sort_values: bool) -> Self {
        Self {
            starter,
            command,
            cut,
            sort_values,
            text: Vec::new(),
            places: Vec::new(),
        }
    }

    /// Takes a line of the mapper.
    pub(crate) fn line(&mut self, line: &[u8]) {
        let (key, _) = self.cut.key_and_value(line);
        let start = self.text.len();
        self.text.extend_from_slice(line);
        self.places.push(Place {
            key: start,
            value: start + key.len(),
            end: self.text.len(),
        });
    }

    /// Whether it is time to run.
    pub(crate) fn is_full(&self) -> bool {
        self.text.len() + size_of_val(&self.places[..]) >= MEMORY
    }

    /// Gives what there is to the command, sorted, and what the command writes to `sink`.
    ///
    /// # Errors
    /// See [`Stop`].
    pub(crate) fn run(&mut self, sink: &mut MapSink<'_>) -> Result<(), Stop> {
        if self.places.is_empty() {
            return Ok(());
        }
        let text = &self.text[..];
        let key = |place: &Place| &text[place.key..place.value];
        match self.sort_values {
            true => self
                .places
                .sort_unstable_by_key(|place| (key(place), &text[place.value..place.end])),
            false => self.places.sort_by_key(key),
        }
        let process = self.starter.start("combiner", &self.command);
        let mut process = process.map_err(Stop::Failed)?;
        let cut = &self.cut;
        let mut taker = ToSink { cut, sink };
        for place in &self.places {
            let value = &text[place.value..place.end];
            cut.put(key(place), value, process.pending());
            flush(&mut process, &mut taker)?;
        }
        process.finish(&mut taker)?;
        self.text.clear();
        self.places.clear();
        Ok(())
    }
}

/// Writes what is pending if it is worth it.
#[inline]
pub(crate) fn flush(process: &mut Process, taker: &mut impl Taker) -> Result<(), Stop> {
    match process.pending().len() >= BLOCK {
        true => process.flush(taker),
        false => Ok(()),
    }
}

struct ToSink<'a, 'b> {
    cut: &'a Cut,
    sink: &'a mut MapSink<'b>,
}

impl Taker for ToSink<'_, '_> {
    fn line(&mut self, line: &[u8]) {
        let (key, value) = self.cut.key_and_value(line);
        self.sink.push(key, value);
    }

    fn block(&mut self) -> Result<(), Stop> {
        Ok(self.sink.relieve()?)
    }
}
