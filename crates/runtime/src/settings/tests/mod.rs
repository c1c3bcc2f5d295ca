//! Tests of all layers together: from variables, files and flags to settings or an error.

mod defaults;
mod environment;
mod flags;
mod layers;
mod reference_pages;
mod refusals;

use std::collections::BTreeMap;

use clap::Parser;
use tempfile::TempDir;

use super::{Settings, SettingsArgs, SettingsError, Surroundings};

#[derive(Debug, Parser)]
#[command(about = "about the command")]
struct Command {
    #[command(flatten)]
    settings: SettingsArgs,
}

/// Reads settings from variables, the text of `mapreduce.toml` (no file if it is empty), and flags.
fn read(variables: &[(&str, &str)], file: &str, flags: &[&str]) -> Result<Settings, SettingsError> {
    let folder = TempDir::new().unwrap();
    if !file.is_empty() {
        std::fs::write(folder.path().join("mapreduce.toml"), file).unwrap();
    }
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let environment = Surroundings {
        variables: variables.iter().map(owned).collect::<BTreeMap<_, _>>(),
        folder: folder.path().to_owned(),
    };
    let flags = [&["command"], flags].concat();
    let args = Command::try_parse_from(flags).unwrap().settings;
    Settings::read(&args, &environment)
}

fn error(variables: &[(&str, &str)], file: &str, flags: &[&str]) -> String {
    read(variables, file, flags).unwrap_err().to_string()
}
