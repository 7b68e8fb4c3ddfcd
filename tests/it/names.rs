//! Names that climb, hide, break headers or run scripts: through every door they become one harmless name
//! or a refusal, and never a path.

use serde_json::Value;

use crate::attacks::oracle::Target;
use crate::support::doors::{Outcome, doors_of_few_words, every_door, sent};
use crate::support::{TestApp, Visitor};

/// A row of the attacks (`docs/attacks.md`) or an empty text, a name, and what becomes of it: the name that is shown,
/// or the code of the refusal.
type Named = (&'static str, String, Result<String, &'static str>);

fn names() -> Vec<Named> {
    let ok = |name: &str| Ok(name.to_owned());
    let refused = || Err("invalid_name");
    let (long, emoji) = ("n".repeat(300), "😀".repeat(255));
    let mut names: Vec<Named> = vec![
        ("NAM-14", format!("{long}.txt"), Ok(format!("{}.txt", "n".repeat(251)))),
        ("NAM-14", "n".repeat(255), Ok("n".repeat(255))),
        ("NAM-14", "n".repeat(256), Ok("n".repeat(255))),
        ("NAM-14", "n".repeat(4_096), Ok("n".repeat(255))),
        ("NAM-14", format!("{emoji}.txt"), Ok(format!("{}.txt", "😀".repeat(62)))),
    ];
    let table = [
        ("NAM-01", "../../../../tmp/pwn", ok("pwn")),
        ("NAM-01", "../../pwn", ok("pwn")),
        ("NAM-01", "../../etc/passwd", ok("passwd")),
        ("NAM-02", "/etc/cron.d/x", ok("x")),
        ("NAM-02", "//host/x", ok("x")),
        ("NAM-02", "file:///x", ok("x")),
        ("NAM-03", "..", refused()),
        ("NAM-03", ".", refused()),
        ("NAM-03", "./../.", refused()),
        ("NAM-03", "/..", refused()),
        ("NAM-03", "..\\..", refused()),
        ("NAM-03", "a/", Err("empty_name")),
        ("NAM-03", "", Err("empty_name")),
        ("NAM-03", "  ", Err("empty_name")),
        ("NAM-04", "..\\..\\windows\\win.ini", ok("win.ini")),
        ("NAM-04", "C:\\x.txt", ok("x.txt")),
        ("NAM-04", "C:x", ok("x")),
        ("NAM-04", "\\\\srv\\share\\x", ok("x")),
        ("NAM-04", "\\\\?\\C:\\x", ok("x")),
        ("NAM-05", "a%2f..%2fb", ok("a%2f..%2fb")),
        ("NAM-05", "%2e%2e%2fx", ok("%2e%2e%2fx")),
        ("NAM-05", "..%252fx", ok("%252fx")),
        ("NAM-08", "tab\there.txt", ok("tabhere.txt")),
        ("NAM-08", "line\r\nSet-Cookie: a=b.txt", ok("lineSet-Cookie_ a=b.txt")),
        ("NAM-08", "c1\u{85}\u{9b}.txt", ok("c1.txt")),
        ("NAM-09", "invoice\u{202e}fdp.exe", ok("invoicefdp.exe")),
        ("NAM-09", "\u{202e}", Err("empty_name")),
        ("NAM-09", "a\u{200b}b\u{feff}.txt", ok("ab.txt")),
        ("NAM-11", "CON", ok("_CON")),
        ("NAM-11", "nul.txt", ok("_nul.txt")),
        ("NAM-11", "COM1", ok("_COM1")),
        ("NAM-11", "LPT9.tar.dat", ok("_LPT9.tar.dat")),
        ("NAM-11", "aux ", ok("_aux")),
        ("NAM-11", "CONTROL.txt", ok("CONTROL.txt")),
        ("NAM-13", "shell.php.", ok("shell.php")),
        ("NAM-13", "a.dat ", ok("a.dat")),
        ("NAM-13", ".htaccess", ok("htaccess")),
        ("NAM-13", ".ssh/authorized_keys", ok("authorized_keys")),
        ("NAM-13", "shell.php.jpeg", Err("content_mismatch")),
        ("NAM-13", "shell.php.dat", ok("shell_php.dat")),
        ("NAM-17", "<img src=x onerror=alert(1)>.txt", ok("_img src=x onerror=alert(1)_.txt")),
        ("NAM-17", "\"><svg onload=alert(1)>.txt", ok("___svg onload=alert(1)_.txt")),
        ("NAM-17", "{{7*7}}.txt", ok("{{7_7}}.txt")),
        ("NAM-17", "{% include \"passwd\" %}.txt", ok("{% include _passwd_ %}.txt")),
        ("NAM-17", "${jndi:ldap:x}.txt", ok("${jndi_ldap_x}.txt")),
        ("NAM-18", "javascript:alert(1).txt", ok("javascript_alert(1).txt")),
        ("NAM-18", "=cmd|'calc'!A1.csv", ok("=cmd_'calc'!A1.csv")),
        ("NAM-18", "-rf", ok("-rf")),
        ("NAM-18", "--help", ok("--help")),
        ("NAM-18", "$(id);`id`.txt", ok("$(id);`id`.txt")),
        ("NAM-18", ";id", ok(";id")),
        ("", "a\"; filename=\"x.html.txt", ok("a_; filename=_x.html.txt")),
        ("", "it's; a=b, c.txt", ok("it's; a=b, c.txt")),
        ("", "'; DROP TABLE entries; --.txt", ok("'; DROP TABLE entries; --.txt")),
        ("", "100%.txt", ok("100%.txt")),
        // Honest names from all over the world
        ("", "Übergröße – n\u{303}.txt", ok("Übergröße – ñ.txt")),
        ("", "日本語 文書.txt", ok("日本語 文書.txt")),
        ("", "صورة.txt", ok("صورة.txt")),
    ];
    names.extend(table.map(|(row, name, shown)| (row, name.to_owned(), shown)));
    names
}

