//! The command `base-images`: replacements for the base images on machines without a container registry.
//!
//! | image | content |
//! |---|---|
//! | `debian:bookworm-slim` | `debootstrap --variant=minbase`, then `docker import` |
//! | `rust:1-bookworm` | that image, Debian's gcc, the toolchain and the CA bundle of this machine |
//! | `redis:7.4` | that image and Debian's redis-server (7.0) |
//!
//! They carry the official names, so the Dockerfile and the compose file need no change. An existing image is kept,
//! because with a registry it is the official one.

mod build;
mod host;
mod progress;

pub(crate) use build::{Args, run};
