//! Declarations of settings.

use super::environment::{PREFIX, SEPARATOR};

/// One setting, as the reference shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Section and key, such as `worker.slots`.
    pub name: &'static str,
    /// The default in the form that a user writes; empty if there is no default.
    pub default: &'static str,
    /// The accepted values, as a fragment that follows "is not" in an error.
    pub accepts: &'static str,
    /// The flag with its value, such as `--slots N`; `None` if only `--set` sets it on the command line.
    pub flag: Option<&'static str>,
    /// The lines of the doc comment: one paragraph of help, then details.
    pub(super) docs: &'static [&'static str],
}

impl Setting {
    /// The description in one line: a noun phrase without a full stop.
    pub fn help(&self) -> String {
        paragraph(self.docs).trim_end_matches('.').to_owned()
    }

    /// The paragraphs after the first; empty if the help says it all.
    pub fn details(&self) -> String {
        let details = self.docs.iter().skip_while(|line| !line.trim().is_empty());
        let lines: Vec<_> = details.map(|line| line.trim()).collect();
        lines.join(" ").trim().to_owned()
    }

    /// The environment variable that sets it, such as `MAPREDUCE__WORKER__SLOTS`.
    pub fn variable(&self) -> String {
        let name = self.name.replace('.', SEPARATOR).to_uppercase();
        format!("{PREFIX}{name}")
    }

    /// The key without its section, such as `slots`.
    pub(super) fn key(&self) -> &'static str {
        self.name.rsplit('.').next().unwrap_or_default()
    }
}

/// A group of settings: a table of `mapreduce.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettingsSection {
    /// The first part of the names of its settings, such as `worker`.
    pub name: &'static str,
    /// Its settings in the order of the reference.
    pub settings: &'static [Setting],
    pub(super) docs: &'static [&'static str],
}

impl SettingsSection {
    /// The title in the reference.
    pub fn title(&self) -> String {
        paragraph(self.docs).trim_end_matches('.').to_owned()
    }
}

/// The first paragraph of a doc comment.
fn paragraph(docs: &[&str]) -> String {
    let lines = docs.iter().map(|line| line.trim());
    let first: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    first.join(" ")
}

/// Declares a section of settings: each setting once, with its type, default, help and accepted values.
///
/// ```text
/// section! {
///     /// Title of the section.
///     #[derive(Debug)]
///     pub struct WorkerSettings in "worker" {
///         /// Help of the setting: a noun phrase.
///         ///
///         /// Details for the reference page.
///         slots: u32 = "cores" {
///             accepts: "a whole number from 1 to 1024, or cores",
///             read: "slots",          // the function that reads the value, for serde
///             flag: "--slots N",      // optional
///         }
///     }
/// }
/// ```
/// Generates the struct, which serde fills and which rejects unknown keys, and its rows in the reference. `--help`,
/// the names of environment variables, the reference page and `docker-compose.yml` are derived from those rows.
/// Fields after `and` are not settings; code fills them.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        #[derive($($derive:ident),+)]
        pub struct $name:ident in $section:literal {
            $(
                $(#[doc = $help:literal])+
                $key:ident: $type:ty = $default:literal {
                    accepts: $accepts:literal,
                    read: $read:literal,
                    $(flag: $flag:literal,)?
                }
            )+
        }
        $(and {
            $(#[doc = $more:literal])+
            $extra:ident: $extra_type:ty
        })?
    ) => {
        $(#[doc = $about])+
        #[derive($($derive,)+ serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $(
                $(#[doc = $help])+
                #[serde(deserialize_with = $read)]
                pub $key: $type,
            )+
            $(
                $(#[doc = $more])+
                #[serde(skip)]
                pub $extra: $extra_type,
            )?
        }

        impl $name {
            /// The rows of this section in the reference.
            pub(in crate::settings) const SECTION: $crate::settings::SettingsSection = $crate::settings::SettingsSection {
                name: $section,
                docs: &[$($about),+],
                settings: &[$(
                    $crate::settings::Setting {
                        name: concat!($section, ".", stringify!($key)),
                        default: $default,
                        accepts: $accepts,
                        flag: $crate::settings::section::optional!($($flag)?),
                        docs: &[$($help),+],
                    },
                )+],
            };
        }
    };
}

/// `Some` of a literal, or `None` without one.
macro_rules! optional {
    () => {
        None
    };
    ($value:literal) => {
        Some($value)
    };
}

pub(in crate::settings) use {optional, section};

#[cfg(test)]
mod tests {
    use super::*;

    const SETTING: Setting = Setting {
        name: "worker.max_attempts",
        default: "4",
        accepts: "a whole number",
        flag: None,
        docs: &[
            " Number of",
            " attempts.",
            "",
            " The first detail.",
            " Another.",
        ],
    };

    #[test]
    fn the_variable_is_the_name_in_capitals() {
        assert_eq!(SETTING.variable(), "MAPREDUCE__WORKER__MAX_ATTEMPTS");
        assert_eq!(SETTING.key(), "max_attempts");
    }

    #[test]
    fn the_first_paragraph_is_the_help_and_the_others_are_details() {
        assert_eq!(SETTING.help(), "Number of attempts");
        assert_eq!(SETTING.details(), "The first detail. Another.");
    }
}
