use super::support::{found, parse};
use crate::tidy::cycles::cycles;

#[test]
fn two_modules_that_import_each_other_are_found() {
    let files = [
        ("lib.rs", "mod a;\nmod b;\nmod c;"),
        ("a.rs", "use crate::b::B;\npub struct A(B);"),
        ("b.rs", "use crate::a::A;\npub struct B(A);"),
        ("c.rs", "use crate::a::A;"),
    ];
    assert_eq!(found(&files), [": a b"]);
}

#[test]
fn the_lines_of_a_cycle_are_reported() {
    let tree = parse(&[
        ("lib.rs", "mod a;\nmod b;"),
        ("a.rs", "\nuse crate::b::B;\npub struct A(B);"),
        ("b.rs", "pub struct B;\nfn f() -> crate::a::A {}"),
    ]);
    let found = cycles(&tree);
    let lines: Vec<_> = found[0].edges.values().flatten().collect();
    assert_eq!(lines, ["a.rs:2: use crate::b::B", "b.rs:2: crate::a::A"]);
    assert_eq!(found[0].pairs(), [("a", "b")]);
}

#[test]
fn imports_in_one_direction_are_not_a_cycle() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c; pub use a::A; pub use b::B;"),
        ("a.rs", "use crate::{B, c::C}; pub struct A(B, C);"),
        ("b.rs", "use super::c::C; pub struct B(C);"),
        ("c.rs", "pub struct C;"),
    ];
    assert_eq!(found(&files), [""; 0]);
}

#[test]
fn a_cycle_of_three_is_found() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::b::B; pub struct A;"),
        ("b.rs", "use crate::c::C; pub struct B;"),
        ("c.rs", "use crate::a::A; pub struct C;"),
    ];
    assert_eq!(found(&files), [": a b c"]);
}

#[test]
fn a_reexport_of_the_root_means_the_module_that_defines_the_item() {
    let files = [
        ("lib.rs", "mod a; mod b; pub use a::A;"),
        ("a.rs", "use crate::b::B; pub struct A(B);"),
        ("b.rs", "use crate::A; pub struct B(A);"),
    ];
    assert_eq!(found(&files), [": a b"]);
}

#[test]
fn a_reexport_by_a_folder_means_the_sibling() {
    let files = [
        ("lib.rs", "mod folder;"),
        (
            "folder/mod.rs",
            "mod a; mod b; pub(crate) use a::A; use b::B as Renamed;",
        ),
        ("folder/a.rs", "use super::Renamed; pub struct A(Renamed);"),
        ("folder/b.rs", "use super::A; pub struct B(A);"),
    ];
    assert_eq!(found(&files), ["folder: a b"]);
}

#[test]
fn reexports_by_globs_are_followed() {
    let files = [
        ("lib.rs", "mod a; mod b; mod prelude;"),
        ("prelude.rs", "pub use crate::a::*; pub use crate::b::*;"),
        ("a.rs", "use crate::prelude::*; pub struct A(B);"),
        ("b.rs", "use crate::prelude::A; pub struct B(A);"),
    ];
    assert_eq!(found(&files), [": a b"]);
}

#[test]
fn a_glob_is_a_use_of_the_modules_whose_names_occur() {
    let files = [
        ("lib.rs", "mod a; mod b; pub use a::A; pub use b::B;"),
        ("a.rs", "use super::*; pub struct A(String);"),
        ("b.rs", "use super::*; pub struct B(A);"),
    ];
    assert_eq!(found(&files), [""; 0]);
}

#[test]
fn nested_groups_and_renamed_imports_are_followed() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c;"),
        (
            "a.rs",
            "use crate::{c::{self, C}, b::{self as other, inner::{Deep as D, Flat}}};",
        ),
        (
            "b.rs",
            "pub mod inner { use super::super::a; pub struct Deep(a::A); pub struct Flat; }",
        ),
        ("c.rs", "pub struct C;"),
    ];
    assert_eq!(found(&files), [": a b"]);
}

