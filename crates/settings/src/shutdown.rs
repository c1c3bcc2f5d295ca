//! SIGINT and SIGTERM as a cancellation token: the first signal cancels it, the second ends the process.

use std::sync::{Arc, OnceLock};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::exit::Exit;

/// A signal that requests the process to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signal {
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGTERM: `docker stop`, `kill`.
    Terminate,
}

impl Signal {
    /// Returns the name of the signal.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        }
    }
}

/// Shutdown of the process by a signal; clones share its state.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    token: CancellationToken,
    signal: Arc<OnceLock<Signal>>,
}

impl Shutdown {
    /// Spawns a task that listens for signals until the process ends.
    ///
    /// The first signal cancels the token. The second signal ends the process at once with exit code 130. If the system
    /// refuses the handlers, a warning is logged and a signal kills the process as it does by default.
    ///
    /// # Panics
    /// Outside of a Tokio runtime with I/O enabled.
    pub fn listen() -> Self {
        let shutdown = Self::default();
        let handlers = signal(SignalKind::interrupt())
            .and_then(|interrupt| Ok((interrupt, signal(SignalKind::terminate())?)));
        let (mut interrupt, mut terminate) = match handlers {
            Ok(handlers) => handlers,
            Err(error) => {
                warn!(%error, "cannot handle signals");
                return shutdown;
            }
        };
        let state = shutdown.clone();
        tokio::spawn(async move {
            loop {
                // Cancellation is safe: the next iteration receives a signal that this one has not received.
                let received = tokio::select! {
                    Some(()) = interrupt.recv() => Signal::Interrupt,
                    Some(()) = terminate.recv() => Signal::Terminate,
                    else => return,
                };
                if !state.receive(received) {
                    warn!(
                        signal = received.as_str(),
                        "received a second signal, exiting at once"
                    );
                    std::process::exit(i32::from(Exit::Interrupted.code()));
                }
            }
        });
        shutdown
    }

    /// Returns the token that the first signal cancels. Code may cancel it too, for a shutdown without a signal.
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// Returns the first signal that the process received.
    pub fn signal(&self) -> Option<Signal> {
        self.signal.get().copied()
    }

    /// Records a signal. Returns `true` if it is the first one.
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
    fn the_first_signal_cancels_the_token_and_is_recorded() {
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

    fn print(line: &str) {
        writeln!(std::io::stdout(), "\n>{line}").unwrap();
    }

    /// The child process: prints when it listens and which signal it received, then waits to be ended.
    #[tokio::main]
    async fn listen_and_print() {
        let shutdown = Shutdown::listen();
        print("listening");
        shutdown.token().cancelled().await;
        print(shutdown.signal().expect("cancelled by a signal").as_str());
        std::future::pending::<()>().await;
    }

    /// The test starts its own binary again as the process that receives the signals.
    #[test]
    fn the_first_signal_cancels_and_the_second_ends_the_process_with_130() {
        if std::env::var_os(CHILD).is_some() {
            return listen_and_print();
        }
        let name =
            "shutdown::tests::the_first_signal_cancels_and_the_second_ends_the_process_with_130";
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
        assert!(
            wait_for(">SIGINT"),
            "the first signal does not end the process"
        );
        assert!(kill("-TERM").success());
        assert_eq!(child.wait().unwrap().code(), Some(130));
    }
}
