//! A TCP proxy that injects network faults on demand.
//!
//! ```text
//! client --requests--> Proxy --requests--> server
//!        <--replies---  mode <--replies---
//! ```
//! The [`Mode`] applies to all connections, and a test can change it at any moment. TCP never loses bytes from the
//! middle of a stream. A connection that has lost bytes therefore stays silent in that direction, even in
//! another mode, until [`Proxy::cut`] ends it.

mod connections;
mod mode;
mod tcp_proxy;
#[cfg(test)]
mod tests;

pub use mode::Mode;
pub use tcp_proxy::Proxy;
