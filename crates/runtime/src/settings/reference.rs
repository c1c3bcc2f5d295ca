//! The rows of all settings: what documentation, help and errors are made from.

use super::{checkpoint, crash, input, job, log, output, redis, shuffle, worker};

/// One setting, as people read about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Section and key, such as `worker.slots`.
    pub name: &'static str,
    /// The default as one would write it; empty if there is none.
    pub default: &'static str,
    /// What it does, as a fragment.
    pub meaning: &'static str,
    /// What a value has to be, as a fragment that follows "is not".
    pub accepts: &'static str,
}

impl Setting {
    /// The environment variable that sets it.
    pub fn variable(&self) -> String {
        let name = self
            .name
            .replace('.', super::surroundings::SEPARATOR)
            .to_uppercase();
        format!("{}{name}", super::surroundings::PREFIX)
    }
}

/// All settings, section by section.
pub fn reference() -> impl Iterator<Item = &'static Setting> {
    let sections = [
        redis::ROWS,
        job::ROWS,
        input::ROWS,
        output::ROWS,
        shuffle::ROWS,
        worker::ROWS,
        checkpoint::ROWS,
        log::ROWS,
        crash::ROWS,
    ];
    sections.into_iter().flatten()
}

/// The setting called `name`.
pub(super) fn find(name: &str) -> Option<&'static Setting> {
    reference().find(|setting| setting.name == name)
}

/// The name of the setting that `name` was most likely meant to be.
///
/// Near in spelling, or right but for the section.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let (wanted, key) = (
        name.to_lowercase().replace('-', "_"),
        last(name).to_lowercase(),
    );
    let far = |setting: &&Setting| {
        let whole = strsim::damerau_levenshtein(&wanted, setting.name);
        // The right key in the wrong section is one mistake, however long the section's name.
        whole.min(1 + strsim::damerau_levenshtein(&key, &last(setting.name)))
    };
    // One mistake, and another one for every four letters of the key.
    let most = 1 + key.len() / 4;
    reference()
        .min_by_key(far)
        .filter(|best| far(best) <= most)
        .map(|best| best.name)
}

/// The settings as text for the end of `--help`.
pub fn help() -> String {
    let row = |Setting {
                   name,
                   default,
                   meaning,
                   ..
               }: &Setting| {
        let default = if default.is_empty() {
            "not set"
        } else {
            default
        };
        format!("  {name:<20} {meaning} [default: {default}]\n")
    };
    let rows: String = reference().map(row).collect();
    format!(
        "Settings, by --set NAME=VALUE, by MAPREDUCE__SECTION__KEY in the environment,\n\
         or in mapreduce.toml (the first that is there wins):\n{rows}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_rows_are_fragments() {
        let mut names: Vec<_> = reference().map(|setting| setting.name).collect();
        let total = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), total);
        for Setting {
            name,
            meaning,
            accepts,
            ..
        } in reference()
        {
            assert!(!meaning.is_empty() && !meaning.ends_with('.'), "{name}");
            assert!(!accepts.is_empty() && !accepts.ends_with('.'), "{name}");
        }
    }

    #[test]
    fn the_variable_is_the_name_in_capitals() {
        let variable = find("worker.max_attempts").unwrap().variable();
        assert_eq!(variable, "MAPREDUCE__WORKER__MAX_ATTEMPTS");
    }

    #[test]
    fn the_nearest_name_is_a_typing_mistake_away() {
        for (typed, meant) in [
            ("worker.slot", "worker.slots"),
            ("slots", "worker.slots"),
            ("input.split-size", "input.split_size"),
            ("job.column", "input.column"),
            ("redis.ulr", "redis.url"),
            ("Log.Level", "log.level"),
        ] {
            assert_eq!(nearest(typed), Some(meant), "{typed}");
        }
        for far in ["http.listen", "x", "", "redis.maximum_clients"] {
            assert_eq!(nearest(far), None, "{far}");
        }
    }

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
