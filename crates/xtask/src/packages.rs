//! Installing what tests need by the package manager of the system.

use std::process::Command;

use anyhow::{Context, bail};

use crate::workspace::{call, find_program};

/// A package manager and how it installs Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Manager {
    program: &'static str,
    /// Commands that install redis-server, in order; the program comes before each.
    install: &'static [&'static [&'static str]],
    /// Whether it writes where only root may.
    as_root: bool,
}

/// In the order in which they are looked for: brew may also be installed on Linux, as a guest.
const MANAGERS: [Manager; 5] = [
    Manager {
        program: "apt-get",
        install: &[
            &["update"],
            &[
                "install",
                "--yes",
                "--no-install-recommends",
                "redis-server",
            ],
        ],
        as_root: true,
    },
    Manager {
        program: "dnf",
        install: &[&["install", "--assumeyes", "redis"]],
        as_root: true,
    },
    Manager {
        program: "pacman",
        // Arch replaced Redis by Valkey, which brings a `redis-server` of its own.
        install: &[&["-Sy", "--noconfirm", "--needed", "valkey"]],
        as_root: true,
    },
    Manager {
        program: "apk",
        install: &[&["add", "redis"]],
        as_root: true,
    },
    Manager {
        program: "brew",
        install: &[&["install", "redis"]],
        as_root: false,
    },
];

const BY_HAND: &str = "install Redis 7.0 or newer by hand so that `redis-server` is in PATH \
     (for example from source: `make && sudo make install` in the folder of https://redis.io/downloads), \
     then run this command again";

/// Makes sure that `redis-server` can be started; installs it if it is missing, and says so first.
pub(crate) fn ensure_redis() -> anyhow::Result<()> {
    if let Some(path) = find_program("redis-server") {
        println!("redis-server: {}", path.display());
        return Ok(());
    }
    let Some(manager) = MANAGERS
        .into_iter()
        .find(|manager| find_program(manager.program).is_some())
    else {
        let known = MANAGERS.map(|manager| manager.program).join(", ");
        bail!("the tests need redis-server, and none of {known} is here to install it: {BY_HAND}");
    };
    let sudo = !nix::unistd::geteuid().is_root() && find_program("sudo").is_some();
    println!(
        "redis-server is missing; the tests need it. Installing it with {}:",
        manager.program
    );
    for line in manager.lines(sudo) {
        println!("  {}", line.join(" "));
        let (program, args) = line.split_first().context("an empty command")?;
        call(Command::new(program).args(args)).with_context(|| {
            format!(
                "{} could not install redis-server; {BY_HAND}",
                manager.program
            )
        })?;
    }
    if find_program("redis-server").is_none() {
        bail!("{} installed no `redis-server`; {BY_HAND}", manager.program);
    }
    Ok(())
}

impl Manager {
    /// The commands as they are run.
    fn lines(self, sudo: bool) -> Vec<Vec<&'static str>> {
        let before: &[&str] = match (self.program, sudo && self.as_root) {
            // `env` after sudo: sudo drops the variables of its caller.
            ("apt-get", true) => &["sudo", "env", "DEBIAN_FRONTEND=noninteractive"],
            ("apt-get", false) => &["env", "DEBIAN_FRONTEND=noninteractive"],
            (_, true) => &["sudo"],
            (_, false) => &[],
        };
        self.install
            .iter()
            .map(|args| [before, &[self.program], args].concat())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(program: &str, sudo: bool, expected: &[&str]) {
        let manager = MANAGERS
            .into_iter()
            .find(|manager| manager.program == program);
        let lines: Vec<String> = manager
            .expect("a known manager")
            .lines(sudo)
            .into_iter()
            .map(|line| line.join(" "))
            .collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn root_installs_without_sudo() {
        check(
            "apt-get",
            false,
            &[
                "env DEBIAN_FRONTEND=noninteractive apt-get update",
                "env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends redis-server",
            ],
        );
        check("apk", false, &["apk add redis"]);
    }

    #[test]
    fn others_install_with_sudo() {
        check("dnf", true, &["sudo dnf install --assumeyes redis"]);
        check(
            "pacman",
            true,
            &["sudo pacman -Sy --noconfirm --needed valkey"],
        );
        check(
            "apt-get",
            true,
            &[
                "sudo env DEBIAN_FRONTEND=noninteractive apt-get update",
                "sudo env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends redis-server",
            ],
        );
    }

    #[test]
    fn brew_never_runs_as_root() {
        check("brew", true, &["brew install redis"]);
    }
}
