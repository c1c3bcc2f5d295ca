//! The programs of GNU that jobs are measured against.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, bail};

use crate::bench::system::utf8;
use crate::workspace::find_program;

/// A program of GNU.
#[derive(Debug)]
pub(super) struct Gnu {
    path: PathBuf,
    /// Its name and version.
    pub(super) version: String,
}

impl Gnu {
    /// Looks for it by its own name, and with a `g` before it, as it is called where the system has another.
    ///
    /// # Errors
    /// It is not there; the message says what to install.
    pub(super) fn find(name: &str) -> anyhow::Result<Self> {
        let names = [name.to_owned(), format!("g{name}")];
        for path in names.iter().filter_map(|name| find_program(name)) {
            let output = Command::new(&path)
                .arg("--version")
                .output()
                .with_context(|| format!("cannot start {}", path.display()))?;
            if let Some(version) = version(name, &String::from_utf8_lossy(&output.stdout)) {
                return Ok(Self { path, version });
            }
        }
        let package = if name == "grep" { "grep" } else { "coreutils" };
        bail!(
            "the part `jobs` is measured against GNU {name}, which is not in PATH: install the package {package} \
             (`apt-get install {package}`, `brew install {package}`), or leave the part out by --only"
        );
    }

    pub(super) fn path(&self) -> anyhow::Result<&str> {
        utf8(&self.path)
    }
}

/// What is said first, such as `sort (GNU coreutils) 9.1`, in our words; `None` if it is not GNU's. BSD's grep
/// calls itself `BSD grep, GNU compatible`.
fn version(name: &str, said: &str) -> Option<String> {
    let line = said.lines().next()?;
    let number = line.rsplit(' ').next()?;
    line.contains("(GNU ")
        .then(|| format!("GNU {name} {number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_programs_of_gnu_pass_for_them() {
        let gnu = version("sort", "sort (GNU coreutils) 9.1\nCopyright");
        assert_eq!(gnu.as_deref(), Some("GNU sort 9.1"));
        let others = [
            "",
            "2.3-Apple (165.100.8)",
            "grep (BSD grep, GNU compatible) 2.6.0",
        ];
        assert!(others.iter().all(|said| version("grep", said).is_none()));
    }

    #[test]
    fn a_program_that_is_missing_is_named_with_its_package() {
        let error = Gnu::find("no-such-program").unwrap_err().to_string();
        assert!(error.contains("GNU no-such-program"), "{error}");
        assert!(error.contains("install the package"), "{error}");
    }
}
