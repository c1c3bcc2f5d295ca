//! The flags that are declared with their settings.

use std::collections::BTreeMap;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

use super::help::help_line;
use super::layer::Entry;
use super::reference::reference;
use super::section::Setting;

/// The values of the flags that the user gave, such as `--slots 4`, by the names of their settings.
///
/// Values stay texts here: they are checked like those of every other layer, with the same messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SettingFlags(BTreeMap<&'static str, String>);

impl SettingFlags {
    /// The flags as values of a layer.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> {
        flags().filter_map(|flag| {
            let value = self.0.get(flag.setting.name)?;
            let origin = format!("the flag --{}", flag.long);
            Some(Entry::text(flag.setting.name, value, &origin))
        })
    }

    /// Returns true if the user gave the flag of this setting.
    pub(super) fn contains(&self, setting: &str) -> bool {
        self.0.contains_key(setting)
    }
}

impl Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        flags().fold(command, |command, flag| command.arg(flag.arg()))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        for flag in flags() {
            if let Some(value) = flag.value(matches) {
                self.0.insert(flag.setting.name, value);
            }
        }
        Ok(())
    }
}

/// A flag of a setting.
struct Flag {
    setting: &'static Setting,
    /// Its name without the dashes.
    long: &'static str,
    /// The name of its value in the help; `None` for a switch, which sets `true`.
    value_name: Option<&'static str>,
}

impl Flag {
    fn of(setting: &'static Setting) -> Option<Self> {
        let declared = setting.flag?.trim_start_matches('-');
        let (long, value_name) = match declared.split_once(' ') {
            Some((long, value_name)) => (long, Some(value_name)),
            None => (declared, None),
        };
        Some(Self {
            setting,
            long,
            value_name,
        })
    }

    fn arg(&self) -> Arg {
        let arg = Arg::new(self.setting.name)
            .long(self.long)
            .help(help_line(self.setting));
        match self.value_name {
            Some(name) => arg.value_name(name).action(ArgAction::Set),
            None => arg.action(ArgAction::SetTrue),
        }
    }

    fn value(&self, matches: &ArgMatches) -> Option<String> {
        let name = self.setting.name;
        match self.value_name {
            Some(_) => matches.get_one::<String>(name).cloned(),
            None => matches.get_flag(name).then(|| "true".to_owned()),
        }
    }
}

fn flags() -> impl Iterator<Item = Flag> {
    reference().filter_map(Flag::of)
}
