//! Ports for servers that go away and come back.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

/// Below the ports that kernels give to clients: one of those could take the port of a server that is down.
const FIRST: u32 = 11_000;
const COUNT: u32 = 20_000;
/// A prime that sends processes with neighbouring ids to distant ports.
const STRIDE: u32 = 7_919;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A port that nothing listens on now, and that this process has not given to anyone lately.
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
    panic!("no free port from {FIRST} on 127.0.0.1");
}
