//! `docs/parity.md` says what the systems do that we start from, and which test proves that we do it too. A table that
//! names a test which isn't there is worse than none: whoever reads it stops looking.

use std::path::Path;

/// One row: its name and the tests that it calls upon, each as `file: test`.
#[derive(Debug)]
struct Row {
    id: String,
    proofs: Vec<(String, String)>,
}

/// The source of a file of the repository, if it is there.
fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).ok()
}

/// The code spans of a cell that look like `file: test`.
fn proofs(cell: &str) -> Vec<(String, String)> {
    let spans = cell.split('`').skip(1).step_by(2);
    let pairs = spans.filter_map(|span| span.split_once(": "));
    pairs.map(|(file, test)| (file.to_owned(), test.to_owned())).collect()
}

fn is_id(word: &str) -> bool {
    let Some((kind, number)) = word.split_once('-') else { return false };
    let digits = number.len() == 2 && number.bytes().all(|byte| byte.is_ascii_digit());
    kind.len() == 2 && kind.bytes().all(|byte| byte.is_ascii_uppercase()) && digits
}

/// Every line of a table that begins with an id.
fn rows(document: &str, wrong: &mut Vec<String>) -> Vec<Row> {
    let mut rows = Vec::new();
    for line in document.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let id = cells[0];
        if !is_id(id) {
            if !["id", "---"].contains(&id) {
                wrong.push(format!("`{id}` is no id: {line}"));
            }
            continue;
        }
        if cells.len() != 4 || cells.iter().any(|cell| cell.is_empty()) {
            wrong.push(format!("{id} has {} cells, or an empty one", cells.len()));
        }
        let proofs = proofs(cells.last().unwrap_or(&""));
        rows.push(Row { id: id.to_owned(), proofs });
    }
    rows
}

/// Whether a Rust source has this function under an attribute that makes it a test which runs.
fn has_rust_test(source: &str, name: &str) -> bool {
    const ATTRIBUTES: [&str; 4] =
        ["#[test]", "#[tokio::test", "#[actix_web::test", "#[actix::test"];
    let (mut is_test, mut is_ignored) = (false, false);
    for line in source.lines().map(str::trim) {
        if line.starts_with("#[") {
            is_test |= ATTRIBUTES.iter().any(|attribute| line.starts_with(attribute));
            is_ignored |= line.starts_with("#[ignore");
        } else if !line.is_empty() && !line.starts_with("//") {
            let function = line.split_once("fn ").map(|(_, rest)| rest);
            let found = function.and_then(|rest| rest.strip_prefix(name));
            if is_test && !is_ignored && found.is_some_and(|rest| rest.starts_with('(')) {
                return true;
            }
            (is_test, is_ignored) = (false, false);
        }
    }
    false
}

/// Whether a JavaScript source declares a test or a scene with exactly this title.
fn has_js_test(source: &str, title: &str) -> bool {
    source.lines().map(str::trim_start).any(|line| {
        let declared = ["test(", "scene(", "set.scene("].iter().find_map(|f| line.strip_prefix(f));
        declared.is_some_and(|rest| {
            let quote = rest.chars().next().unwrap_or(' ');
            let rest = rest[quote.len_utf8()..].strip_prefix(title);
            "'\"`".contains(quote) && rest.is_some_and(|rest| rest.starts_with(quote))
        })
    })
}

/// Whether a file of the repository has this test; otherwise why not.
fn proven(
    file: &str,
    test: &str,
    read: &impl Fn(&str) -> Option<String>,
) -> Result<(), &'static str> {
    let source = read(file).ok_or("there is no such file")?;
    let found = match file.rsplit_once('.').map(|(_, extension)| extension) {
        Some("rs") => has_rust_test(&source, test),
        Some("mjs") => has_js_test(&source, test),
        _ => return Err("tests are in .rs and .mjs files"),
    };
    found.then_some(()).ok_or("there is no such test in it")
}

/// Each kind of row counts 01, 02, 03, …
fn count(rows: &[Row], wrong: &mut Vec<String>) {
    let mut last = String::new();
    let mut number = 0;
    for Row { id, .. } in rows {
        let kind = &id[..2];
        number = if kind == last { number + 1 } else { 1 };
        if *id != format!("{kind}-{number:02}") {
            wrong.push(format!("{id} stands where {kind}-{number:02} is expected"));
        }
        kind.clone_into(&mut last);
    }
    let mut kinds: Vec<&str> = rows.iter().map(|row| &row.id[..2]).collect();
    kinds.dedup();
    let blocks = kinds.len();
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.len() != blocks {
        wrong.push("rows of one kind stand in two places".to_owned());
    }
}

