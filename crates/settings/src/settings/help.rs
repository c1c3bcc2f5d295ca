//! Texts of `--help`.

use super::reference::{find, reference};
use super::section::Setting;

/// Returns the list of all settings for the end of `--help`.
pub fn help() -> String {
    let row = |setting: &Setting| format!("  {:<20} {}\n", setting.name, help_line(setting));
    let rows: String = reference().map(row).collect();
    format!(
        "Settings, highest precedence first: --set NAME=VALUE, the environment variable\n\
         MAPREDUCE__SECTION__KEY, the file mapreduce.toml:\n{rows}"
    )
}

/// Returns the help text of the flag that sets `setting`.
///
/// # Panics
/// If there is no such setting.
pub(super) fn flag_help(setting: &str) -> String {
    help_line(find(setting).expect("flags are declared for settings that exist"))
}

/// Returns the description and the default of `setting`.
pub(super) fn help_line(setting: &Setting) -> String {
    let default = match setting.default {
        "" => "not set",
        default => default,
    };
    format!("{} [default: {default}]", setting.help())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_shows_every_setting_with_its_default() {
        let text = help();
        for setting in reference() {
            let line = text
                .lines()
                .find(|line| line.trim_start().starts_with(setting.name));
            assert!(
                line.is_some_and(|line| line.contains(setting.default)),
                "{}",
                setting.name
            );
        }
    }
}
