//! Connections through the proxy, with one thread for each direction.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::mode::Mode;

/// Bytes of one read. Each read is delayed separately, so `CHUNK / delay` bounds the throughput.
const CHUNK: usize = 256 << 10;

/// State that the threads of a proxy share.
#[derive(Debug, Default)]
pub(super) struct Connections {
    state: Mutex<State>,
    /// Signals a changed mode, ended connections and the end of the proxy.
    changed: Condvar,
    dropped: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    mode: Mode,
    closed: bool,
    /// Number of the next connection.
    next: u64,
    connections: BTreeMap<u64, Arc<Connection>>,
}

/// One connection: the streams to client and server.
#[derive(Debug)]
struct Connection {
    number: u64,
    client: TcpStream,
    server: TcpStream,
    /// Requests were dropped, so no later one may pass.
    requests_lost: AtomicBool,
    /// Replies were dropped, so no later one may pass.
    replies_lost: AtomicBool,
    /// The proxy has ended the connection.
    cut: AtomicBool,
    /// Number of directions that have ended.
    ended: AtomicU64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Requests,
    Replies,
}

/// Forwards both streams to each other.
pub(super) fn start(
    client: TcpStream,
    server: TcpStream,
    connections: &Arc<Connections>,
) -> io::Result<()> {
    let streams = [
        (
            Direction::Requests,
            client.try_clone()?,
            server.try_clone()?,
        ),
        (Direction::Replies, server.try_clone()?, client.try_clone()?),
    ];
    let connection = connections.add(client, server);
    for (direction, from, to) in streams {
        let (connections, connection) = (Arc::clone(connections), Arc::clone(&connection));
        thread::spawn(move || {
            // The other side sees an error as an end.
            let passed_on = pump(direction, &from, &to, &connection, &connections).unwrap_or(true);
            if passed_on {
                to.shutdown(Shutdown::Write).ok();
            }
            connections.ended(&connection, passed_on);
        });
    }
    Ok(())
}

/// Forwards bytes until their end. Returns false if the other side must not see the end.
fn pump(
    direction: Direction,
    mut from: &TcpStream,
    mut to: &TcpStream,
    connection: &Connection,
    connections: &Connections,
) -> io::Result<bool> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let length = from.read(&mut chunk)?;
        let bytes = &chunk[..length];
        if !connections.passes(direction, bytes, connection) {
            if length == 0 {
                return Ok(false);
            }
            connections
                .dropped
                .fetch_add(length as u64, Ordering::Relaxed);
        } else if length == 0 {
            return Ok(true);
        } else {
            to.write_all(bytes)?;
        }
    }
}

impl Connections {
    pub(super) fn mode(&self) -> Mode {
        self.state().mode.clone()
    }

    pub(super) fn set(&self, mode: Mode) {
        self.state().mode = mode;
        self.changed.notify_all();
    }

    pub(super) fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state().closed
    }

    pub(super) fn count(&self) -> usize {
        self.state().connections.len()
    }

    pub(super) fn dropped_bytes(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    pub(super) fn cut(&self) {
        let connections = std::mem::take(&mut self.state().connections);
        for connection in connections.values() {
            connection.cut.store(true, Ordering::Release);
            // An error means that this side has ended.
            connection.client.shutdown(Shutdown::Both).ok();
            connection.server.shutdown(Shutdown::Both).ok();
        }
        self.changed.notify_all();
    }

    fn add(&self, client: TcpStream, server: TcpStream) -> Arc<Connection> {
        let mut state = self.state();
        let connection = Arc::new(Connection {
            number: state.next,
            client,
            server,
            requests_lost: AtomicBool::new(false),
            replies_lost: AtomicBool::new(false),
            cut: AtomicBool::new(false),
            ended: AtomicU64::new(0),
        });
        state.next += 1;
        state
            .connections
            .insert(connection.number, Arc::clone(&connection));
        connection
    }

    /// Removes a connection whose two directions have ended. A connection whose end is hidden stays, which keeps its
    /// other side open.
    fn ended(&self, connection: &Connection, passed_on: bool) {
        let ended = connection.ended.fetch_add(1, Ordering::AcqRel) + 1;
        if passed_on && ended == 2 {
            self.state().connections.remove(&connection.number);
        }
    }

    /// Returns whether these bytes pass, after their delay. Empty bytes stand for the end of the stream.
    fn passes(&self, direction: Direction, bytes: &[u8], connection: &Connection) -> bool {
        let state = self.state();
        let lost = match direction {
            Direction::Requests => &connection.requests_lost,
            Direction::Replies => &connection.replies_lost,
        };
        match &state.mode {
            Mode::HalfOpen => lost.store(true, Ordering::Release),
            Mode::LoseReplies if direction == Direction::Replies => {
                lost.store(true, Ordering::Release);
            }
            Mode::LoseRepliesTo(text)
                if direction == Direction::Requests && contains(bytes, text.as_bytes()) =>
            {
                connection.replies_lost.store(true, Ordering::Release);
            }
            Mode::Delay(delay) => {
                let delay = *delay;
                let delayed = |state: &mut State| {
                    let cut = connection.cut.load(Ordering::Acquire) || state.closed;
                    !cut && matches!(state.mode, Mode::Delay(_))
                };
                // The bytes pass after the delay, and also if the mutex is poisoned.
                drop(self.changed.wait_timeout_while(state, delay, delayed));
            }
            Mode::Pass | Mode::Refuse | Mode::LoseReplies | Mode::LoseRepliesTo(_) => {}
        }
        !lost.load(Ordering::Acquire)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    !part.is_empty() && bytes.windows(part.len()).any(|window| window == part)
}
