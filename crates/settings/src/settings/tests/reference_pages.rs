//! Files that are generated from the code, or that list all settings.
//!
//! `UPDATE_REFERENCE=1 cargo test` rewrites them.

use std::collections::BTreeMap;
use std::path::Path;

use crate::exit;
use crate::settings::{Setting, markdown, reference};

/// Compares the file with `expected`, or rewrites it.
fn check(file: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(file);
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, expected).unwrap();
    }
    let actual = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        actual == expected,
        "{file} differs from the code; run `UPDATE_REFERENCE=1 cargo test` in {}",
        env!("CARGO_MANIFEST_DIR")
    );
}

#[test]
fn the_page_of_settings_is_up_to_date() {
    check("docs/reference/settings.md", &markdown());
}

#[test]
fn the_page_of_exit_codes_is_up_to_date() {
    check("docs/reference/exit-codes.md", &exit::markdown());
}

/// The line before the settings in `docker-compose.yml`.
const COMPOSE_START: &str = "  environment: &settings\n";

/// `compose` with a line for each setting, in the order of the reference; values stay.
///
/// The crash points are left out: `deploy/compose.chaos.yml` sets them for workers only. `REDIS_URL` sets `redis.url`.
fn with_all_settings(compose: &str) -> String {
    let (before, rest) = compose.split_once(COMPOSE_START).expect("settings");
    let (block, after) = rest.split_once("\n\n").expect("an empty line at their end");
    let values: BTreeMap<&str, &str> = block
        .lines()
        .filter_map(|line| line.trim().split_once(':'))
        .collect();
    let line = |name: &str| {
        let value = values.get(name).copied().unwrap_or_default();
        format!("    {name}:{value}\n")
    };
    let lines: String = reference()
        .filter(|setting| !setting.name.starts_with("crash."))
        .map(|setting| match setting.name {
            "redis.url" => line("REDIS_URL"),
            _ => line(&setting.variable()),
        })
        .collect();
    format!("{before}{COMPOSE_START}{lines}\n{after}")
}

#[test]
fn docker_compose_lists_all_settings() {
    let file = "docker-compose.yml";
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(file);
    let compose = std::fs::read_to_string(path).unwrap();
    check(file, &with_all_settings(&compose));
}

#[test]
fn the_reference_page_contains_every_setting_with_its_variable_and_flag() {
    let page = markdown();
    for setting in reference() {
        let Setting { name, flag, .. } = setting;
        assert!(page.contains(&format!("| `{name}` |")), "{name}");
        if let Some(flag) = flag {
            assert!(page.contains(&format!("Flag: `{flag}`.")), "{flag}");
        }
    }
}
