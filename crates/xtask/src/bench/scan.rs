//! The part `scan`: the planner's search for record boundaries, by the release program `scan`.

use std::path::Path;
use std::process::Command;

use crate::workspace::{build_release, call, release_binary};

pub(super) fn run(input: &Path) -> anyhow::Result<()> {
    build_release(&["xtask"])?;
    call(Command::new(release_binary("scan")).arg(input))
}
