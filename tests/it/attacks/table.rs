//! `docs/attacks.md` has a row for each attack, each row names tests that exist, and each test of an attack stands in the
//! row whose id it carries. A list of attacks that says "tried" where nobody tried is worse than none.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The groups of attacks: the file of their tests, the letters of their ids, their numbers.
const GROUPS: [(&str, &str, &[u32]); 15] = [
    ("nam", "NAM", &[1, 2, 3, 4, 5, 7, 8, 9, 11, 13, 14, 16, 17, 18, 19, 20, 22, 24]),
    ("xss", "XSS", &[1, 2, 3, 6, 8, 9, 11, 13, 14]),
    ("typ", "TYP", &[1, 2, 4, 5, 7]),
    ("bom", "BOM", &[1, 4, 5, 7]),
    ("wsp", "WS", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 16]),
    ("ses", "SES", &[1, 2, 3, 4, 5, 6, 7, 9, 10, 12, 13, 14, 15, 16, 17, 21, 23]),
    ("siz", "SIZ", &[1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 14, 16, 18, 21, 22]),
    ("res", "RES", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 16, 18]),
    ("mpt", "MPT", &[1, 2, 3, 5, 7, 8]),
    ("smg", "SMG", &[1, 2, 3, 6, 7, 10, 12]),
    ("tus", "TUS", &[1, 2, 3, 5, 7, 8, 10, 14]),
    ("s3p", "S3P", &[1, 2, 5, 6, 8]),
    ("fsr", "FSR", &[1, 2, 3, 5, 6, 7]),
    ("out", "SRF", &[1]),
    ("out", "OUT", &[4, 5, 6, 7]),
];
/// How the outcome begins of an attack that no test sends. Its reason follows.
const NO_TEST: [&str; 2] = ["Not defended", "Not tried"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn ids() -> Vec<String> {
    let of = |(_, letters, numbers): &(&str, &str, &'static [u32])| {
        let letters = (*letters).to_owned();
        numbers.iter().map(move |number| format!("{letters}-{number:02}"))
    };
    GROUPS.iter().flat_map(of).collect()
}

/// A row: its id, and what stands in its cells.
#[derive(Debug)]
struct Row {
    id: String,
    outcome: String,
    tests: Vec<String>,
}

fn rows(document: &str) -> Vec<Row> {
    let lines = document.lines().filter(|line| line.starts_with("| "));
    let cells = lines.map(|line| {
        // A bar within a cell is written with a backslash.
        let line = line.trim_matches('|').replace("\\|", "\u{0}");
        line.split('|').map(|cell| cell.trim().replace('\u{0}', "|")).collect::<Vec<_>>()
    });
    let known = |cells: &Vec<String>| cells[0].contains('-') && !cells[0].starts_with("--");
    cells
        .filter(known)
        .map(|cells| {
            assert_eq!(cells.len(), 5, "a row has five cells: {cells:?}");
            assert!(cells.iter().all(|cell| !cell.is_empty()), "an empty cell: {cells:?}");
            let tests = cells[4].split('`').skip(1).step_by(2).map(str::to_owned).collect();
            Row { id: cells[0].clone(), outcome: cells[3].clone(), tests }
        })
        .collect()
}

/// All Rust files at and below a path, by the path of the module that each is.
fn sources(place: &Path) -> BTreeMap<String, PathBuf> {
    let (mut folders, mut found) = (vec![place.to_owned()], BTreeMap::new());
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let below = path.strip_prefix(place).unwrap().with_extension("");
                found.insert(below.to_str().unwrap().replace('/', "::"), path);
            }
        }
    }
    found
}

/// The names of the tests in a source.
fn tests(source: &str) -> Vec<String> {
    let (mut names, mut is_test) = (Vec::new(), false);
    for line in source.lines().map(str::trim) {
        if line.starts_with("#[") {
            is_test |= ["#[test]", "#[actix_web::test]", "#[tokio::test"]
                .iter()
                .any(|a| line.starts_with(a));
        } else if !line.is_empty() && !line.starts_with("//") {
            let name = line.split_once("fn ").and_then(|(_, rest)| rest.split('(').next());
            names.extend(name.filter(|_| is_test).map(str::to_owned));
            is_test = false;
        }
    }
    names
}

/// Every test of a suite, as `module::name`.
fn suite(folder: &str) -> Vec<String> {
    let all = sources(&root().join(folder)).into_iter();
    all.flat_map(|(module, path)| {
        tests(&read(&path)).into_iter().map(move |name| format!("{module}::{name}"))
    })
    .collect()
}

/// The id that a test's name begins with, if that is one of the list.
fn id_of(test: &str) -> Option<String> {
    let name = test.rsplit("::").next()?;
    let mut words = name.split('_');
    let id = format!("{}-{}", words.next()?.to_uppercase(), words.next()?);
    ids().contains(&id).then_some(id)
}

#[test]
fn every_attack_of_the_list_has_one_row_in_its_order() {
    let rows = rows(&read(&root().join("docs/attacks.md")));
    let found: Vec<_> = rows.into_iter().map(|row| row.id).collect();
    assert_eq!(found, ids());
}

/// `name` alone is a test of the row's group in `tests/it/attacks`, or of a file beside it with its path; `e2e: path` one
/// that runs the binary, `unit: …`, `browser: …` and others say where they are found.
#[test]
fn every_row_names_tests_that_exist_or_says_why_there_is_none() {
    let (it, e2e) = (suite("tests/it"), suite("tests/e2e"));
    let mut wrong = Vec::new();
    for row in rows(&read(&root().join("docs/attacks.md"))) {
        let is_untried = NO_TEST.iter().any(|words| row.outcome.starts_with(words));
        if row.tests.is_empty() != is_untried {
            wrong.push(format!("{}: tests {:?}, and yet: {}", row.id, row.tests, row.outcome));
        }
        for test in row.tests {
            let exists = match test.split_once(": ") {
                None => {
                    it.iter().any(|known| *known == test || *known == format!("attacks::{test}"))
                }
                Some(("e2e", test)) => e2e.iter().any(|known| known == test),
                Some((file, title)) => {
                    let path = root().join(file);
                    path.exists() && read(&path).contains(title)
                }
            };
            if !exists {
                wrong.push(format!("{}: there is no test {test}", row.id));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_test_of_an_attack_carries_an_id_and_stands_in_its_row() {
    let rows = rows(&read(&root().join("docs/attacks.md")));
    let mut wrong = Vec::new();
    for test in suite("tests/it/attacks") {
        let module = test.split("::").next().unwrap_or_default();
        if ["oracle", "table"].contains(&module) {
            continue;
        }
        let Some(id) = id_of(&test) else {
            wrong.push(format!("{test} carries no id of the list"));
            continue;
        };
        let row = rows.iter().find(|row| row.id == id);
        if !row.is_some_and(|row| row.tests.contains(&test)) {
            wrong.push(format!("`{test}` does not stand in the row {id}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_group_has_its_file() {
    for (file, letters, _) in GROUPS.iter().filter(|(file, ..)| *file != "s3p") {
        let path = root().join(format!("tests/it/attacks/{file}.rs"));
        assert!(path.exists(), "{letters}: {}", path.display());
    }
}
