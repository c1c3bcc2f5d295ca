//! Ports for servers that end and start again.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

/// First port. Kernels give higher ones to clients, which could then occupy the port of a server that is down.
const FIRST: u32 = 11_000;
const COUNT: u32 = 20_000;
/// A prime, which sends processes with neighbouring ids to distant ports.
const STRIDE: u32 = 7_919;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// Returns a port without a listener. It returns the same port again only after all others.
pub(super) fn free() -> u16 {
    let start = std::process::id().wrapping_mul(STRIDE);
    for _ in 0..COUNT {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + start.wrapping_add(step) % COUNT;
        let port = u16::try_from(port).expect("the range lies below 65,536");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!(
        "no port from {FIRST} to {} is free on 127.0.0.1",
        FIRST + COUNT - 1
    );
}
