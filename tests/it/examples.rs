//! The examples are short, the guide tells what each replaces, and a browser uses each.

use std::path::Path;

/// Lines that an example may have, its comments included.
const LONGEST: usize = 80;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names of all examples.
fn names() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let sources = files.filter(|path| path.extension().is_some_and(|ending| ending == "rs"));
    let mut names: Vec<_> =
        sources.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    assert!(names.len() >= 8, "{names:?}");
    names
}

#[test]
fn every_example_is_short_and_says_how_it_is_run() {
    for name in names() {
        let source = read(&format!("examples/{name}.rs"));
        let lines = source.lines().count();
        assert!(lines <= LONGEST, "{name}: {lines} lines");
        assert!(source.starts_with("//! "), "{name} says first what it shows");
        for said in [&*format!("cargo run --example {name}"), "curl -F "] {
            assert!(source.contains(said), "{name} says {said:?}");
        }
    }
}

#[test]
fn every_example_is_in_the_guide_and_in_the_readme() {
    let (guide, readme) = (read("docs/guides/coming-from.md"), read("README.md"));
    for name in names() {
        assert!(guide.contains(&format!("(../../examples/{name}.rs)")), "the guide knows {name}");
        assert!(readme.contains(&format!("(examples/{name}.rs)")), "the README knows {name}");
    }
}

#[test]
fn a_browser_uses_every_example() {
    let scenes = read("tests/browser/examples.test.mjs");
    for name in names() {
        assert!(scenes.contains(&format!("example('{name}'")), "there is a scene of {name}");
    }
}
