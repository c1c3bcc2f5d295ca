//! The command `messages`: the list of all messages that users see.

mod command;
#[cfg(test)]
mod tests;

pub(crate) use command::{Args, run};
