//! Description of the machine.

use std::fs;
use std::process::Command;

/// Returns cores, processor, memory and system in one line. Unknown parts are left out.
pub(crate) fn describe() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut words = vec![format!("{cores} cores")];
    words.extend(field("/proc/cpuinfo", "model name"));
    let memory = field("/proc/meminfo", "MemTotal");
    let kibibytes = memory.and_then(|text| text.strip_suffix(" kB")?.parse::<u64>().ok());
    words.extend(
        kibibytes.map(|kibibytes| format!("{} GiB of memory", kibibytes.div_ceil(1 << 20))),
    );
    words.push(format!(
        "{} {}",
        std::env::consts::OS,
        std::env::consts::ARCH
    ));
    words.join(", ")
}

/// Returns the first line of `program --version` without hashes.
pub(crate) fn version(program: &str) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let words: Vec<&str> = text.lines().next()?.split(' ').collect();
    let end = words
        .iter()
        .position(|word| word.contains("sha=") || word.starts_with('('));
    Some(words[..end.unwrap_or(words.len())].join(" "))
}

fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
