//! One table of violations, run through every door: the same rule has the same code everywhere. Those that break a rule
//! are an attack (`SIZ-21`), those that only look so are tried here.

use longshore::testing::samples::{gif, html, jpeg, pdf, png, program, sha256, svg, text};

use crate::support::doors::{Door, Outcome, doors_of_few_words, every_door, sent};
use crate::support::{TestApp, Upload};

/// What is sent together into a slot, and what must become of each file.
pub(crate) struct Row {
    what: &'static str,
    slot: &'static str,
    files: Vec<Upload>,
    expected: &'static [&'static str],
}

fn row(
    what: &'static str,
    slot: &'static str,
    files: Vec<Upload>,
    expected: &'static [&'static str],
) -> Row {
    Row { what, slot, files, expected }
}

/// Violations, and the codes with which they are refused.
pub(crate) fn violations() -> Vec<Row> {
    let jpg = "image/jpeg";
    vec![
        row("another extension", "pictures", vec![sent("a.gif", gif())], &["not_accepted"]),
        row("no extension", "pictures", vec![sent("README", "text")], &["not_accepted"]),
        row(
            "a claimed type against a list of extensions",
            "pictures",
            vec![sent("a.txt", jpeg(50)).of_type(jpg)],
            &["not_accepted"],
        ),
        row("one byte too many", "sized", vec![sent("a.txt", text(101))], &["too_large"]),
        row("far too large", "sized", vec![sent("a.txt", text(300_000))], &["too_large"]),
        row("one byte too few", "sized", vec![sent("a.txt", text(9))], &["too_small"]),
        row("empty where bytes are wanted", "sized", vec![sent("a.txt", "")], &["too_small"]),
        row(
            "a third file where two may be",
            "pair",
            vec![sent("1.txt", "1"), sent("2.txt", "2"), sent("3.txt", "3")],
            &["stored", "stored", "too_many_files"],
        ),
        row(
            "together too large",
            "total",
            vec![sent("1.txt", text(100)), sent("2.txt", text(60)), sent("3.txt", text(50))],
            &["stored", "total_too_large", "stored"],
        ),
        row(
            "a program called photo.jpg",
            "pictures",
            vec![sent("photo.jpg", program()).of_type(jpg)],
            &["content_mismatch"],
        ),
        row(
            "a web page called photo.png",
            "pictures",
            vec![sent("photo.png", html()).of_type("image/png")],
            &["content_mismatch"],
        ),
        row(
            "text that only claims to be an image",
            "wild",
            vec![sent("photo", text(500)).of_type("image/png")],
            &["content_mismatch"],
        ),
        row("an SVG image", "any", vec![sent("a.svg", svg())], &["active_content"]),
        row("a web page", "any", vec![sent("a.html", html())], &["active_content"]),
        row(
            "a web page called notes.txt",
            "any",
            vec![sent("notes.txt", html())],
            &["active_content"],
        ),
        row(
            "a web page by its type",
            "any",
            vec![sent("page.bin", "x").of_type("text/html")],
            &["active_content"],
        ),
        row("no name", "any", vec![sent("", "bytes")], &["empty_name"]),
        row("spaces for a name", "any", vec![sent("   ", "bytes")], &["empty_name"]),
        row("two dots", "any", vec![sent("..", "bytes")], &["invalid_name"]),
        row("a slot that isn't there", "nowhere", vec![sent("a.txt", "x")], &["unknown_slot"]),
        row("a slot's name that climbs", "../any", vec![sent("a.txt", "x")], &["unknown_slot"]),
        row(
            "a bad file among good ones",
            "pictures",
            vec![sent("1.png", png()), sent("2.jpg", program()), sent("3.jpg", jpeg(9_000))],
            &["stored", "content_mismatch", "stored"],
        ),
        row(
            "four bad files, each in its own way, and a good one",
            "sized",
            vec![
                sent("1.gif", gif()),
                sent("2.txt", text(101)),
                sent("3.txt", "x"),
                sent("", text(20)),
                sent("5.txt", text(50)),
            ],
            &["not_accepted", "too_large", "too_small", "empty_name", "stored"],
        ),
    ]
}

