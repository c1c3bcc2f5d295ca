//! Pages about the built-in jobs agree with the registry.

use std::env;
use std::fs;
use std::path::Path;

use mapreduce_core::Param;
use mapreduce_job::JobInfo;

use crate::markdown::Page;
use crate::scratch::root;

const PARAMETERS: &str = "docs/reference/job-parameters.md";
/// Header of the table of jobs in README.md.
const README_TABLE: &str = "| job | what it does |\n|---|---|\n";
/// Environment variable: if set, tests write generated text instead of comparing it.
const UPDATE: &str = "UPDATE_REFERENCE";

#[test]
fn the_readme_lists_all_jobs() {
    let path = root().join("README.md");
    let text = fs::read_to_string(&path).expect("README.md");
    let (before, rest) = text
        .split_once(README_TABLE)
        .expect("README.md has a table of jobs");
    let (_, after) = rest.split_once("\n\n").expect("text follows the table");
    let registry = streaming::registry();
    let infos = registry.iter().map(mapreduce_job::Job::info);
    let rows: Vec<_> = infos
        .map(|info| format!("| `{}` | {} |", info.name, info.help))
        .collect();
    let expected = format!("{before}{README_TABLE}{}\n\n{after}", rows.join("\n"));
    check(&path, &text, &expected);
}

#[test]
fn the_guide_describes_all_jobs_and_runs_an_example_of_each() {
    let page = Page::read("docs/guide/built-in-jobs.md");
    for job in streaming::registry().iter() {
        let name = job.info().name;
        let section = page.section(name);
        let section = section.unwrap_or_else(|| panic!("no heading `## {name}`"));
        let commands = section.commands();
        let runs = commands
            .iter()
            .any(|command| command.text.starts_with("mapreduce run "));
        assert!(runs, "{name} has no example that runs");
    }
}

#[test]
fn the_page_of_job_parameters_is_up_to_date() {
    let path = root().join(PARAMETERS);
    let text = fs::read_to_string(&path).unwrap_or_default();
    check(&path, &text, &parameters_page());
}

/// Compares a page with its generated text, or writes that text if [`UPDATE`] is set.
fn check(path: &Path, text: &str, expected: &str) {
    if env::var_os(UPDATE).is_some() {
        fs::write(path, expected).expect("the page can be written");
        return;
    }
    let advice =
        format!("run `{UPDATE}=1 cargo test -p mapreduce-testkit --test readme` to update");
    assert_eq!(text, expected, "{advice} {}", path.display());
}

/// Returns the text of the page: what `mapreduce jobs NAME` prints for each job, as Markdown.
fn parameters_page() -> String {
    let mut page = "# Job parameters\n\n\
        <!-- Generated from the registry of jobs; a test compares it. Rewrite it with \
        `UPDATE_REFERENCE=1 cargo test -p mapreduce-testkit --test readme`. -->\n\n\
        Set a parameter with `--param NAME=VALUE`. `mapreduce jobs NAME` prints the same list.\n\
        [Built-in jobs](../guide/built-in-jobs.md) describes the jobs and runs an example of each.\n"
        .to_owned();
    for job in streaming::registry().iter() {
        page += &section(job.info());
    }
    page
}

fn section(info: &JobInfo) -> String {
    let JobInfo { name, help, .. } = info;
    let mut text = format!("\n## {name}\n\n{}.\n", capitalized(help));
    if info.params.is_empty() {
        text += "\nThis job has no parameters.\n";
    } else {
        text += "\n| parameter | default | meaning |\n|---|---|---|\n";
        text.extend(info.params.iter().map(row));
    }
    if !info.example.is_empty() {
        text += &format!(
            "\nExample:\n\n```text\nmapreduce run {}\n```\n",
            info.example
        );
    }
    text
}

fn row(param: &Param) -> String {
    let default = match param.default {
        None => "required".to_owned(),
        Some("") => "not set".to_owned(),
        Some(default) => format!("`{default}`"),
    };
    format!("| `{}` | {default} | {} |\n", param.name, param.help)
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}
