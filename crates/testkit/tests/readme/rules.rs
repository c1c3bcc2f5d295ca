//! Which rule a command falls under.

/// How a command is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Run it.
    Run,
    /// Start a Redis with these arguments.
    Server(Vec<String>),
    /// Start it and go on.
    Background,
    /// Run this line instead, which only asks for help.
    Help(String),
    /// Look for it in the checks that run in containers.
    Containers,
    /// Look for this file.
    File(&'static str),
}

/// The rule for `command`, if there is one.
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
                "test" | "bench" | "chaos" | "matrix" | "base-images",
                ..,
            ],
        ) => Rule::Help(format!("{command} --help")),
        ("mapreduce" | "master" | "redis-cli" | "head" | "cat" | "export", _) => Rule::Run,
        (".ci/run", []) => Rule::File(".ci/run"),
        _ => return None,
    })
}

/// Whether `word` sets a variable for the command that follows.
fn is_assignment(word: &str) -> bool {
    let name = word.split_once('=').map_or("", |(name, _)| name);
    !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}

/// Whether `line` of a script is `command`, whatever becomes of its output.
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
