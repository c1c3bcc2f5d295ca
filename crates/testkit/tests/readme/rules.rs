//! Rules by which commands are checked.

/// Check of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Run the command.
    Run,
    /// Start a Redis with these arguments.
    Server(Vec<String>),
    /// Start the command and continue.
    Background,
    /// Run this line instead, which prints help.
    Help(String),
    /// Look for the command in the checks that run in containers.
    Containers,
    /// Look for this file.
    File(&'static str),
    /// Look for these packages of the workspace.
    Packages(Vec<String>),
    /// Nothing: the command is for readers only.
    Unchecked,
}

/// Returns the rule for `command`, if there is one.
pub(crate) fn rule(command: &str) -> Option<Rule> {
    let mut words = command.split(' ').skip_while(|word| is_assignment(word));
    let program = words.next()?;
    let rest: Vec<&str> = words.collect();
    Some(match (program, rest.as_slice()) {
        ("docker-compose", _) => Rule::Containers,
        ("redis-server", arguments) => {
            Rule::Server(arguments.iter().map(|&word| word.to_owned()).collect())
        }
        ("worker", _) => Rule::Background,
        ("cargo", ["run" | "build", ..] | ["xtask", "gen-data", ..]) => Rule::Run,
        (
            "cargo",
            [
                "xtask",
                "test" | "bench" | "simulate" | "chaos" | "matrix" | "fuzz" | "mutants" | "tidy"
                | "book" | "base-images",
                ..,
            ],
        ) => Rule::Help(format!("{command} --help")),
        ("mapreduce" | "master" | "redis-cli" | "head" | "cat" | "export", _) => Rule::Run,
        (".ci/run", []) => Rule::File(".ci/run"),
        (
            "cargo",
            [
                "test" | "check" | "clippy" | "fmt" | "doc" | "package" | "install" | "bench"
                | "deny",
                rest @ ..,
            ],
        ) => Rule::Packages(packages(rest)),
        ("git" | "cd", _) => Rule::Unchecked,
        _ => return None,
    })
}

/// Returns the packages that arguments of cargo name.
fn packages(arguments: &[&str]) -> Vec<String> {
    let pairs = arguments.windows(2);
    let named = pairs.filter(|pair| ["-p", "--package"].contains(&pair[0]));
    named.map(|pair| pair[1].to_owned()).collect()
}

/// Returns whether `word` sets a variable for the command that follows.
fn is_assignment(word: &str) -> bool {
    let name = word.split_once('=').map_or("", |(name, _)| name);
    !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}

/// Returns whether `line` of a script runs `command`, with or without a redirection of its output.
pub(crate) fn stands_in(line: &str, command: &str) -> bool {
    let Some(rest) = line.trim().strip_prefix(command) else {
        return false;
    };
    rest.is_empty()
        || rest.starts_with([' ', ')']) && rest.trim_start().starts_with(['>', '2', '|', '&', ')'])
}

#[test]
fn every_command_has_its_rule_and_others_have_none() {
    for (command, expected) in [
        ("A=b C__D=e docker-compose up", Some(Rule::Containers)),
        ("mapreduce run x", Some(Rule::Run)),
        ("REDIS_URL=redis://h worker", Some(Rule::Background)),
        (
            "cargo xtask chaos",
            Some(Rule::Help("cargo xtask chaos --help".to_owned())),
        ),
        ("cargo xtask dance", None),
        (
            "cargo test -p mapreduce-store --test redis",
            Some(Rule::Packages(vec!["mapreduce-store".to_owned()])),
        ),
        ("git status", Some(Rule::Unchecked)),
        ("rm -rf /", None),
        ("", None),
    ] {
        assert_eq!(rule(command), expected, "{command}");
    }
}

#[test]
fn a_longer_command_does_not_stand_for_a_shorter_one() {
    for (line, expected) in [
        ("docker-compose up", true),
        ("    docker-compose up >log 2>&1 &", true),
        ("docker-compose up --build", false),
        ("docker-compose upper", false),
        ("# docker-compose up", false),
    ] {
        assert_eq!(stands_in(line, "docker-compose up"), expected, "{line}");
    }
}
