//! The GNU programs that jobs are measured against.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, bail};

use crate::paths::utf8;
use devtools::workspace::find_program;

/// A GNU program.
#[derive(Debug)]
pub(super) struct Gnu {
    path: PathBuf,
    /// Name and version.
    pub(super) version: String,
}

impl Gnu {
    /// Finds the program by its name, or with the prefix `g`, its name on systems that have their own version.
    ///
    /// # Errors
    /// The program is missing. The message names the package to install.
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
            "cannot find GNU {name}, which the part `jobs` needs, in PATH; install the package {package} \
             (`apt-get install {package}`, `brew install {package}`), or select other parts with --only"
        );
    }

    /// Path as a command line argument.
    pub(super) fn path(&self) -> anyhow::Result<&str> {
        utf8(&self.path)
    }
}

/// Reads the name and version from a first line such as `sort (GNU coreutils) 9.1`.
///
/// Returns `None` for other programs. BSD's grep prints `BSD grep, GNU compatible`, so the word GNU is not enough.
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
    fn only_gnu_programs_are_accepted() {
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
    fn the_error_for_a_missing_program_names_its_package() {
        let error = Gnu::find("no-such-program").unwrap_err().to_string();
        assert!(error.contains("GNU no-such-program"), "{error}");
        assert!(error.contains("install the package"), "{error}");
    }
}
