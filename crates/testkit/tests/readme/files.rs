//! Files that pages show are shown completely.

use std::fs;

use crate::markdown::Page;
use crate::pages::all_pages;
use crate::scratch::root;

#[test]
fn shown_files_equal_the_files_of_the_project() {
    for page in all_pages() {
        for (path, shown) in Page::read(&page).files() {
            let file = fs::read_to_string(root().join(&path));
            let file = file.unwrap_or_else(|error| panic!("{page} shows {path}: {error}"));
            assert_eq!(shown, file, "{page} shows {path}");
        }
    }
}

#[test]
fn the_readme_shows_a_job_in_python_and_one_in_rust() {
    let files = Page::read("README.md").files();
    for path in [
        "examples/word-lengths/src/main.rs",
        "examples/streaming/mapper.py",
        "examples/streaming/reducer.py",
    ] {
        let shows = |(shown, _): &(String, String)| shown == path;
        assert!(files.iter().any(shows), "README.md does not show {path}");
    }
}

#[test]
fn the_readme_has_at_most_nine_kilobytes() {
    let size = Page::read("README.md").text().len();
    assert!(size <= 9 * 1024, "README.md has {size} bytes");
}
