//! What README.md, docs/jobs.md and ARCHITECTURE.md say is true.
//!
//! Every command in a `sh` or `console` block of README.md and docs/jobs.md falls under one rule, and one that falls
//! under none fails the test:
//!
//! | command                           | what is done with it                                            |
//! |-----------------------------------|-----------------------------------------------------------------|
//! | `redis-server`                    | started with these arguments, on a free port                    |
//! | `worker`                          | started, and must end with 0 once the master is through         |
//! | `cargo run`, `cargo build`, `cargo xtask gen-data`, the programs, `redis-cli`, `head`, `cat`, `export` | run in a scratch folder with the sample input; what the README shows must be in the output |
//! | `docker-compose`                  | must be in `.ci/readme`, word for word, which `.ci/compose` runs |
//! | other `cargo xtask`               | run with `--help`: it exists and takes these arguments          |
//! | `.ci/run`                         | must be an executable file                                      |
//!
//! `cargo run --release` runs in the profile of this test, which need not be built anew. Where the
//! README has Redis at 127.0.0.1:6379, the test has it at a port of its own.

mod jobs;
mod markdown;
mod reliability;
mod rules;
mod scratch;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use markdown::{Page, code};
use rules::{Rule, rule};
use runtime::settings::reference;
use runtime::{CrashPoint, Exit};
use scratch::{Scratch, root};

#[test]
fn every_command_of_the_readme_works() {
    check_commands("README.md");
}

#[test]
fn every_command_of_the_page_about_jobs_works() {
    check_commands("docs/jobs.md");
}

fn check_commands(name: &str) {
    let page = Page::read(name);
    assert!(!page.commands().is_empty(), "{name} has no commands");
    let in_containers = fs::read_to_string(root().join(".ci/readme")).expect(".ci/readme");
    let mut scratch = Scratch::new();
    for command in page.commands() {
        let place = format!("{name}:{}: {}", command.line, command.text);
        match rule(&command.text) {
            None => panic!("{place}: no rule says how to check this command"),
            Some(Rule::Run) => scratch.run(&command, &place),
            Some(Rule::Server(arguments)) => scratch.server(&arguments),
            Some(Rule::Background) => scratch.background(&command.text),
            Some(Rule::Help(line)) => scratch.help(&line, &place),
            Some(Rule::Containers) => {
                let there = in_containers
                    .lines()
                    .any(|line| rules::stands_in(line, &command.text));
                assert!(there, "{place}: not in .ci/readme");
            }
            Some(Rule::File(path)) => {
                assert!(scratch::is_executable(&root().join(path)), "{place}")
            }
        }
    }
    scratch.end();
}

/// Code that is shown as that of a file is all that is in the file.
#[test]
fn files_are_shown_as_they_are() {
    let files = Page::read("README.md").files();
    let paths: Vec<_> = files.iter().map(|(path, _)| path.as_str()).collect();
    for path in [
        "examples/word-lengths/src/lib.rs",
        "examples/streaming/mapper.py",
    ] {
        assert!(paths.contains(&path), "{path} is not shown; {paths:?} are");
    }
    for (path, shown) in files {
        let there = fs::read_to_string(root().join(&path)).expect("a file that README.md shows");
        assert_eq!(shown, there, "{path}");
    }
}

#[test]
fn the_checks_in_containers_run_the_commands_of_the_readme() {
    let compose = fs::read_to_string(root().join(".ci/compose")).expect(".ci/compose");
    assert!(
        compose
            .lines()
            .any(|line| line.trim_start().starts_with(".ci/readme"))
    );
    assert!(scratch::is_executable(&root().join(".ci/readme")));
}

/// The README gives a user few rights; this runs a whole job with them, checkpoints included.
#[test]
fn the_user_of_the_readme_has_the_rights_that_a_job_needs() {
    let commands = Page::read("README.md").commands();
    let mut scratch = Scratch::new();
    scratch.server(&[]);
    let user = commands
        .iter()
        .find(|command| command.text.starts_with("redis-cli ACL SETUSER"));
    scratch.run(user.expect("the README makes a user"), "making the user");
    let health = commands
        .iter()
        .find(|command| command.text.starts_with("REDIS_URL=redis://mapreduce"));
    let url = health
        .and_then(|command| command.text.split(' ').next())
        .expect("a URL of this user");
    // Long enough for a checkpoint or two.
    scratch.background(&format!("{url} worker input/ --set worker.slow=500ms"));
    let master = format!("{url} master input/ --split-size 1KiB --set checkpoint.interval=100ms");
    let log = scratch.shell(&master, 0);
    assert!(log.contains(" checkpoint "), "{log}");
    assert!(!log.contains("WARN"), "{log}");
    scratch.end();
}