/// Files that the document links to, without its own headings.
fn links(document: &str) -> impl Iterator<Item = &str> {
    let targets = document.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let files = targets.map(|target| target.split('#').next().unwrap_or_default());
    files.filter(|file| !file.is_empty())
}

/// What is wrong with the table, in sentences.
fn check(document: &str, read: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut wrong = Vec::new();
    let rows = rows(document, &mut wrong);
    count(&rows, &mut wrong);
    for Row { id, proofs } in &rows {
        if proofs.is_empty() {
            wrong.push(format!("{id} has no proof"));
        }
        for (file, test) in proofs {
            if let Err(why) = proven(file, test, &read) {
                wrong.push(format!("{id}: {file}: {test}: {why}"));
            }
        }
    }
    for link in links(document) {
        if read(&format!("docs/{link}")).is_none() {
            wrong.push(format!("the link {link} leads nowhere"));
        }
    }
    let last = document.lines().last().unwrap_or_default();
    if last != format!("{} rows.", rows.len()) {
        wrong.push(format!("the last line is `{last}`, and there are {} rows", rows.len()));
    }
    wrong
}

#[test]
fn every_row_names_tests_that_exist() {
    let document = read("docs/parity.md").unwrap();
    let wrong = check(&document, read);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    for kind in ["PV", "DJ", "DC", "RX", "FL", "WK"] {
        assert!(document.contains(&format!("| {kind}-01 |")), "the table of {kind} is there");
    }
}

/// Two rows that are right, over two files.
const RIGHT: &str = "[guide](guide.md)\n\n| id | theirs | ours | proof |\n| --- | --- | --- | --- |\n\
    | AA-01 | a | b | `a.rs: it_holds`, `a.rs: it_waits` |\n\
    | BB-01 | a | b | `b.mjs: it's there`<br>`b.mjs: ${at}: it stays` |\n\n2 rows.\n";

fn sources(path: &str) -> Option<String> {
    let source = match path {
        "a.rs" => {
            "#[test]\nfn it_holds() {}\n\n#[actix_web::test]\n// A comment.\n\nasync fn it_waits() {}\n\
             fn helper() {}\n#[test]\n#[ignore]\nfn it_sleeps() {}\n// #[test]\n// fn it_was() {}\n"
        }
        "b.mjs" => {
            "test(\"it's there\", () => {});\n  set.scene(`${at}: it stays`, () => {});\n\
             test.skip('it sleeps', () => {});\n// test('it was', () => {});\nrun('it runs');\n"
        }
        "docs/guide.md" => "",
        _ => return None,
    };
    Some(source.to_owned())
}

#[test]
fn a_table_that_is_right_passes() {
    assert_eq!(check(RIGHT, sources), Vec::<String>::new());
}

#[test]
fn a_table_that_claims_too_much_is_refused() {
    for (right, instead, sentence) in [
        ("a.rs: it_holds", "a.rs: it_hold", "there is no such test in it"),
        ("a.rs: it_holds", "a.rs: it_holds_more", "there is no such test in it"),
        ("a.rs: it_holds", "a.rs: helper", "there is no such test in it"),
        ("a.rs: it_holds", "a.rs: it_sleeps", "there is no such test in it"),
        ("a.rs: it_holds", "a.rs: it_was", "there is no such test in it"),
        ("a.rs: it_holds", "c.rs: it_holds", "there is no such file"),
        ("a.rs: it_holds", "docs/guide.md: it_holds", "tests are in .rs and .mjs files"),
        ("b.mjs: it's there", "b.mjs: it's", "there is no such test in it"),
        ("b.mjs: it's there", "b.mjs: it sleeps", "there is no such test in it"),
        ("b.mjs: it's there", "b.mjs: it was", "there is no such test in it"),
        ("b.mjs: it's there", "b.mjs: it runs", "there is no such test in it"),
        ("`a.rs: it_holds`, `a.rs: it_waits`", "by hand", "AA-01 has no proof"),
        ("AA-01", "AA-02", "AA-02 stands where AA-01 is expected"),
        ("BB-01", "AA-01", "AA-01 stands where AA-02 is expected"),
        ("AA-01", "AA-1", "`AA-1` is no id"),
        ("| a | b | `b", "| a | `b", "BB-01 has 3 cells"),
        ("2 rows.", "3 rows.", "the last line is `3 rows.`, and there are 2 rows"),
        ("(guide.md)", "(guides.md)", "the link guides.md leads nowhere"),
    ] {
        assert!(RIGHT.contains(right), "{right}");
        let wrong = check(&RIGHT.replacen(right, instead, 1), sources);
        assert!(wrong.iter().any(|one| one.contains(sentence)), "{instead}: {wrong:?}");
    }
}
