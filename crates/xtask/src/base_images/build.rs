//! Building the replacements.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};

use super::host;
use super::progress::report;

/// Debian release.
const SUITE: &str = "bookworm";
/// Name of the Debian image.
const DEBIAN: &str = "debian:bookworm-slim";
/// Name of the Rust image.
const RUST: &str = "rust:1-bookworm";
/// Name of the Redis image.
const REDIS: &str = "redis:7.4";

const RUST_DOCKERFILE: &str = include_str!("../../../../deploy/base-images/rust.Dockerfile");
const REDIS_DOCKERFILE: &str = include_str!("../../../../deploy/base-images/redis.Dockerfile");

/// Arguments of `cargo xtask base-images`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Replace existing images of these names
    #[arg(long)]
    force: bool,
    /// Debian mirror [default: the mirror of this machine's apt]
    #[arg(long, value_name = "URL")]
    mirror: Option<String>,
}

/// Builds all missing base images.
///
/// # Errors
/// Docker is missing, root is required, or a tool fails. Each message names the next step.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    host::check_docker()?;
    if wanted(DEBIAN, args.force)? {
        let mirror = args.mirror.clone().or_else(|| host::debian_mirror(SUITE));
        timed(DEBIAN, || build_debian(mirror.as_deref()))?;
    }
    if wanted(RUST, args.force)? {
        timed(RUST, build_rust)?;
    }
    if wanted(REDIS, args.force)? {
        timed(REDIS, || build_image(REDIS, REDIS_DOCKERFILE, None))?;
    }
    report("ready; `docker-compose up --build` now works without a registry");
    Ok(())
}

/// Returns whether the image must be built.
fn wanted(image: &str, force: bool) -> anyhow::Result<bool> {
    let found = Command::new("docker")
        .args(["image", "inspect", image])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .context("cannot run docker")?
        .success();
    if found && !force {
        report(&format!("{image} exists and is kept (--force replaces it)"));
    }
    Ok(force || !found)
}

fn timed(image: &str, build: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    let start = std::time::SystemTime::now();
    build().with_context(|| format!("cannot build the replacement for {image}"))?;
    let seconds = start.elapsed().unwrap_or_default().as_secs();
    report(&format!("{image} built in {seconds} s"));
    Ok(())
}

fn build_debian(mirror: Option<&str>) -> anyhow::Result<()> {
    host::check_root()?;
    host::install_debootstrap()?;
    report(&format!(
        "debootstrap {SUITE} from {}",
        mirror.unwrap_or("its default mirror")
    ));
    let folder = tempfile::tempdir().context("cannot create a folder for the Debian root")?;
    // The folder becomes `/` and must be readable for all users. The temporary folder around it is not.
    let root = folder.path().join("root");
    let log = folder.path().join("debootstrap.log");
    let status = Command::new("debootstrap")
        .arg("--variant=minbase")
        .arg(SUITE)
        .arg(&root)
        .args(mirror)
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(&log)?)
        .status()
        .context("cannot run debootstrap")?;
    if !status.success() {
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        let tail = text.lines().rev().take(5).collect::<Vec<_>>();
        let tail = tail.into_iter().rev().collect::<Vec<_>>().join("\n");
        bail!(
            "debootstrap failed ({status}); set TMPDIR to a file system that allows programs and devices, or pass another --mirror:\n{tail}"
        );
    }
    host::finish_root(&root)?;

    let mut tar = Command::new("tar")
        .arg("-C")
        .arg(&root)
        .args(["-c", "."])
        .stdout(Stdio::piped())
        .spawn()?;
    let archive = tar.stdout.take().context("tar has no output")?;
    let imported = Command::new("docker")
        .args(["import", "--change", "CMD [\"bash\"]", "-", DEBIAN])
        .stdin(archive)
        .stdout(Stdio::null())
        .status()?;
    ensure!(
        tar.wait()?.success() && imported.success(),
        "docker import failed"
    );
    Ok(())
}

fn build_rust() -> anyhow::Result<()> {
    let sysroot = host::rust_sysroot()?;
    report(&format!("using the toolchain in {}", sysroot.display()));
    build_image(RUST, RUST_DOCKERFILE, Some(&sysroot))
}

/// Builds `image`. tar streams the build context, so that the toolchain need not be copied first.
fn build_image(image: &str, dockerfile: &str, sysroot: Option<&Path>) -> anyhow::Result<()> {
    let bundle = host::ca_bundle()?;
    report(&format!(
        "building {image}, certificates from {}",
        bundle.display()
    ));
    let folder = tempfile::tempdir()?;
    std::fs::File::create(folder.path().join("Dockerfile"))?.write_all(dockerfile.as_bytes())?;
    std::fs::copy(&bundle, folder.path().join("ca-certificates.crt"))
        .context("cannot copy the CA bundle")?;

    let mut tar = Command::new("tar");
    tar.arg("-C").arg(folder.path()).args([
        "--owner=0",
        "--group=0",
        "-c",
        "Dockerfile",
        "ca-certificates.crt",
    ]);
    if let Some(sysroot) = sysroot {
        tar.arg("-C")
            .arg(sysroot)
            .args(["bin/cargo", "bin/rustc", "lib"]);
    }
    let mut tar = tar
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run tar")?;
    let context = tar.stdout.take().context("tar has no output")?;
    let mut build = Command::new("docker");
    build.args(["build", "--quiet", "--tag", image]);
    // These are predefined build arguments. Without a value, Docker takes it from the environment.
    for name in [
        "http_proxy",
        "https_proxy",
        "no_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
    ] {
        build.args(["--build-arg", name]);
    }
    let built = build
        .arg("-")
        .stdin(context)
        .stdout(Stdio::null())
        .status()?;
    ensure!(
        tar.wait()?.success() && built.success(),
        "docker build failed, see above"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{DEBIAN, REDIS, RUST};
    use devtools::workspace::root;

    fn project_file(name: &str) -> String {
        std::fs::read_to_string(root().join(name)).expect("the project's file")
    }

    #[test]
    fn every_base_image_of_the_dockerfile_has_a_replacement() {
        let dockerfile = project_file("Dockerfile");
        let mut stages = vec![RUST, DEBIAN];
        let bases = dockerfile
            .lines()
            .filter_map(|line| line.strip_prefix("FROM "));
        for base in bases {
            let mut words = base.split_whitespace();
            let image = words.next().expect("an image after FROM");
            assert!(stages.contains(&image), "no replacement for {image}");
            stages.extend(words.nth(1)); // FROM image AS stage
        }
        assert!(dockerfile.contains(RUST) && dockerfile.contains(DEBIAN));
    }

    #[test]
    fn every_image_that_compose_pulls_has_a_replacement() {
        let compose = project_file("docker-compose.yml");
        let images = compose
            .lines()
            .filter_map(|line| line.trim().strip_prefix("image: "));
        let pulled: Vec<_> = images
            .filter(|image| !image.starts_with("mapreduce"))
            .collect();
        assert_eq!(pulled, [REDIS]);
    }
}
