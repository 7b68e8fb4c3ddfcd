//! `docs/protocols.md` names files and tests that exist, and has a row for each rule.

use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// As many rules as each group has.
const GROUPS: [(&str, usize); 13] = [
    ("C-OPT", 7),
    ("C-VER", 4),
    ("C-HEAD", 9),
    ("C-PAT", 23),
    ("C-OVR", 4),
    ("CR", 16),
    ("CD", 8),
    ("CU", 8),
    ("EX", 6),
    ("CK", 10),
    ("TE", 7),
    ("CO", 18),
    ("MI", 5),
];

#[test]
fn every_rule_of_tus_has_a_row_with_a_test_that_carries_its_id() {
    let text = read("docs/protocols.md");
    let tus = text.split("## tus 1.0.0").nth(1).expect("a part about tus");
    let rows: Vec<Vec<&str>> = tus
        .lines()
        .filter(|line| line.starts_with("| ") && line.matches('|').count() == 5)
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let rules = GROUPS
        .iter()
        .flat_map(|(group, count)| (1..=*count).map(move |number| format!("{group}-{number:02}")));
    for rule in rules {
        let row = rows.iter().find(|row| row[0] == rule);
        let row = row.unwrap_or_else(|| panic!("there is no row for {rule}"));
        assert_eq!(row.len(), 4, "{rule}: a row has a rule, what holds, files and tests");
        for file in row[2].split(',').map(|file| file.trim().trim_matches('`')) {
            let place = if file == "cors.rs" { "src/transport" } else { "src/transport/tus" };
            read(&format!("{place}/{file}"));
        }
        for test in row[3].split(',').map(str::trim) {
            let (unit, name) = match test.strip_prefix("unit ") {
                Some(name) => (true, name),
                None => (false, test),
            };
            let (module, name) =
                name.trim_matches('`').split_once("::").unwrap_or_else(|| panic!("{rule}: {test}"));
            let place = if unit { "src/transport/tus" } else { "tests/it/tus" };
            let source = read(&format!("{place}/{module}.rs"));
            let at = source.find(&format!("fn {name}()"));
            let at = at.unwrap_or_else(|| panic!("{rule}: there is no test {test}"));
            // Its comment stands right above it.
            let comment = source[..at].rsplit("\n\n").next().unwrap_or_default();
            assert!(comment.contains(&rule), "{rule}: {test} does not say that it is about it");
        }
    }
}