#[test]
fn inline_paths_count_in_code_macros_and_attributes() {
    for code in [
        "fn f() { crate::b::call() }",
        "fn f() { println!(\"{}\", crate::b::call()) }",
        "#[serde(with(crate::b::call))] struct S;",
        "fn f() { use super::b::call; call() }",
        "use crate::b; fn f() { b::call() }",
        "macro_rules! m { () => { $crate::b::call() } }",
    ] {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", code),
            ("b.rs", "use crate::a; pub fn call() { a::f() }"),
        ];
        assert_eq!(found(&files), [": a b"], "{code}");
    }
}

#[test]
fn a_path_through_an_imported_module_means_the_defining_module() {
    let files = [
        ("lib.rs", "mod folder; mod user;"),
        ("folder/mod.rs", "mod a; mod b; pub use a::A;"),
        ("folder/a.rs", "pub struct A;"),
        ("folder/b.rs", "use crate::folder; struct B(folder::A);"),
        ("user.rs", "use crate::folder; struct User(folder::A);"),
    ];
    assert_eq!(found(&files), [""; 0]);
}

#[test]
fn a_folder_is_one_module_towards_its_siblings() {
    let files = [
        ("lib.rs", "mod folder; mod other;"),
        ("folder/mod.rs", "mod a; mod b; pub use a::A;"),
        ("folder/a.rs", "pub struct A;"),
        ("folder/b.rs", "use crate::other::Other;"),
        ("other.rs", "use crate::folder::A; pub struct Other(A);"),
    ];
    assert_eq!(found(&files), [": folder other"]);
}

#[test]
fn a_module_file_that_only_declares_is_in_no_cycle() {
    let files = [
        ("lib.rs", "mod folder;"),
        ("folder/mod.rs", "mod a; mod b; pub use a::A;"),
        ("folder/a.rs", "use super::b::B; pub struct A(B);"),
        ("folder/b.rs", "pub struct B;"),
    ];
    assert_eq!(found(&files), [""; 0]);
}

#[test]
fn a_child_that_uses_code_of_its_module_file_which_uses_the_child_is_a_cycle() {
    let child = ("folder/a.rs", "use super::Shared; pub struct A(Shared);");
    let unused = "mod a; pub use a::A; pub struct Shared;";
    let used = "mod a; pub use a::A; pub struct Shared; pub fn make() -> A { todo!() }";
    for (source, expected) in [(unused, vec![]), (used, vec!["folder: a self"])] {
        let files = [("lib.rs", "mod folder;"), ("folder/mod.rs", source), child];
        assert_eq!(found(&files), expected);
    }
}

#[test]
fn tests_are_left_out() {
    let files = [
        ("lib.rs", "mod a; mod b; #[cfg(test)] mod missing;"),
        ("a.rs", "use crate::b::B; pub struct A(B);"),
        (
            "b.rs",
            "pub struct B; #[cfg(all(test, unix))] use crate::a::A;
             #[cfg(test)] mod tests { use crate::a::A; }
             impl B { #[cfg(test)] fn f() -> crate::a::A {} }",
        ),
    ];
    assert_eq!(found(&files), [""; 0]);
}

#[test]
fn code_of_a_feature_that_tests_enable_too_is_not_left_out() {
    let files = [
        (
            "lib.rs",
            "#[cfg(any(test, feature = \"fuzzing\"))] mod a; mod b;",
        ),
        ("a.rs", "use crate::b::B; pub struct A(B);"),
        ("b.rs", "use crate::a::A; pub struct B(A);"),
    ];
    assert_eq!(found(&files), [": a b"]);
}

#[test]
fn other_crates_and_imports_of_each_other_resolve_to_nothing() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        (
            "a.rs",
            "use std::fmt; use serde::b::B; pub use super::b::Loop; fn f() -> fmt::Result {}",
        ),
        ("b.rs", "pub use super::a::Loop; use ::a::A;"),
    ];
    assert_eq!(found(&files), [""; 0]);
}

#[test]
fn a_module_at_a_path_of_its_own_is_read() {
    let files = [
        (
            "lib.rs",
            "#[cfg(x)] mod a;\n#[cfg(not(x))]\n#[path = \"no_a.rs\"]\nmod a; mod b;",
        ),
        ("a.rs", "pub struct A;"),
        ("no_a.rs", "use crate::b::B; pub struct A(B);"),
        ("b.rs", "use crate::a::A; pub struct B;"),
    ];
    assert_eq!(found(&files), [": a b"]);
}
