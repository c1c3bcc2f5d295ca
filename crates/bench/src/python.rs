//! `DuckDB` and Polars in a Python environment below the target folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use crate::system::System;
use devtools::workspace::{call, find_program, target};

/// Returns the Python module of a system and the script that uses it.
pub(crate) fn module(system: System) -> Option<(&'static str, &'static str)> {
    match system {
        System::Duckdb => Some(("duckdb", include_str!("count_duckdb.py"))),
        System::Polars => Some(("polars", include_str!("count_polars.py"))),
        _ => None,
    }
}

/// Returns the path of the script of `module`.
pub(crate) fn script(folder: &Path, module: &str) -> PathBuf {
    folder.join(format!("count_{module}.py"))
}

/// Returns the path of the Python interpreter of the environment.
pub(crate) fn python() -> PathBuf {
    target().join("bench-venv/bin/python")
}

/// Creates the environment and installs the module of `system` if needed.
///
/// Returns the version of the module, or `None` for a system without one.
pub(crate) fn prepare(system: System, folder: &Path) -> anyhow::Result<Option<String>> {
    let Some((module, text)) = module(system) else {
        return Ok(None);
    };
    let script = script(folder, module);
    fs::write(&script, text).with_context(|| format!("cannot write {}", script.display()))?;
    if !python().is_file() {
        let venv = target().join("bench-venv");
        println!("creating a Python environment in {}", venv.display());
        let system = find_program("python3")
            .context("cannot find python3, which DuckDB and Polars need; install it or select other systems with --systems")?;
        call(Command::new(system).args(["-m", "venv"]).arg(&venv))?;
    }
    if version(module)?.is_none() {
        println!("installing {module} into the Python environment");
        call(Command::new(python()).args(["-m", "pip", "install", "--quiet", module]))?;
    }
    let version = version(module)?;
    ensure!(version.is_some(), "Python cannot import {module}");
    Ok(version)
}

/// Returns the version of `module` if it can be imported.
fn version(module: &str) -> anyhow::Result<Option<String>> {
    let known = Command::new(python())
        .args([
            "-c",
            &format!("import {module}; print({module}.__version__)"),
        ])
        .stderr(Stdio::null())
        .output()
        .context("cannot start the Python of the environment")?;
    let text = String::from_utf8_lossy(&known.stdout).trim().to_owned();
    Ok(known.status.success().then_some(text))
}