/// What must pass, because it only looks like a violation.
fn what_is_allowed() -> Vec<Row> {
    vec![
        row("an empty text", "any", vec![sent("empty.txt", "")], &["stored"]),
        row("one byte", "any", vec![sent("one.txt", "1")], &["stored"]),
        row("exactly the maximum", "sized", vec![sent("a.txt", text(100))], &["stored"]),
        row("exactly the minimum", "sized", vec![sent("a.txt", text(10))], &["stored"]),
        row(
            "exactly the total",
            "total",
            vec![sent("1.txt", text(100)), sent("2.txt", text(50))],
            &["stored", "stored"],
        ),
        row("upper case", "pictures", vec![sent("A.JPG", jpeg(100))], &["stored"]),
        row(
            "an extension and a type in one list",
            "mixed",
            vec![sent("a.pdf", pdf()), sent("b.png", png()).of_type("image/png")],
            &["stored", "stored"],
        ),
        row(
            "a wildcard",
            "wild",
            vec![sent("a.gif", gif()).of_type("image/gif"), sent("b", png()).of_type("image/png")],
            &["stored", "stored"],
        ),
        row(
            "active content where it is wanted",
            "active",
            vec![sent("a.svg", svg()), sent("b.html", html())],
            &["stored", "stored"],
        ),
        row("a program in a slot for anything", "any", vec![sent("a.exe", program())], &["stored"]),
        row("many pieces", "any", vec![sent("a.txt", text(700_001))], &["stored"]),
        row(
            "names that differ in case, and equal ones",
            "any",
            vec![sent("a.txt", "1"), sent("A.txt", "2"), sent("a.txt", "3")],
            &["stored", "stored", "stored"],
        ),
    ]
}

/// Runs rows through one door into one page, each for a visitor of its own, and collects what is wrong.
async fn run(door: &dyn Door, page: &str, rows: Vec<Row>) -> Vec<String> {
    let app = TestApp::start().await;
    let mut wrong = Vec::new();
    for Row { what, slot, files, expected } in rows {
        if !door.can_send(page, slot, &files) {
            continue;
        }
        let visitor = app.visitor();
        let outcomes = door.send(&visitor, page, slot, &files).await;
        let words: Vec<&str> = outcomes.iter().map(Outcome::word).collect();
        if words != expected {
            wrong.push(format!("{} door: {what}: {words:?}, not {expected:?}", door.name()));
            continue;
        }
        let mut listed: Vec<(String, String)> = Vec::new();
        for file in visitor.listed().await {
            let bytes = visitor.get(file["url"].as_str().unwrap()).await.body;
            listed.push((file["name"].as_str().unwrap().to_owned(), sha256(&bytes)));
        }
        let mut stored: Vec<(String, String)> = files
            .iter()
            .zip(expected)
            .filter(|(_, word)| **word == "stored")
            .map(|(file, _)| (file.name().to_owned(), sha256(file.contents())))
            .collect();
        listed.sort();
        stored.sort();
        if listed != stored {
            wrong.push(format!("{} door: {what}: listed is {listed:?}", door.name()));
        }
    }
    if door.leaves_chunks() {
        app.clock().advance(std::time::Duration::from_secs(48 * 3_600));
        app.sweep().await;
    }
    app.end().await;
    wrong
}

pub(crate) async fn run_everywhere(page: &str, rows: fn() -> Vec<Row>) {
    let mut wrong = Vec::new();
    for door in every_door().into_iter().chain(doors_of_few_words()) {
        wrong.extend(run(&*door, page, rows()).await);
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[actix_web::test]
async fn what_a_slot_allows_passes_every_door_unchanged() {
    run_everywhere("inbox", what_is_allowed).await;
}

#[actix_web::test]
async fn what_a_slot_allows_passes_on_a_page_that_saves_later() {
    run_everywhere("desk", what_is_allowed).await;
}
