//! Log lines on stderr; stdout belongs to results.

use std::io::IsTerminal;

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::settings::{LogFormat, LogSettings};

/// Starts the log: events become lines on stderr. Only the first call in a process has an effect.
///
/// A terminal shows colours unless `NO_COLOR` is set.
pub fn init(settings: &LogSettings) {
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    // It fails only if the process has a subscriber already, such as that of a test; that one stays.
    drop(subscriber(settings, std::io::stderr, colour).try_init());
}

/// Creates the subscriber that writes events as lines to `writer`.
fn subscriber<W>(
    settings: &LogSettings,
    writer: W,
    colour: bool,
) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    // The level was checked when the settings were read. Settings built by a test may be wrong: they get the default.
    let filter = EnvFilter::try_new(&settings.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer);
    match settings.format {
        LogFormat::Text => Box::new(
            lines
                .compact()
                .with_target(false)
                .with_ansi(colour)
                .finish(),
        ),
        LogFormat::Json => Box::new(lines.json().flatten_event(true).finish()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use tracing::{debug, info, subscriber::with_default};

    use super::*;

    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<Vec<u8>>>);

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, level: &str) -> String {
        let output = Output::default();
        let writer = output.clone();
        let settings = LogSettings {
            format,
            level: level.to_owned(),
        };
        with_default(subscriber(&settings, move || writer.clone(), false), || {
            debug!("a detail");
            info!(job = "j1", tasks = 3, "job planned");
        });
        let bytes = output.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn text_lines_carry_message_and_fields_without_colour() {
        let text = logged(LogFormat::Text, "info");
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(
            text.contains(r#"INFO job planned job="j1" tasks=3"#),
            "{text}"
        );
        assert!(!text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn json_lines_are_objects_with_fields_at_the_top_level() {
        let text = logged(LogFormat::Json, "info");
        let line: serde_json::Value = serde_json::from_str(&text).expect("one object");
        assert_eq!(line["message"], "job planned");
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["tasks"], 3);
    }

    #[test]
    fn the_level_may_be_a_directive_per_module() {
        assert_eq!(logged(LogFormat::Text, "debug").lines().count(), 2);
        assert_eq!(
            logged(LogFormat::Text, "off,settings=info").lines().count(),
            1
        );
        assert_eq!(logged(LogFormat::Text, "off"), "");
    }

    #[test]
    fn a_second_call_of_init_is_harmless() {
        let settings = LogSettings {
            format: LogFormat::Text,
            level: "info".to_owned(),
        };
        init(&settings);
        init(&settings);
    }
}