/// Everything that shows a stored file shows this name, and its download has one clean header line for it.
pub(crate) async fn is_shown_as(visitor: &Visitor, name: &str) -> Result<(), String> {
    let listed = visitor.listed().await;
    let [file] = &listed[..] else { return Err(format!("{} files", listed.len())) };
    if file["name"] != name {
        return Err(format!("listed as {}", file["name"]));
    }
    let url = file["url"].as_str().unwrap();
    if !url.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~%".contains(&byte)) {
        return Err(format!("its URL is {url}"));
    }
    let answer = visitor.get(url).await;
    if answer.status != 200 {
        return Err(format!("its URL {url} answers {}", answer.status));
    }
    let lines: Vec<_> = answer.headers.get_all("content-disposition").collect();
    let [line] = lines[..] else { return Err(format!("{} dispositions", lines.len())) };
    let Ok(line) = line.to_str() else { return Err(format!("{line:?}")) };
    let (kind, rest) = line.split_once("; filename=\"").ok_or_else(|| line.to_owned())?;
    let (ascii, rest) = rest.split_once('"').ok_or_else(|| line.to_owned())?;
    if !["inline", "attachment"].contains(&kind) || ascii.is_empty() {
        return Err(line.to_owned());
    }
    // Some clients decode percent signs in the plain form, so a name with one is written in both.
    let plain = name.is_ascii() && !name.contains('%');
    let expected_rest = if plain { "" } else { "; filename*=UTF-8''" };
    if !rest.starts_with(expected_rest) || (plain && (ascii != name || !rest.is_empty())) {
        return Err(line.to_owned());
    }
    if answer.header("set-cookie").is_some() {
        return Err("a header came out of the name".to_owned());
    }
    let page = visitor.get("/inbox").await.text();
    if page.contains("<img") || page.contains("<svg") || page.contains("49.txt") {
        return Err(format!("the page runs it: {page}"));
    }
    Ok(())
}

/// Sends the names of a row through every door, each by somebody new, and asserts what becomes of them.
pub(crate) async fn become_harmless(row: &str) {
    let mut wrong = Vec::new();
    let names: Vec<Named> = names().into_iter().filter(|(of, ..)| *of == row).collect();
    assert!(!names.is_empty(), "{row} has no names");
    for door in every_door().into_iter().chain(doors_of_few_words()) {
        let target = Target::start().await;
        for (_, name, shown) in &names {
            let files = [sent(name, "bytes")];
            if !door.can_send("inbox", "any", &files) {
                continue;
            }
            let visitor = target.visitor();
            let outcomes = door.send(&visitor, "inbox", "any", &files).await;
            let what = match (&outcomes[0], shown) {
                (Outcome::Stored(_), Ok(shown)) => is_shown_as(&visitor, shown).await.err(),
                (Outcome::Refused(code), Err(expected)) if code == expected => {
                    (!visitor.listed().await.is_empty()).then(|| "listed".to_owned())
                }
                (outcome, _) => Some(format!("{}, not {shown:?}", outcome.word())),
            };
            if let Some(what) = what {
                wrong.push(format!("{} door, {name:.60?}: {what}", door.name()));
            }
        }
        target.end().await;
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Those that are no attack; the others have tests named after their rows.
#[actix_web::test]
async fn every_name_becomes_the_same_harmless_one_through_every_door() {
    become_harmless("").await;
}

#[actix_web::test]
async fn a_refused_name_is_told_as_text_and_not_at_any_length() {
    let app = TestApp::start().await;
    let long = "<b>".repeat(2_000);
    let form = crate::support::Form::new().file("sized", &long, b"x");
    let json: Value = app.visitor().post("inbox", form).await.json();
    let name = json["errors"][0]["name"].as_str().unwrap();
    assert!(name.len() <= 1_024, "{}", name.len());
    app.end().await;
}

#[actix_web::test]
async fn a_relative_path_that_climbs_is_refused_and_an_honest_one_is_kept() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let mut live = visitor.live("inbox").await;
    let deep = "d/".repeat(1_000) + "a.txt";
    let long = format!("{}/a.txt", "d".repeat(20_000));
    let bad = [
        "a/../../b.txt",
        "../b.txt",
        "/etc/passwd",
        "a//b",
        "a/./b",
        "C:\\x\\y",
        "a/\0/b",
        &deep,
        &long,
    ];
    for (number, path) in bad.iter().enumerate() {
        let facts = serde_json::json!({ "ref": format!("c{number}"), "name": "b.txt", "size": 1,
            "relative_path": path });
        let refused = live.register_as("any", facts).await;
        assert_eq!(refused.unwrap_err(), "invalid_name", "{path:.40}");
    }
    let facts = serde_json::json!({ "ref": "good", "name": "a.txt", "size": 1,
        "relative_path": "holiday/day 1/a.txt" });
    let entry = live.register_as("any", facts).await.unwrap();
    live.write(&entry, b"x").await;
    live.settled("good").await;
    let listed = visitor.listed().await;
    assert_eq!(listed[0]["relative_path"], "holiday/day 1/a.txt");
    assert_eq!(listed[0]["name"], "a.txt");
    drop(live);
    app.end().await;
}
