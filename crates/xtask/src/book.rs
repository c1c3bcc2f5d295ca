//! `book`: builds the documentation as HTML.
//!
//! The pages of docs/ link to pages of the project's root, such as ARCHITECTURE.md, which mdBook cannot reach from
//! there. So a copy with both is built: `target/book-source`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};

use devtools::workspace::{call, cargo, find_program, root, target};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Serves the book on <http://localhost:3000> instead of building it once.
    #[arg(long)]
    serve: bool,
}

/// Pages of the project's root that become the last part of the book, with their titles there.
const ROOT_PAGES: [(&str, &str); 4] = [
    ("ARCHITECTURE.md", "Map of the code"),
    ("CONTRIBUTING.md", "How to contribute"),
    ("SECURITY.md", "Security policy"),
    ("CHANGELOG.md", "Changelog"),
];

/// Installs mdBook if it is missing, then builds the book into `target/book`.
///
/// # Errors
/// mdBook cannot be installed, a page cannot be copied, or mdBook cannot build the book.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    ensure_mdbook()?;
    let source = target().join("book-source");
    let output = target().join("book");
    stage(&source).with_context(|| format!("cannot copy the pages to {}", source.display()))?;
    let action = if args.serve { "serve" } else { "build" };
    let mut mdbook = Command::new("mdbook");
    mdbook.arg(action).arg(&source);
    call(mdbook.arg("--dest-dir").arg(&output))?;
    println!("wrote {}", output.join("index.html").display());
    Ok(())
}

fn ensure_mdbook() -> anyhow::Result<()> {
    if find_program("mdbook").is_some() {
        return Ok(());
    }
    println!("mdbook is missing; installing it with cargo");
    call(&mut cargo(&["install", "mdbook", "--locked"]))?;
    ensure!(
        find_program("mdbook").is_some(),
        "mdbook is installed but not in PATH; add the folder of cargo's programs, usually ~/.cargo/bin"
    );
    Ok(())
}

/// Copies the pages to `source`, in the layout of the repository, with the summary at the top.
fn stage(source: &Path) -> anyhow::Result<()> {
    if source.exists() {
        fs::remove_dir_all(source)?;
    }
    copy_folder(&root().join("docs"), &source.join("docs"))?;
    fs::rename(source.join("docs/book.toml"), source.join("book.toml"))?;
    // The first page becomes index.html at the top, so its links must start there too.
    let introduction = raised(source, "introduction.md")?;
    fs::write(source.join("introduction.md"), introduction)?;
    let summary = raised(source, "SUMMARY.md")?;
    let mut summary = summary.replace("](docs/introduction.md", "](introduction.md");
    summary += "\n# Project\n\n";
    for (page, title) in ROOT_PAGES {
        let text = fs::read_to_string(root().join(page)).context(page)?;
        // The book begins with its introduction instead of the README, and has no page for the summary.
        let text = text
            .replace("](README.md", "](introduction.md")
            .replace("](docs/SUMMARY.md", "](introduction.md");
        fs::write(source.join(page), text)?;
        summary += &format!("- [{title}]({page})\n");
    }
    fs::write(source.join("SUMMARY.md"), summary)?;
    Ok(())
}

/// Removes a page from the folder docs/ of `source`. Returns its text with links that start at `source`.
fn raised(source: &Path, page: &str) -> anyhow::Result<String> {
    let path = source.join("docs").join(page);
    let text = fs::read_to_string(&path)?;
    fs::remove_file(path)?;
    Ok(text.replace("](", "](docs/"))
}

fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
