use std::collections::BTreeSet;

use crate::tidy::invariants::{collect_functions, missing};

const DOCUMENT: &str = "# Title\n| `not_a_test` |\n## Invariants\n\n\
    | invariant | held by | tests |\n|---|---|---|\n\
    | One | `finish` | `first`, `module::second` |\n## Next\n| `not_a_test` |\n";

fn functions(source: &str) -> BTreeSet<String> {
    let mut functions = BTreeSet::new();
    collect_functions(
        source.parse().expect("the tokens are balanced"),
        &mut functions,
    );
    functions
}

#[test]
fn a_test_that_does_not_exist_is_reported_with_its_line() {
    let functions = functions("fn first() {}");
    let expected = ["ARCHITECTURE.md:7: no function is named `module::second`"];
    assert_eq!(missing(DOCUMENT, &functions), expected);
}

#[test]
fn tests_inside_of_macros_are_found() {
    let functions =
        functions("mod m { proptest! { #[test] fn first(a in 0..1) {} } } fn second() {}");
    assert_eq!(missing(DOCUMENT, &functions), [""; 0]);
}

#[test]
fn a_document_without_the_table_is_reported() {
    assert_eq!(missing("# Title\n", &BTreeSet::new()).len(), 1);
}
