use std::path::{Path, PathBuf};

use crate::tidy::style::{code_in_module_file, siblings, too_long};

#[test]
fn a_file_with_a_sibling_folder_is_reported() {
    let files = ["a.rs", "b/mod.rs", "c.rs", "c/deep/d.rs", "c/deep.rs"].map(PathBuf::from);
    let expected = ["c.rs: move to c/mod.rs", "c/deep.rs: move to c/deep/mod.rs"];
    assert_eq!(siblings(&files), expected);
}

#[test]
fn a_module_file_may_declare_and_reexport() {
    let source = "//! Docs.\n#![expect(dead_code)]\n/// Docs.\npub mod a;\npub use a::A;\n\
                  pub(crate) use macros::each;\n#[cfg(test)]\nmod tests;\n";
    let problems = code_in_module_file(Path::new("mod.rs"), source).expect("it parses");
    assert_eq!(problems, [""; 0]);
}

#[test]
fn a_module_file_with_code_is_reported() {
    let source = "mod a;\nfn f() {}\nstruct S;\nimpl S {}\nmod inline {}\nconst C: u8 = 1;\n";
    let problems = code_in_module_file(Path::new("mod.rs"), source).expect("it parses");
    let lines: Vec<_> = problems
        .iter()
        .filter_map(|text| text.split(';').next())
        .collect();
    let expected = [
        "mod.rs:2: a function",
        "mod.rs:3: a type or trait",
        "mod.rs:4: an implementation",
        "mod.rs:5: an inline module",
        "mod.rs:6: a constant",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_file_of_more_than_400_lines_is_reported() {
    assert_eq!(too_long(Path::new("a.rs"), 400), None);
    let problem = too_long(Path::new("a.rs"), 401);
    assert_eq!(
        problem.as_deref(),
        Some("a.rs: 401 lines; the limit is 400")
    );
}