#[test]
fn the_settings_are_all_there_with_default_and_meaning() {
    let rows = Page::read("README.md").table("setting");
    let expected = reference().map(|setting| {
        let default = match setting.default {
            "" => "not set".to_owned(),
            default => format!("`{default}`"),
        };
        vec![
            format!("`{}`", setting.name),
            default,
            setting.help(),
        ]
    });
    assert_eq!(rows, expected.collect::<Vec<_>>());
}

#[test]
fn the_exit_codes_are_all_there() {
    let all = [
        Exit::Done,
        Exit::JobFailed,
        Exit::BadSettings,
        Exit::NoInput,
        Exit::NoRedis,
        Exit::CannotWrite,
        Exit::Interrupted,
    ];
    for exit in all {
        // A new code has no arm, and this no longer builds: add it to the list too.
        match exit {
            Exit::Done | Exit::JobFailed | Exit::BadSettings | Exit::NoInput => {}
            Exit::NoRedis | Exit::CannotWrite | Exit::Interrupted => {}
        }
    }
    let rows = Page::read("README.md").table("code");
    let codes: Vec<_> = rows.iter().map(|row| row[0].clone()).collect();
    assert_eq!(codes, all.map(|exit| exit.code().to_string()));
}

#[test]
fn the_crash_points_are_all_there() {
    let rows = Page::read("README.md").table("point");
    let points: Vec<_> = rows.iter().map(|row| row[0].clone()).collect();
    assert_eq!(points, CrashPoint::ALL.map(|point| format!("`{point}`")));
}

#[test]
fn links_lead_somewhere() {
    let pages = [
        "README.md",
        "ARCHITECTURE.md",
        "docs/jobs.md",
        "docs/reliability.md",
    ];
    for name in pages {
        let folder = Path::new(name).parent().expect("a page lies in a folder");
        let page = Page::read(name);
        let links = page.links();
        assert!(
            !links.is_empty(),
            "{name} has no links: are they still found?"
        );
        for link in links.iter().filter(|link| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let file = match file {
                "" => Path::new(name).to_path_buf(),
                file => folder.join(file),
            };
            assert!(root().join(&file).exists(), "{name}: {link}");
            let anchors = || Page::read(&file.to_string_lossy()).anchors();
            let there = anchor.is_empty() || anchors().iter().any(|at| at == anchor);
            assert!(there, "{name}: {link}: no such heading");
        }
    }
}

/// Test names in ARCHITECTURE.md are those of real tests, and paths on all pages lead to real files.
#[test]
fn the_architecture_names_real_tests_and_all_pages_real_files() {
    let page = Page::read("ARCHITECTURE.md");
    let mut functions = BTreeSet::new();
    for top in ["crates", "examples"] {
        collect_functions(&root().join(top), &mut functions);
    }
    let rows = page.table("invariant");
    assert!(!rows.is_empty());
    for row in rows {
        let names = code(&row[2]);
        assert!(!names.is_empty(), "{}: names no test", row[0]);
        for name in names {
            assert!(
                functions.contains(name),
                "{}: there is no test {name}",
                row[0]
            );
        }
    }
    let others = ["README.md", "docs/jobs.md", "docs/reliability.md"].map(Page::read);
    for page in others.iter().chain([&page]) {
        for path in page.code().into_iter().filter(|text| is_path(text)) {
            assert!(root().join(path).exists(), "{path}");
        }
    }
}

/// Whether code is meant as a path from the top of the project.
fn is_path(text: &str) -> bool {
    let tops = ["crates/", "lua/", "deploy/", "examples/", ".ci/", "docs/"];
    tops.iter().any(|top| text.starts_with(top)) && !text.contains(['{', '*', ' '])
}

fn collect_functions(folder: &Path, into: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder of the project") {
        let path = entry.expect("a file of the project").path();
        if path.is_dir() {
            collect_functions(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source file");
            let names = text
                .split("fn ")
                .skip(1)
                .filter_map(|rest| rest.split(['(', '<']).next());
            into.extend(names.map(str::to_owned));
        }
    }
}
