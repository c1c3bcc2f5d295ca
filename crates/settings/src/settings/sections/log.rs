//! Section `log`.

use serde::Deserializer;
use tracing_subscriber::EnvFilter;

use crate::settings::section::section;
use crate::settings::values;

section! {
    /// Log lines.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct LogSettings in "log" {
        /// Format of the log lines on stderr: text or json (one object per line).
        format: LogFormat = "text" {
            accepts: "text or json",
            read: "format",
            flag: "--log-format FORMAT",
        }
        /// Log level: error, warn, info, debug, trace or off; per module such as info,worker=debug.
        level: String = "info" {
            accepts: "a level or a directive such as info,worker=debug",
            read: "level",
            flag: "--log-level LEVEL",
        }
    }
}

/// Format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Text for people.
    Text,
    /// One JSON object per line, for log collectors.
    Json,
}

fn format<'de, D: Deserializer<'de>>(from: D) -> Result<LogFormat, D::Error> {
    values::parsed(from, |text| match text {
        "text" => Some(LogFormat::Text),
        "json" => Some(LogFormat::Json),
        _ => None,
    })
}

/// Rejects a bare word that is not a level: `EnvFilter` would take it as a module name and silence all others.
fn level<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let levels = ["off", "error", "warn", "info", "debug", "trace"];
    let bare_is_level = |part: &str| {
        part.contains(['=', '[']) || levels.iter().any(|level| level.eq_ignore_ascii_case(part))
    };
    values::checked(from, |text| {
        text.split(',').all(|part| bare_is_level(part.trim())) && EnvFilter::try_new(text).is_ok()
    })
}
