//! List of all settings, and look-up by name.

use super::section::Setting;
use super::tree::SECTIONS;

/// All settings, section by section.
pub fn reference() -> impl Iterator<Item = &'static Setting> {
    SECTIONS.iter().flat_map(|section| section.settings)
}

/// The setting with this name.
pub(super) fn find(name: &str) -> Option<&'static Setting> {
    reference().find(|setting| setting.name == name)
}

/// The name of the setting that the user most likely meant by `name`.
///
/// The distance is that of the whole name, or that of the key plus one for a wrong section.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let wanted = name.to_lowercase().replace('-', "_");
    let key = name.rsplit('.').next().unwrap_or_default().to_lowercase();
    let distance = |setting: &&Setting| {
        let whole = strsim::damerau_levenshtein(&wanted, setting.name);
        whole.min(1 + strsim::damerau_levenshtein(&key, setting.key()))
    };
    // One mistake, and another one for every four letters of the key.
    let most = 1 + key.len() / 4;
    reference()
        .min_by_key(distance)
        .filter(|best| distance(best) <= most)
        .map(|best| best.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_texts_are_fragments() {
        let mut names: Vec<_> = reference().map(|setting| setting.name).collect();
        let total = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), total);
        for setting in reference() {
            let (name, help, accepts) = (setting.name, setting.help(), setting.accepts);
            assert!(help.starts_with(char::is_uppercase), "{name}: {help}");
            assert!(!accepts.is_empty() && !accepts.ends_with('.'), "{name}");
            let details = setting.details();
            assert!(details.is_empty() || details.ends_with('.'), "{name}");
        }
    }

    #[test]
    fn names_start_with_their_section() {
        for section in SECTIONS {
            for setting in section.settings {
                let expected = format!("{}.{}", section.name, setting.key());
                assert_eq!(setting.name, expected);
            }
        }
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
        for distant in ["http.listen", "x", "", "redis.maximum_clients"] {
            assert_eq!(nearest(distant), None, "{distant}");
        }
    }
}
