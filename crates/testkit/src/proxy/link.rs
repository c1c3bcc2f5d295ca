//! One connection through the proxy: two threads, one for each direction.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::Mode;

/// Bytes taken at once. Delays are per piece, so that this over the delay bounds the throughput.
const PIECE: usize = 256 << 10;

/// What the threads of a proxy share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// Told when the mode changes, when connections are cut, and when all is over.
    changed: Condvar,
    swallowed: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    mode: Mode,
    closed: bool,
    /// Number of the next connection.
    next: u64,
    links: BTreeMap<u64, Arc<Link>>,
}

/// A connection: the streams to both sides.
#[derive(Debug)]
struct Link {
    number: u64,
    client: TcpStream,
    server: TcpStream,
    /// Bytes of a direction are lost: nothing passes in it any more.
    requests_lost: AtomicBool,
    replies_lost: AtomicBool,
    /// Ended by the proxy.
    cut: AtomicBool,
    /// Directions that have ended.
    ended: AtomicU64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Requests,
    Replies,
}

/// Takes both streams into the proxy.
pub(super) fn start(client: TcpStream, server: TcpStream, shared: &Arc<Shared>) -> io::Result<()> {
    let streams = [
        (
            Direction::Requests,
            client.try_clone()?,
            server.try_clone()?,
        ),
        (Direction::Replies, server.try_clone()?, client.try_clone()?),
    ];
    let link = shared.add(client, server);
    for (direction, from, to) in streams {
        let (shared, link) = (Arc::clone(shared), Arc::clone(&link));
        thread::spawn(move || {
            // An error is an end as well: the other side sees it as one.
            let passed_on = pump(direction, &from, &to, &link, &shared).unwrap_or(true);
            if passed_on {
                to.shutdown(Shutdown::Write).ok();
            }
            // Nothing more will be read here; whoever still writes must not wait for that.
            shared.ended(&link, passed_on);
        });
    }
    Ok(())
}

/// Carries bytes until they end; false if the other side is not to learn of the end.
fn pump(
    direction: Direction,
    mut from: &TcpStream,
    mut to: &TcpStream,
    link: &Link,
    shared: &Shared,
) -> io::Result<bool> {
    let mut piece = vec![0; PIECE];
    loop {
        let length = from.read(&mut piece)?;
        let bytes = &piece[..length];
        if !shared.passes(direction, bytes, link) {
            if length == 0 {
                return Ok(false);
            }
            shared.swallowed.fetch_add(length as u64, Ordering::Relaxed);
        } else if length == 0 {
            return Ok(true);
        } else {
            to.write_all(bytes)?;
        }
    }
}

impl Shared {
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

    pub(super) fn links(&self) -> usize {
        self.state().links.len()
    }

    pub(super) fn swallowed(&self) -> u64 {
        self.swallowed.load(Ordering::Relaxed)
    }

    pub(super) fn cut(&self) {
        let links = std::mem::take(&mut self.state().links);
        for link in links.values() {
            link.cut.store(true, Ordering::Release);
            // An error means that this side has ended already.
            link.client.shutdown(Shutdown::Both).ok();
            link.server.shutdown(Shutdown::Both).ok();
        }
        self.changed.notify_all();
    }

    fn add(&self, client: TcpStream, server: TcpStream) -> Arc<Link> {
        let mut state = self.state();
        let link = Arc::new(Link {
            number: state.next,
            client,
            server,
            requests_lost: AtomicBool::new(false),
            replies_lost: AtomicBool::new(false),
            cut: AtomicBool::new(false),
            ended: AtomicU64::new(0),
        });
        state.next += 1;
        state.links.insert(link.number, Arc::clone(&link));
        link
    }

    /// Forgets a connection whose two directions have ended. One whose end is kept secret stays, so that its other
    /// side stays open until it is cut.
    fn ended(&self, link: &Link, passed_on: bool) {
        let ended = link.ended.fetch_add(1, Ordering::AcqRel) + 1;
        if passed_on && ended == 2 {
            self.state().links.remove(&link.number);
        }
    }

    /// Whether bytes pass, or the end of them if there are none; waits as long as they are delayed.
    fn passes(&self, direction: Direction, bytes: &[u8], link: &Link) -> bool {
        let state = self.state();
        let lost = match direction {
            Direction::Requests => &link.requests_lost,
            Direction::Replies => &link.replies_lost,
        };
        match &state.mode {
            Mode::HalfOpen => lost.store(true, Ordering::Release),
            Mode::LoseReplies if direction == Direction::Replies => {
                lost.store(true, Ordering::Release);
            }
            Mode::LoseRepliesTo(name)
                if direction == Direction::Requests && holds(bytes, name.as_bytes()) =>
            {
                link.replies_lost.store(true, Ordering::Release);
            }
            Mode::Delay(delay) => {
                let delay = *delay;
                let delayed = |state: &mut State| {
                    let cut = link.cut.load(Ordering::Acquire) || state.closed;
                    !cut && matches!(state.mode, Mode::Delay(_))
                };
                // Poisoned or timed out, the bytes pass.
                drop(self.changed.wait_timeout_while(state, delay, delayed));
            }
            _ => {}
        }
        !lost.load(Ordering::Acquire)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    !part.is_empty() && bytes.windows(part.len()).any(|window| window == part)
}
