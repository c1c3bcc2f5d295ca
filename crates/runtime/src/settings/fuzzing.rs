//! Any texts as settings.

use std::path::Path;

use super::layers::{Layer, Layers};
use super::values::{parse_duration, parse_size};
use super::{SettingsArgs, Surroundings, steps};

/// Three texts with NULs between them: a settings file, variables as lines `NAME=VALUE`, flags `--set NAME=VALUE`; and
/// the first of them as a file of steps. They are settings, or an error says what is wrong.
///
/// # Panics
/// If not.
pub fn settings(input: &[u8]) {
    let mut texts = input.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    let mut text = || texts.next().unwrap_or_default();
    let (file, variables, flags) = (text(), text(), text());
    let pairs = |text: &str| -> Vec<(String, String)> {
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        pairs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    };
    let around = Surroundings {
        variables: pairs(&variables).into_iter().collect(),
        ..Surroundings::default()
    };
    let args = SettingsArgs {
        set: pairs(&flags),
        ..SettingsArgs::default()
    };
    let read = Layer::of_text(&file, "a.toml")
        .and_then(|layer| Layers::over(layer, &args, &around))
        .and_then(Layers::read);
    match read {
        Ok(settings) => drop(format!("{settings:?}")),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if let Ok(tables) = steps::tables_of(&file, Path::new("job.toml")) {
        for (nth, table) in (1..).zip(tables) {
            let (_, own) = steps::step(nth, table, "a step");
            let layers = Layers::over(Layer(own), &args, &around);
            drop(layers.and_then(Layers::read));
        }
    }
}

/// Sizes and durations: what is read can be told and is the same when it is read again.
///
/// # Panics
/// If not.
pub fn values(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    for line in text.lines() {
        if let Some(size) = parse_size(line) {
            assert_eq!(parse_size(&size.to_string()), Some(size));
        }
        if let Some(duration) = parse_duration(line) {
            let told = humantime::format_duration(duration).to_string();
            assert_eq!(parse_duration(&told), Some(duration), "{told}");
        }
    }
}
