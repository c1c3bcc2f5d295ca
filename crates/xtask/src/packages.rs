//! Installing what tests need by the package manager of the system.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, bail};

use crate::workspace::{call, find_program};

/// A package manager and how it installs what tests need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Manager {
    program: &'static str,
    /// Commands that install a package, in order; the program comes before each, the package behind the last.
    install: &'static [&'static [&'static str]],
    /// The packages of redis-server and of libfaketime.
    packages: [&'static str; 2],
    /// Whether it writes where only root may.
    as_root: bool,
}

/// In the order in which they are looked for: brew may also be installed on Linux, as a guest.
const MANAGERS: [Manager; 5] = [
    Manager {
        program: "apt-get",
        install: &[
            &["update"],
            &["install", "--yes", "--no-install-recommends"],
        ],
        packages: ["redis-server", "faketime"],
        as_root: true,
    },
    Manager {
        program: "dnf",
        install: &[&["install", "--assumeyes"]],
        packages: ["redis", "libfaketime"],
        as_root: true,
    },
    Manager {
        program: "pacman",
        install: &[&["-Sy", "--noconfirm", "--needed"]],
        // Arch replaced Redis by Valkey, which brings a `redis-server` of its own.
        packages: ["valkey", "libfaketime"],
        as_root: true,
    },
    Manager {
        program: "apk",
        install: &[&["add"]],
        packages: ["redis", "libfaketime"],
        as_root: true,
    },
    Manager {
        program: "brew",
        install: &[&["install"]],
        packages: ["redis", "libfaketime"],
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
    install("redis-server", 0, BY_HAND)?;
    if find_program("redis-server").is_none() {
        bail!("there is still no `redis-server` in PATH; {BY_HAND}");
    }
    Ok(())
}

/// Makes sure that clocks can be set for single processes, as tests of clocks do; installs libfaketime if it is missing,
/// and says so first. They are tests of Linux.
pub(crate) fn ensure_faketime() -> anyhow::Result<()> {
    if !cfg!(target_os = "linux") {
        println!("libfaketime: the tests of clocks are for Linux and will fail here");
        return Ok(());
    }
    if let Some(path) = find_faketime() {
        println!("libfaketime: {}", path.display());
        return Ok(());
    }
    let by_hand = "install the package of libfaketime by hand, then run this command again";
    install("libfaketime", 1, by_hand)?;
    if find_faketime().is_none() {
        bail!("there is still no libfaketimeMT.so.1 in a folder of /usr/lib; {by_hand}");
    }
    Ok(())
}

/// The library of libfaketime, where Linux distributions have it.
fn find_faketime() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let below = folders.map(|folder| folder.path());
    below
        .chain(["/usr/lib", "/usr/lib64"].map(PathBuf::from))
        .map(|folder| folder.join("faketime/libfaketimeMT.so.1"))
        .find(|path| path.exists())
}

/// Installs `what`, the package at this place of [`Manager::packages`].
fn install(what: &str, package: usize, by_hand: &str) -> anyhow::Result<()> {
    let Some(manager) = MANAGERS
        .into_iter()
        .find(|manager| find_program(manager.program).is_some())
    else {
        let known = MANAGERS.map(|manager| manager.program).join(", ");
        bail!("the tests need {what}, and none of {known} is here to install it: {by_hand}");
    };
    let sudo = !nix::unistd::geteuid().is_root() && find_program("sudo").is_some();
    println!(
        "{what} is missing; the tests need it. Installing it with {}:",
        manager.program
    );
    for line in manager.lines(sudo, manager.packages[package]) {
        println!("  {}", line.join(" "));
        let (program, args) = line.split_first().context("an empty command")?;
        call(Command::new(program).args(args))
            .with_context(|| format!("{} could not install {what}; {by_hand}", manager.program))?;
    }
    Ok(())
}

impl Manager {
    /// The commands as they are run to install `package`.
    fn lines(self, sudo: bool, package: &'static str) -> Vec<Vec<&'static str>> {
        let before: &[&str] = match (self.program, sudo && self.as_root) {
            // `env` after sudo: sudo drops the variables of its caller.
            ("apt-get", true) => &["sudo", "env", "DEBIAN_FRONTEND=noninteractive"],
            ("apt-get", false) => &["env", "DEBIAN_FRONTEND=noninteractive"],
            (_, true) => &["sudo"],
            (_, false) => &[],
        };
        let mut lines: Vec<Vec<&str>> = self
            .install
            .iter()
            .map(|args| [before, &[self.program], args].concat())
            .collect();
        if let Some(last) = lines.last_mut() {
            last.push(package);
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(program: &str, sudo: bool, expected: &[&str]) {
        let manager = MANAGERS
            .into_iter()
            .find(|manager| manager.program == program);
        let manager = manager.expect("a known manager");
        let lines: Vec<String> = manager
            .lines(sudo, manager.packages[0])
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
