//! Every command of every page works, and prints what the page shows.

use std::fs;

use crate::markdown::Page;
use crate::pages::all_pages;
use crate::rules::{Rule, rule, stands_in};
use crate::scratch::{Scratch, is_executable, package_exists, root};

/// Chapters with a test of their own, so that they run at the same time.
const CHAPTERS: [&str; 5] = [
    "README.md",
    "docs/guide/",
    "docs/operating/",
    "docs/reference/",
    "docs/concepts/",
];

#[test]
fn commands_of_the_readme_work() {
    check_pages(|page| page.starts_with(CHAPTERS[0]));
}

#[test]
fn commands_of_the_guide_work() {
    check_pages(|page| page.starts_with(CHAPTERS[1]));
}

#[test]
fn commands_of_the_operating_chapter_work() {
    check_pages(|page| page.starts_with(CHAPTERS[2]));
}

#[test]
fn commands_of_the_reference_work() {
    check_pages(|page| page.starts_with(CHAPTERS[3]));
}

#[test]
fn commands_of_the_concepts_work() {
    check_pages(|page| page.starts_with(CHAPTERS[4]));
}

#[test]
fn commands_of_all_other_pages_work() {
    let is_chapter = |page: &str| CHAPTERS.iter().any(|chapter| page.starts_with(chapter));
    let pages = all_pages().into_iter().filter(|page| !is_chapter(page));
    pages.for_each(|page| check_commands(&page));
}

#[test]
fn checks_in_containers_run_the_commands_of_the_pages() {
    let compose = fs::read_to_string(root().join(".ci/compose")).expect(".ci/compose");
    let runs_readme = |line: &str| line.trim_start().starts_with(".ci/readme");
    assert!(compose.lines().any(runs_readme));
    assert!(is_executable(&root().join(".ci/readme")));
}

/// The book gives a Redis user few rights. A whole job must work with them, checkpoints included.
#[test]
fn the_redis_user_of_the_book_has_the_rights_that_a_job_needs() {
    let commands = Page::read("docs/operating/production.md").commands();
    let mut scratch = Scratch::new();
    scratch.server(&[]);
    let user = commands
        .iter()
        .find(|command| command.text.starts_with("redis-cli ACL SETUSER"));
    scratch.run(user.expect("the page adds a user"), "adding the user");
    let health = commands
        .iter()
        .find(|command| command.text.starts_with("REDIS_URL=redis://mapreduce"));
    let url = health
        .and_then(|command| command.text.split(' ').next())
        .expect("the page has a URL of this user");
    // The pause gives the master time for a checkpoint or two.
    scratch.background(&format!("{url} worker input/ --set worker.slow=500ms"));
    let master = format!("{url} master input/ --split-size 1KiB --set checkpoint.interval=100ms");
    let log = scratch.shell(&master, 0);
    assert!(log.contains(" checkpoint "), "{log}");
    assert!(!log.contains("WARN"), "{log}");
    scratch.end();
}

fn check_pages(is_wanted: impl Fn(&str) -> bool) {
    let pages: Vec<_> = all_pages()
        .into_iter()
        .filter(|page| is_wanted(page))
        .collect();
    let count = |page: &String| Page::read(page).commands().len();
    assert!(
        pages.iter().map(count).sum::<usize>() > 0,
        "{pages:?} have no commands: are they still found?"
    );
    pages.iter().for_each(|page| check_commands(page));
}

/// Checks the commands of a page, in order, in one scratch folder.
fn check_commands(name: &str) {
    let in_containers = fs::read_to_string(root().join(".ci/readme")).expect(".ci/readme");
    let mut scratch = Scratch::new();
    for command in Page::read(name).commands() {
        let location = format!("{name}:{}: {}", command.line, command.text);
        match rule(&command.text) {
            None => panic!("{location}: no rule says how to check this command"),
            Some(Rule::Run) => scratch.run(&command, &location),
            Some(Rule::Server(arguments)) => scratch.server(&arguments),
            Some(Rule::Background) => scratch.background(&command.text),
            Some(Rule::Help(line)) => scratch.help(&line, &location),
            Some(Rule::Packages(packages)) => {
                for package in packages {
                    assert!(package_exists(&package), "{location}: no package {package}");
                }
            }
            Some(Rule::Containers) => {
                let runs = |line| stands_in(line, &command.text);
                let found = in_containers.lines().any(runs);
                assert!(found, "{location}: not in .ci/readme");
            }
            Some(Rule::File(path)) => assert!(is_executable(&root().join(path)), "{location}"),
            Some(Rule::Unchecked) => {}
        }
    }
    scratch.end();
}
