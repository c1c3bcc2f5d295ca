use std::collections::BTreeMap;

use super::support::parse;
use crate::tidy::names::{collect, duplicates};

#[test]
fn public_types_of_the_same_name_are_reported() {
    let mut locations = BTreeMap::new();
    collect(
        &parse(&[(
            "a/lib.rs",
            "pub struct Place;\npub trait Once {}\nstruct Private;",
        )]),
        &mut locations,
    );
    collect(
        &parse(&[("b/lib.rs", "struct Private;\npub(crate) enum Place {}")]),
        &mut locations,
    );
    assert_eq!(
        duplicates(&locations),
        ["Place: 2 types: a/lib.rs:1, b/lib.rs:2"]
    );
}

#[test]
fn reexports_and_types_of_tests_do_not_count() {
    let mut locations = BTreeMap::new();
    let files = [
        (
            "lib.rs",
            "mod a; pub use a::Place; #[cfg(test)] mod tests { pub struct Place; }",
        ),
        ("a.rs", "pub struct Place;"),
    ];
    collect(&parse(&files), &mut locations);
    assert_eq!(duplicates(&locations), [""; 0]);
}
