use crate::tidy::edges::problems;
use crate::tidy::package::Package;

fn package(name: &str, dependencies: &[&str]) -> Package {
    Package {
        name: name.to_owned(),
        folder: "crates".into(),
        roots: Vec::new(),
        dependencies: dependencies.iter().map(|name| (*name).to_owned()).collect(),
    }
}

#[test]
fn dependencies_of_the_table_are_allowed() {
    let packages = [
        package("mapreduce-core", &["serde"]),
        package("mapreduce-formats", &["mapreduce-core"]),
        package("mapreduce-testkit", &["mapreduce-core"]),
    ];
    assert_eq!(problems(&packages), [""; 0]);
}

#[test]
fn a_dependency_against_the_direction_is_reported() {
    let packages = [
        package("mapreduce-core", &["mapreduce-formats"]),
        package("mapreduce-formats", &["mapreduce-core"]),
    ];
    assert_eq!(problems(&packages).len(), 1);
    assert!(problems(&packages)[0].starts_with("core -> formats:"));
}

#[test]
fn nothing_that_ships_depends_on_a_crate_for_development() {
    let packages = [
        package("mapreduce-core", &[]),
        package("mapreduce-store", &["mapreduce-core", "mapreduce-testkit"]),
        package("mapreduce-testkit", &[]),
    ];
    assert!(problems(&packages)[0].starts_with("store -> testkit:"));
}
