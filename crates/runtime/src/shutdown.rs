//! SIGINT and SIGTERM as a token: the first asks everything to drain, the second ends the process.

use std::sync::{Arc, OnceLock};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::exit::Exit;

/// A signal that asks the process to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signal {
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGTERM: `docker stop`, `kill`.
    Terminate,
}

impl Signal {
    /// The signal's usual name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        }
    }
}

/// Whether the process was asked to end; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    token: CancellationToken,
    signal: Arc<OnceLock<Signal>>,
}

impl Shutdown {
    /// Listens from now on, in a task of its own, until the process ends.
    ///
    /// The first signal cancels the token; a second one ends the process at once with 130. If the
    /// system refuses handlers, a warning is logged and signals keep ending the process by themselves.
    ///
    /// # Panics
    /// Outside of a Tokio runtime that has its I/O enabled.
    pub fn listen() -> Self {
        let shutdown = Self::default();
        let handlers = signal(SignalKind::interrupt())
            .and_then(|interrupt| Ok((interrupt, signal(SignalKind::terminate())?)));
        let (mut interrupt, mut terminate) = match handlers {
            Ok(handlers) => handlers,
            Err(error) => {
                warn!(%error, "signals cannot be handled");
                return shutdown;
            }
        };
        let state = shutdown.clone();
        tokio::spawn(async move {
            loop {
                // Cancellation-safe: a signal that is not received by this turn waits for the next.
                let received = tokio::select! {
                    Some(()) = interrupt.recv() => Signal::Interrupt,
                    Some(()) = terminate.recv() => Signal::Terminate,
                    else => return,
                };
                if !state.receive(received) {
                    warn!(signal = received.as_str(), "second signal, leaving at once");
                    std::process::exit(i32::from(Exit::Interrupted.code()));
                }
            }
        });
        shutdown
    }

    /// Cancelled once the process is asked to end. Cancelling it by hand asks the same of everyone
    /// who holds it, without a signal.
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// The signal that came first, if any came.
    pub fn signal(&self) -> Option<Signal> {
        self.signal.get().copied()
    }

    /// Notes a signal; whether it was the first.
    fn receive(&self, signal: Signal) -> bool {
        let first = self.signal.set(signal).is_ok();
        if first {
            info!(signal = signal.as_str(), "shutting down");
            self.token.cancel();
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn the_first_signal_cancels_and_is_remembered() {
        let shutdown = Shutdown::default();
        let token = shutdown.token();
        assert!(!token.is_cancelled());
        assert_eq!(shutdown.signal(), None);
        assert!(shutdown.receive(Signal::Terminate));
        assert!(token.is_cancelled());
        assert!(!shutdown.receive(Signal::Interrupt));
        assert_eq!(shutdown.signal(), Some(Signal::Terminate));
    }

    const CHILD: &str = "RUNTIME_TEST_LISTENS";

    fn say(line: &str) {
        writeln!(std::io::stdout(), "\n>{line}").unwrap();
    }

    /// What the child does: tells when it listens and which signal it got, then never ends by itself.
    #[tokio::main]
    async fn listen_and_tell() {
        let shutdown = Shutdown::listen();
        say("listening");
        shutdown.token().cancelled().await;
        say(shutdown.signal().expect("cancelled by a signal").as_str());
        std::future::pending::<()>().await;
    }

    /// The test starts its own binary again, which then is the process that gets the signals.
    #[test]
    fn one_signal_asks_and_the_second_ends_the_process_with_130() {
        if std::env::var_os(CHILD).is_some() {
            return listen_and_tell();
        }
        let name = "shutdown::tests::one_signal_asks_and_the_second_ends_the_process_with_130";
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(CHILD, "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let pid = child.id().to_string();
        let kill = |signal: &str| Command::new("kill").args([signal, &pid]).status().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut wait_for = |line: &str| lines.any(|read| read.unwrap() == line);

        assert!(wait_for(">listening"));
        assert!(kill("-INT").success());
        assert!(wait_for(">SIGINT"), "the first signal only asks");
        assert!(kill("-TERM").success());
        assert_eq!(child.wait().unwrap().code(), Some(130));
    }
}
