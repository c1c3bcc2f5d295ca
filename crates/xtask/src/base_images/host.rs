//! The Docker engine, Debian mirror, toolchain and certificates of this machine.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};

use devtools::workspace::find_program;

use super::progress::report;

/// Paths of the CA bundle on Debian, Fedora, SUSE and Alpine.
const CA_BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Checks that a Docker engine runs.
pub(super) fn check_docker() -> anyhow::Result<()> {
    let output = Command::new("docker")
        .args(["version", "--format", "{{.Server.Version}}"])
        .output();
    let Ok(output) = output else {
        bail!("docker is not installed; on Debian: apt-get install docker.io docker-compose");
    };
    let reason = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "the Docker engine does not respond: {}; start it with `systemctl start docker`",
        reason.trim()
    );
    Ok(())
}

/// Checks that this process runs as root, because debootstrap creates devices and changes its root folder.
pub(super) fn check_root() -> anyhow::Result<()> {
    if nix::unistd::geteuid().is_root() {
        return Ok(());
    }
    let program = std::env::current_exe().unwrap_or_else(|_| "xtask".into());
    bail!(
        "debootstrap needs root; run: sudo env \"PATH=$PATH\" \"HOME=$HOME\" {} base-images",
        program.display()
    )
}

/// Installs debootstrap if it is missing.
pub(super) fn install_debootstrap() -> anyhow::Result<()> {
    if find_program("debootstrap").is_some() {
        return Ok(());
    }
    ensure!(
        find_program("apt-get").is_some(),
        "debootstrap is missing; install it with the package manager of this system"
    );
    report("debootstrap is missing: running apt-get update and apt-get install debootstrap");
    for arguments in [
        &["-qq", "update"][..],
        &[
            "-qq",
            "install",
            "-y",
            "--no-install-recommends",
            "debootstrap",
        ],
    ] {
        let status = Command::new("apt-get")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()?;
        // An update may fail for an unrelated source, so only the installation must succeed.
        if arguments.contains(&"install") {
            ensure!(
                status.success(),
                "apt-get install debootstrap failed, see above"
            );
        }
    }
    Ok(())
}

/// Prepares the new root folder for an image.
pub(super) fn finish_root(root: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    // This policy keeps packages from starting services during a build.
    let policy = root.join("usr/sbin/policy-rc.d");
    std::fs::write(&policy, "#!/bin/sh\nexit 101\n")?;
    std::fs::set_permissions(&policy, std::fs::Permissions::from_mode(0o755))?;
    for cache in ["var/cache/apt/archives", "var/lib/apt/lists"] {
        let folder = root.join(cache);
        std::fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {cache}"))?;
        std::fs::create_dir_all(folder.join("partial"))?;
    }
    // The engine sets the resolver and the host name of each container.
    for file in ["etc/resolv.conf", "etc/hostname"] {
        std::fs::write(root.join(file), "")?;
    }
    Ok(())
}

/// Returns the folder of the toolchain of this machine. An image gets its `bin` and `lib`.
pub(super) fn rust_sysroot() -> anyhow::Result<PathBuf> {
    let sysroot = PathBuf::from(stdout_of("rustc", ["--print", "sysroot"])?);
    ensure!(
        sysroot.join("bin/cargo").is_file(),
        "no cargo in {}",
        sysroot.display()
    );
    Ok(sysroot)
}

/// Returns the CA bundle of this machine, which also contains the certificate of an intercepting proxy.
pub(super) fn ca_bundle() -> anyhow::Result<PathBuf> {
    let named = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    let standard = CA_BUNDLES.iter().map(PathBuf::from);
    let found = named
        .into_iter()
        .chain(standard)
        .find(|path| path.is_file());
    found.context(
        "cannot find a CA bundle; set SSL_CERT_FILE, or on Debian run: apt-get install ca-certificates",
    )
}

/// Returns the mirror that apt uses for `suite` on this machine. Without one, debootstrap uses its default.
pub(super) fn debian_mirror(suite: &str) -> Option<String> {
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    if let Ok(folder) = std::fs::read_dir("/etc/apt/sources.list.d") {
        files.extend(folder.flatten().map(|entry| entry.path()));
    }
    files.sort();
    let texts = files
        .iter()
        .filter_map(|path| std::fs::read_to_string(path).ok());
    texts.into_iter().find_map(|text| mirror_in(&text, suite))
}

/// Finds the mirror in either format of apt: `deb [options] URL SUITE …` lines, or stanzas with `URIs:` and `Suites:`.
fn mirror_in(sources: &str, suite: &str) -> Option<String> {
    let line = sources.lines().find_map(|line| {
        let words: Vec<_> = line.strip_prefix("deb ")?.split_whitespace().collect();
        let url = words.iter().position(|word| word.contains("://"))?;
        (words.get(url + 1) == Some(&suite)).then(|| words[url].to_owned())
    });
    line.or_else(|| {
        sources
            .split("\n\n")
            .find_map(|stanza| mirror_in_stanza(stanza, suite))
    })
}

/// Finds the mirror in a stanza.
fn mirror_in_stanza(stanza: &str, suite: &str) -> Option<String> {
    let field = |name| stanza.lines().find_map(|line| line.strip_prefix(name));
    let has_suite = field("Suites:")?
        .split_whitespace()
        .any(|word| word == suite);
    let url = field("URIs:")?
        .split_whitespace()
        .find(|url| url.starts_with("http"))?;
    (has_suite && field("Enabled:").map(str::trim) != Some("no")).then(|| url.to_owned())
}

/// Returns the standard output of a program.
fn stdout_of<A: AsRef<OsStr>>(
    program: &str,
    arguments: impl IntoIterator<Item = A>,
) -> anyhow::Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .with_context(|| format!("cannot run {program}"))?;
    ensure!(
        output.status.success(),
        "{program} failed: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::mirror_in;

    fn check(sources: &str, expected: Option<&str>) {
        assert_eq!(
            mirror_in(sources, "bookworm").as_deref(),
            expected,
            "{sources}"
        );
    }

    #[test]
    fn the_mirror_of_the_suite_is_found_in_lines() {
        check(
            "deb http://one.example/debian bookworm main",
            Some("http://one.example/debian"),
        );
        check(
            "deb [signed-by=/a.gpg arch=amd64] http://two.example/debian bookworm main",
            Some("http://two.example/debian"),
        );
        check("# deb http://no.example/debian bookworm main", None);
        check("deb http://no.example/debian trixie main", None);
        check(
            "deb http://no.example/security bookworm-security main",
            None,
        );
    }

    #[test]
    fn the_mirror_of_the_suite_is_found_in_stanzas() {
        let updates = "Types: deb\nURIs: http://no.example\nSuites: bookworm-security\n";
        let main =
            "Types: deb\nURIs: http://one.example/debian\nSuites: bookworm bookworm-updates\n";
        check(main, Some("http://one.example/debian"));
        check(
            &format!("{updates}\n{main}"),
            Some("http://one.example/debian"),
        );
        check(&format!("Enabled: no\n{main}"), None);
    }
}
