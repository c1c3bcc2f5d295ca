//! Settings read from variables, a file and flags of a test.

use std::collections::BTreeMap;

use clap::Parser;
use tempfile::TempDir;

use crate::settings::{Environment, Settings, SettingsArgs, SettingsError};

#[derive(Debug, Parser)]
#[command(about = "about the command")]
pub(super) struct Command {
    #[command(flatten)]
    settings: SettingsArgs,
}

/// Reads settings from variables, the text of `mapreduce.toml` (no file if it is empty), and flags.
pub(super) fn read(
    variables: &[(&str, &str)],
    file: &str,
    flags: &[&str],
) -> Result<Settings, SettingsError> {
    let folder = TempDir::new().unwrap();
    if !file.is_empty() {
        std::fs::write(folder.path().join("mapreduce.toml"), file).unwrap();
    }
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let environment = Environment {
        variables: variables.iter().map(owned).collect::<BTreeMap<_, _>>(),
        folder: folder.path().to_owned(),
    };
    let flags = [&["command"], flags].concat();
    let args = Command::try_parse_from(flags).unwrap().settings;
    Settings::read(&args, &environment)
}

pub(super) fn error(variables: &[(&str, &str)], file: &str, flags: &[&str]) -> String {
    read(variables, file, flags).unwrap_err().to_string()
}
