//! DuckDB and Polars through Python, in an environment of its own under the target folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use super::system::System;
use crate::workspace::{call, find_program, target};

/// What a system is called by pip and by `import`, and the script that counts with it.
pub(super) fn module(system: System) -> Option<(&'static str, &'static str)> {
    match system {
        System::Duckdb => Some(("duckdb", include_str!("count_duckdb.py"))),
        System::Polars => Some(("polars", include_str!("count_polars.py"))),
        _ => None,
    }
}

/// The place of the script of `module` in the folder of the benchmark.
pub(super) fn script(folder: &Path, module: &str) -> PathBuf {
    folder.join(format!("count_{module}.py"))
}

/// The Python that has the modules.
pub(super) fn python() -> PathBuf {
    target().join("bench-venv/bin/python")
}

/// Makes the environment and installs what `system` needs, unless that was done before. Answers its
/// version, if it is a module of Python.
pub(super) fn prepare(system: System, folder: &Path) -> anyhow::Result<Option<String>> {
    let Some((module, text)) = module(system) else {
        return Ok(None);
    };
    let script = script(folder, module);
    fs::write(&script, text).with_context(|| format!("cannot write {}", script.display()))?;
    if !python().is_file() {
        let venv = target().join("bench-venv");
        println!("making a Python environment in {}", venv.display());
        let system = find_program("python3")
            .context("DuckDB and Polars need python3; or name other systems by --systems")?;
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

/// The version of `module`, if it can be imported.
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
