//! Installation of the system packages that tests need.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, bail};

use crate::workspace::{call, find_program};

/// A package manager and its commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Manager {
    program: &'static str,
    /// Arguments of the commands that install a package, in order. The package is appended to the last one.
    install: &'static [&'static [&'static str]],
    /// Names of the packages that contain redis-server and libfaketime.
    packages: [&'static str; 2],
    /// True if installing requires root.
    as_root: bool,
}

/// Known package managers in the order of preference. brew is last because it can be a second manager on Linux.
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
        // Arch replaced Redis by Valkey, whose package contains a `redis-server`.
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

/// Advice if no package manager can install Redis.
const BY_HAND: &str = "install Redis 7.0 or newer so that `redis-server` is in PATH (for example from the source at \
     https://redis.io/downloads by `make && sudo make install`), then run this command again";

/// Installs `redis-server` if it is missing, and announces that first.
///
/// # Errors
/// `redis-server` is missing and cannot be installed.
pub fn ensure_redis() -> anyhow::Result<()> {
    if let Some(path) = find_program("redis-server") {
        println!("redis-server: {}", path.display());
        return Ok(());
    }
    install("redis-server", 0, BY_HAND)?;
    if find_program("redis-server").is_none() {
        bail!("`redis-server` is still not in PATH after the installation; {BY_HAND}");
    }
    Ok(())
}

/// Installs libfaketime if it is missing, and announces that first.
///
/// The clock tests use it to set the clock of a single process. They run on Linux only.
///
/// # Errors
/// libfaketime is missing and cannot be installed.
pub fn ensure_faketime() -> anyhow::Result<()> {
    if !cfg!(target_os = "linux") {
        println!(
            "libfaketime: not available on this system; the clock tests need Linux and will fail"
        );
        return Ok(());
    }
    if let Some(path) = find_faketime() {
        println!("libfaketime: {}", path.display());
        return Ok(());
    }
    let by_hand = "install the package of libfaketime, then run this command again";
    install("libfaketime", 1, by_hand)?;
    if find_faketime().is_none() {
        bail!("libfaketimeMT.so.1 is still not below /usr/lib after the installation; {by_hand}");
    }
    Ok(())
}

/// Path of the libfaketime library in the folders that Linux distributions use.
fn find_faketime() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let below = folders.map(|folder| folder.path());
    below
        .chain(["/usr/lib", "/usr/lib64"].map(PathBuf::from))
        .map(|folder| folder.join("faketime/libfaketimeMT.so.1"))
        .find(|path| path.exists())
}

/// Installs `what`. `package` is its index in [`Manager::packages`].
fn install(what: &str, package: usize, by_hand: &str) -> anyhow::Result<()> {
    let Some(manager) = MANAGERS
        .into_iter()
        .find(|manager| find_program(manager.program).is_some())
    else {
        let known = MANAGERS.map(|manager| manager.program).join(", ");
        bail!(
            "cannot install {what}, which the tests need: no known package manager found ({known}); {by_hand}"
        );
    };
    let sudo = !nix::unistd::geteuid().is_root() && find_program("sudo").is_some();
    println!(
        "{what} is missing and the tests need it; installing it with {}:",
        manager.program
    );
    for line in manager.lines(sudo, manager.packages[package]) {
        println!("  {}", line.join(" "));
        let (program, args) = line.split_first().context("an empty command")?;
        call(Command::new(program).args(args))
            .with_context(|| format!("{} cannot install {what}; {by_hand}", manager.program))?;
    }
    Ok(())
}

impl Manager {
    /// Returns the commands that install `package`.
    fn lines(self, sudo: bool, package: &'static str) -> Vec<Vec<&'static str>> {
        let before: &[&str] = match (self.program, sudo && self.as_root) {
            // sudo drops the environment of its caller, so `env` sets the variable after it.
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
    fn other_users_install_with_sudo() {
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
