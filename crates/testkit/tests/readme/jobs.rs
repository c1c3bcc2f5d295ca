//! What is told about the jobs that come along is what the jobs say of themselves.

use mapreduce::job::Param;

use crate::markdown::Page;

#[test]
fn the_readme_lists_all_jobs() {
    let expected: Vec<_> = streaming::registry()
        .iter()
        .map(|job| {
            let info = job.info();
            vec![
                format!("`{}`", info.name),
                info.help.to_owned(),
                format!("`{}`", info.example),
            ]
        })
        .collect();
    assert_eq!(Page::read("README.md").table("job"), expected);
}

#[test]
fn the_page_about_jobs_has_all_of_their_parameters() {
    let page = Page::read("docs/jobs.md");
    for job in streaming::registry().iter() {
        let info = job.info();
        let section = page.section(info.name);
        let section = section.unwrap_or_else(|| panic!("no heading `## {}`", info.name));
        let runs = |text: &str| text.starts_with("mapreduce run ");
        let has_example = section.commands().iter().any(|command| runs(&command.text));
        assert!(has_example, "{} has no example that is run", info.name);
        let help = info.help.chars().skip(1).collect::<String>();
        assert!(section.text().contains(&help), "{}: {help}", info.name);
        if !info.params.is_empty() {
            let rows: Vec<_> = info.params.iter().map(row).collect();
            assert_eq!(section.table("parameter"), rows, "{}", info.name);
        }
    }
}

/// Name, default, meaning.
fn row(param: &Param) -> Vec<String> {
    let default = match param.default {
        None => "needed".to_owned(),
        Some("") => "not set".to_owned(),
        Some(default) => format!("`{default}`"),
    };
    vec![format!("`{}`", param.name), default, param.help.to_owned()]
}
