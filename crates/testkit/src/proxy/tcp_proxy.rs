//! The proxy.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use super::connections::{self, Connections};
use super::mode::Mode;

/// A proxy on a loopback port. Dropping it ends all connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    connections: Arc<Connections>,
    acceptor: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Starts a proxy for a server on port `server` of 127.0.0.1. The server may start later.
    ///
    /// # Panics
    /// Panics if no port is free.
    pub fn start(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port on 127.0.0.1");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let connections = Arc::new(Connections::default());
        let acceptor = thread::spawn({
            let connections = Arc::clone(&connections);
            move || accept(&listener, server, &connections)
        });
        Self {
            address,
            connections,
            acceptor: Some(acceptor),
        }
    }

    /// Returns `redis://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Returns the proxy's port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Changes the mode, which applies at once.
    pub fn set(&self, mode: Mode) {
        let refuse = mode == Mode::Refuse;
        self.connections.set(mode);
        if refuse {
            self.cut();
        }
    }

    /// Ends all present connections, in both directions.
    pub fn cut(&self) {
        self.connections.cut();
    }

    /// Returns the number of present connections.
    pub fn connections(&self) -> usize {
        self.connections.count()
    }

    /// Returns the number of dropped bytes since the start. Zero means that no fault had an effect yet.
    pub fn dropped_bytes(&self) -> u64 {
        self.connections.dropped_bytes()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.connections.close();
        // Wakes the acceptor, which then sees that the proxy is closed. An error means that it has ended already.
        TcpStream::connect(self.address).ok();
        if let Some(acceptor) = self.acceptor.take() {
            acceptor.join().ok();
        }
        self.cut();
    }
}

fn accept(listener: &TcpListener, server: u16, connections: &Arc<Connections>) {
    for client in listener.incoming() {
        if connections.is_closed() {
            return;
        }
        // If the server refuses, the client's connection is dropped, which ends it.
        client
            .and_then(|client| serve(client, server, connections))
            .ok();
    }
}

fn serve(client: TcpStream, server: u16, connections: &Arc<Connections>) -> io::Result<()> {
    if connections.mode() == Mode::Refuse {
        return Ok(());
    }
    let server = TcpStream::connect(("127.0.0.1", server))?;
    // Nagle's algorithm would delay small requests.
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    connections::start(client, server, connections)
}
