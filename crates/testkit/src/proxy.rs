//! A TCP proxy in front of a server, whose network fails on demand.
//!
//! ```text
//! client --requests--> Proxy --requests--> server
//!        <--replies---  mode <--replies---
//! ```
//! The [`Mode`] holds for all connections through the proxy, and can be changed at any moment. TCP never loses bytes from
//! the middle of a stream, so a connection that has lost some stays silent in that direction for good, whatever the
//! mode is later; [`Proxy::cut`] ends it.

mod link;

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use link::Shared;

/// What happens to the connections through a [`Proxy`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Mode {
    /// Everything passes.
    #[default]
    Pass,
    /// All connections are cut, and new ones end as soon as they are made.
    Refuse,
    /// Everything passes after this time, in both directions.
    Delay(Duration),
    /// Requests and replies are swallowed, the ends of connections too: neither side learns of anything.
    HalfOpen,
    /// Requests pass, replies are swallowed.
    LoseReplies,
    /// All passes until a request holds these bytes, such as the name of a command: it passes as well, but this
    /// connection's replies are swallowed from then on.
    LoseRepliesTo(String),
}

/// A proxy on a loopback port. All connections are cut on drop.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Starts a proxy in front of the server at this port on 127.0.0.1, which need not be there yet.
    ///
    /// # Panics
    /// If there is no free port.
    pub fn start(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port on 127.0.0.1");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let shared = Arc::new(Shared::default());
        let acceptor = thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, server, &shared)
        });
        Self {
            address,
            shared,
            acceptor: Some(acceptor),
        }
    }

    /// `redis://127.0.0.1:PORT`, for a proxy in front of a Redis server.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Changes what happens, from now on.
    pub fn set(&self, mode: Mode) {
        let refuse = mode == Mode::Refuse;
        self.shared.set(mode);
        if refuse {
            self.cut();
        }
    }

    /// Ends all connections that there are now, in both directions.
    pub fn cut(&self) {
        self.shared.cut();
    }

    /// How many connections there are now.
    pub fn connections(&self) -> usize {
        self.shared.links()
    }

    /// How many bytes were swallowed since the start: none means that no fault has hit anything.
    pub fn swallowed(&self) -> u64 {
        self.shared.swallowed()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.close();
        // Wakes the acceptor, which then sees that all is over. If nobody can connect, it has ended already.
        TcpStream::connect(self.address).ok();
        if let Some(acceptor) = self.acceptor.take() {
            acceptor.join().ok();
        }
        self.cut();
    }
}

fn accept(listener: &TcpListener, server: u16, shared: &Arc<Shared>) {
    for client in listener.incoming() {
        if shared.is_closed() {
            return;
        }
        // A connection that cannot be made ends for the client as well: dropping it does that.
        client.and_then(|client| serve(client, server, shared)).ok();
    }
}

fn serve(client: TcpStream, server: u16, shared: &Arc<Shared>) -> io::Result<()> {
    if shared.mode() == Mode::Refuse {
        return Ok(());
    }
    let server = TcpStream::connect(("127.0.0.1", server))?;
    // Small requests must not wait for each other.
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    link::start(client, server, shared)
}

#[cfg(test)]
mod tests;
