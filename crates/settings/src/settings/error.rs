//! Errors in settings. Each of them ends the process with exit code 64.

/// Error in a setting; the message names the setting and its origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// No setting has this name.
    #[error("unknown setting {name} (from {origin}){}", hint_text(*hint))]
    Unknown {
        /// The name as the user wrote it.
        name: String,
        /// The layer that contains it, such as `the file mapreduce.toml`.
        origin: String,
        /// The setting with the most similar name.
        hint: Option<&'static str>,
    },
    /// The setting does not accept the value.
    #[error("{name}: {value:?} is not {accepts} (from {origin})")]
    Value {
        /// The setting.
        name: &'static str,
        /// The value as the user wrote it, without passwords.
        value: String,
        /// The accepted values.
        accepts: &'static str,
        /// The layer that contains the value.
        origin: String,
    },
    /// The settings file cannot be read or is not valid TOML.
    #[error("cannot read the settings in {file}: {detail}")]
    File {
        /// The file.
        file: String,
        /// The reason.
        detail: String,
    },
    /// The settings contradict each other.
    #[error("cannot read the settings: {detail}")]
    Inconsistent {
        /// The reason.
        detail: String,
    },
}

fn hint_text(hint: Option<&str>) -> String {
    match hint {
        Some(name) => format!("; did you mean {name}?"),
        None => "; --help lists all settings".to_owned(),
    }
}
