//! Fuzz targets: arbitrary texts as settings.

use std::path::Path;

use super::args::SettingsArgs;
use super::environment::Environment;
use super::layer::Layer;
use super::layers::Layers;
use super::steps;
use super::values::{parse_duration, parse_size};

/// Reads arbitrary texts as settings: the result is settings or an error with a message.
///
/// The input is up to three texts separated by NULs: a settings file, variables as lines `NAME=VALUE`, and flags
/// `--set` as lines `NAME=VALUE`. The first text is also read as a file of steps.
///
/// # Panics
/// If an error has no message.
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
    let environment = Environment {
        variables: pairs(&variables).into_iter().collect(),
        ..Environment::default()
    };
    let args = SettingsArgs {
        set: pairs(&flags),
        ..SettingsArgs::default()
    };
    let read = Layer::of_text(&file, "a.toml")
        .and_then(|layer| Layers::with_file(layer, &args, &environment))
        .and_then(Layers::read);
    match read {
        Ok(settings) => drop(format!("{settings:?}")),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if let Ok(tables) = steps::tables_of(&file, Path::new("job.toml")) {
        for (nth, table) in (1..).zip(tables) {
            let (_, own) = steps::step(nth, table, "a step");
            let layers = Layers::with_file(Layer(own), &args, &environment);
            drop(layers.and_then(Layers::read));
        }
    }
}

/// Parses arbitrary texts as sizes and durations: a parsed value, printed and parsed again, stays the same.
///
/// # Panics
/// If it changes.
pub fn values(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    for line in text.lines() {
        if let Some(size) = parse_size(line) {
            assert_eq!(parse_size(&size.to_string()), Some(size));
        }
        if let Some(duration) = parse_duration(line) {
            let printed = humantime::format_duration(duration).to_string();
            assert_eq!(parse_duration(&printed), Some(duration), "{printed}");
        }
    }
}
