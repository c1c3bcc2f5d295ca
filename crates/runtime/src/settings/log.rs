//! Section `log`.

use serde::Deserialize;
use tracing_subscriber::EnvFilter;

use super::reference::Setting;
use super::values;

pub(super) const ROWS: &[Setting] = &[
    Setting {
        name: "log.format",
        default: "text",
        meaning: "text or json, one object a line; always on stderr",
        accepts: "text or json",
    },
    Setting {
        name: "log.level",
        default: "info",
        meaning: "error, warn, info, debug, trace or off; also per module, such as info,worker=debug",
        accepts: "a level or a directive such as info,worker=debug",
    },
];

/// The shape of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

/// Log lines.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSettings {
    /// The shape of log lines.
    #[serde(deserialize_with = "format")]
    pub format: LogFormat,
    /// A filter directive of `tracing-subscriber`.
    #[serde(deserialize_with = "level")]
    pub level: String,
}

fn format<'de, D: serde::Deserializer<'de>>(from: D) -> Result<LogFormat, D::Error> {
    values::parsed(from, |text| match text {
        "text" => Some(LogFormat::Text),
        "json" => Some(LogFormat::Json),
        _ => None,
    })
}

/// A bare word that is no level would be taken as the name of a module, and silence everything else.
fn level<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let levels = ["off", "error", "warn", "info", "debug", "trace"];
    let bare_is_level = |part: &str| {
        part.contains(['=', '[']) || levels.iter().any(|level| level.eq_ignore_ascii_case(part))
    };
    values::checked(from, |text| {
        text.split(',').all(|part| bare_is_level(part.trim())) && EnvFilter::try_new(text).is_ok()
    })
}
