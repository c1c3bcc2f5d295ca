//! What this machine offers for the stand-ins: its engine, its mirror, its toolchain, its certificates.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};

use crate::workspace::find_program;

/// Where the distributions keep the bundle of trusted certificates: Debian, Fedora, SUSE, Alpine.
const CA_BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

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
        "no Docker engine answers; `systemctl start docker` starts it: {}",
        reason.trim()
    );
    Ok(())
}

/// debootstrap makes devices and changes its root folder, which only root may.
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

pub(super) fn install_debootstrap() -> anyhow::Result<()> {
    if find_program("debootstrap").is_some() {
        return Ok(());
    }
    ensure!(
        find_program("apt-get").is_some(),
        "debootstrap is missing; install it with this system's package manager"
    );
    super::say("debootstrap is missing: apt-get update, apt-get install debootstrap");
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
        // An update may fail for one of several sources while Debian's own is fine: the install decides.
        if arguments.contains(&"install") {
            ensure!(
                status.success(),
                "apt-get install debootstrap failed, see above"
            );
        }
    }
    Ok(())
}

/// Makes the fresh root as small and as quiet as an image should be.
pub(super) fn finish_root(root: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    // Packages must not start their services while an image is built.
    let policy = root.join("usr/sbin/policy-rc.d");
    std::fs::write(&policy, "#!/bin/sh\nexit 101\n")?;
    std::fs::set_permissions(&policy, std::fs::Permissions::from_mode(0o755))?;
    for cache in ["var/cache/apt/archives", "var/lib/apt/lists"] {
        let folder = root.join(cache);
        std::fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {cache}"))?;
        std::fs::create_dir_all(folder.join("partial"))?;
    }
    // The engine gives each container its own resolver and name.
    for file in ["etc/resolv.conf", "etc/hostname"] {
        std::fs::write(root.join(file), "")?;
    }
    Ok(())
}

/// The folder of the toolchain that runs here; an image gets its `bin` and `lib`.
pub(super) fn rust_sysroot() -> anyhow::Result<PathBuf> {
    let sysroot = PathBuf::from(stdout_of("rustc", ["--print", "sysroot"])?);
    ensure!(
        sysroot.join("bin/cargo").is_file(),
        "no cargo in {}",
        sysroot.display()
    );
    Ok(sysroot)
}

/// The certificates that this machine trusts, an intercepting proxy's among them.
pub(super) fn ca_bundle() -> anyhow::Result<PathBuf> {
    let named = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    let standard = CA_BUNDLES.iter().map(PathBuf::from);
    let found = named
        .into_iter()
        .chain(standard)
        .find(|path| path.is_file());
    found.context(
        "no CA bundle found; set SSL_CERT_FILE, or on Debian: apt-get install ca-certificates",
    )
}

/// The mirror that this machine's apt uses for `suite`; without one, debootstrap knows Debian's own.
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

/// Reads both of apt's formats: `deb [options] URL SUITE …` lines, and stanzas with `URIs:` and `Suites:`.
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
    fn the_mirror_is_the_one_of_the_suite() {
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
    fn stanzas_are_read_too() {
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
