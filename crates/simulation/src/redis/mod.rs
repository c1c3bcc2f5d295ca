//! A model of Redis: the part that masters and workers use, with the function library running in Lua.
//!
//! The model keeps its data like a server, executes commands one after the other and can go back to a snapshot. The
//! test `model` sends the same random commands to the model and to a real server and compares the replies.
//!
//! # Layout
//! - `server`: [`Server`], which admits commands and writes snapshots.
//! - `commands`: the table of commands; `keys`, `hashes`, `sorted_sets`, `streams` and `groups` execute them.
//! - `functions`: the function library in Lua.
//! - `data`: [`Dataset`], the content of all keys; [`stream`]: streams and their groups.
//! - `args`, `reply`: arguments and replies of commands.

mod args;
mod commands;
mod data;
mod functions;
mod groups;
mod hashes;
mod keys;
mod reply;
mod server;
mod sorted_sets;
pub mod stream;
mod streams;

pub use data::{Content, Dataset, Fields};
pub use reply::Reply;
pub use server::{Refusal, Server};
