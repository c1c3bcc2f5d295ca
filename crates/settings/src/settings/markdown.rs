//! The reference page of the settings, `docs/reference/settings.md`.

use super::section::{Setting, SettingsSection};
use super::tree::SECTIONS;

/// Introduction of the page.
const INTRODUCTION: &str = "\
# Settings

<!-- Generated from crates/settings; a test compares it. Rewrite it with `UPDATE_REFERENCE=1 cargo test -p mapreduce-settings`. -->

`mapreduce`, `master` and `worker` read the same settings. The layers, lowest precedence first:

1. the defaults,
2. the file `mapreduce.toml` in the working folder, or the file that `--config FILE` names,
3. environment variables,
4. flags.

The setting `worker.slots` is the key `slots` in the table `[worker]` of the file, the environment variable
`MAPREDUCE__WORKER__SLOTS`, and `--set worker.slots=4` on the command line. Common settings have a flag, such as
`--slots 4`. An empty environment variable counts as not set.

A wrong name or value ends the program with [exit code](exit-codes.md) 64. The message names the setting and the
layer that contains it.

Durations are numbers with a unit, such as `250ms`, `30s` or `1h 30m`. Sizes are bytes or numbers with a unit, such as
`4096`, `64MiB` or `32MB`.
";

/// Renders all settings as a page of Markdown.
pub fn markdown() -> String {
    let sections: String = SECTIONS.iter().map(table).collect();
    format!("{INTRODUCTION}{sections}")
}

fn table(section: &SettingsSection) -> String {
    let rows: String = section.settings.iter().map(row).collect();
    format!(
        "\n## `{}`: {}\n\n| setting | default | description | accepts |\n|---|---|---|---|\n{rows}",
        section.name,
        section.title(),
    )
}

fn row(setting: &Setting) -> String {
    let default = match setting.default {
        "" => "not set".to_owned(),
        default => format!("`{default}`"),
    };
    let mut description = format!("{}.", setting.help());
    if !setting.details().is_empty() {
        description += &format!(" {}", setting.details());
    }
    if let Some(flag) = setting.flag {
        description += &format!(" Flag: `{flag}`.");
    }
    let name = setting.name;
    let cells = [
        &format!("`{name}`"),
        &default,
        &description,
        setting.accepts,
    ];
    format!(
        "| {} |\n",
        cells.map(|cell| cell.replace('|', "\\|")).join(" | ")
    )
}
