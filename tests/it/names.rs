//! Names that climb, hide, break headers or run scripts: through both doors they become one harmless name
//! or a refusal, and never a path.

use serde_json::Value;

use crate::support::doors::{Outcome, every_door, sent};
use crate::support::{TestApp, Visitor};

/// A name, and what becomes of it: the name that is shown, or the code of the refusal.
fn names() -> Vec<(String, Result<String, &'static str>)> {
    let ok = |name: &str| Ok(name.to_owned());
    let long = "n".repeat(300);
    let emoji = "😀".repeat(255);
    let mut names: Vec<(String, Result<String, &'static str>)> = vec![
        (format!("{long}.txt"), Ok(format!("{}.txt", "n".repeat(251)))),
        (long, Ok("n".repeat(255))),
        (format!("{emoji}.txt"), Ok(format!("{}.txt", "😀".repeat(62)))),
    ];
    let table = [
        // Paths
        ("../../etc/passwd", ok("passwd")),
        ("../../../../tmp/pwn", ok("pwn")),
        ("/etc/cron.d/x", ok("x")),
        ("//host/x", ok("x")),
        ("file:///x", ok("x")),
        ("C:\\x", ok("x")),
        ("C:x", ok("x")),
        ("..\\..\\windows\\win.ini", ok("win.ini")),
        ("\\\\srv\\share\\x", ok("x")),
        ("\\\\?\\C:\\x", ok("x")),
        ("a%2f..%2fb", ok("a%2f..%2fb")),
        ("%2e%2e%2fx", ok("%2e%2e%2fx")),
        ("..%252fx", ok("%252fx")),
        ("..", Err("invalid_name")),
        (".", Err("invalid_name")),
        ("./../.", Err("invalid_name")),
        ("/..", Err("invalid_name")),
        ("..\\..", Err("invalid_name")),
        ("a/", Err("empty_name")),
        ("", Err("empty_name")),
        ("  ", Err("empty_name")),
        ("\u{202e}", Err("empty_name")),
        // Devices
        ("CON", ok("_CON")),
        ("nul.txt", ok("_nul.txt")),
        ("COM1", ok("_COM1")),
        ("LPT9.tar.dat", ok("_LPT9.tar.dat")),
        ("aux ", ok("_aux")),
        ("CONTROL.txt", ok("CONTROL.txt")),
        // Ends
        ("shell.php.", ok("shell.php")),
        ("a.dat ", ok("a.dat")),
        (".htaccess", ok("htaccess")),
        (".ssh/authorized_keys", ok("authorized_keys")),
        ("shell.php.jpeg", Err("content_mismatch")),
        ("shell.php.dat", ok("shell_php.dat")),
        // What can't be seen
        ("invoice\u{202e}fdp.exe", ok("invoicefdp.exe")),
        ("a\u{200b}b\u{feff}.txt", ok("ab.txt")),
        ("tab\there.txt", ok("tabhere.txt")),
        ("line\r\nSet-Cookie: a=b.txt", ok("lineSet-Cookie_ a=b.txt")),
        ("c1\u{85}\u{9b}.txt", ok("c1.txt")),
        // Quotes, markup, templates, shells
        ("a\"; filename=\"x.html.txt", ok("a_; filename=_x.html.txt")),
        ("it's; a=b, c.txt", ok("it's; a=b, c.txt")),
        ("<img src=x onerror=alert(1)>.txt", ok("_img src=x onerror=alert(1)_.txt")),
        ("\"><svg onload=alert(1)>.txt", ok("___svg onload=alert(1)_.txt")),
        ("{{7*7}}.txt", ok("{{7_7}}.txt")),
        ("${jndi:ldap:x}.txt", ok("${jndi_ldap_x}.txt")),
        ("javascript:alert(1).txt", ok("javascript_alert(1).txt")),
        ("-rf", ok("-rf")),
        ("$(id);`id`.txt", ok("$(id);`id`.txt")),
        ("'; DROP TABLE entries; --.txt", ok("'; DROP TABLE entries; --.txt")),
        ("100%.txt", ok("100%.txt")),
        // Honest names from all over the world
        ("Übergröße – n\u{303}.txt", ok("Übergröße – ñ.txt")),
        ("日本語 文書.txt", ok("日本語 文書.txt")),
        ("صورة.txt", ok("صورة.txt")),
    ];
    names.extend(table.map(|(name, shown)| (name.to_owned(), shown)));
    names
}

/// Everything that shows a stored file shows this name, and its download has one clean header line for it.
async fn is_shown_as(visitor: &Visitor, name: &str) -> Result<(), String> {
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

#[actix_web::test]
async fn every_name_becomes_the_same_harmless_one_through_every_door() {
    let mut wrong = Vec::new();
    for door in every_door() {
        let app = TestApp::start().await;
        for (name, shown) in names() {
            let visitor = app.visitor();
            let outcomes = door.send(&visitor, "inbox", "any", &[sent(&name, "bytes")]).await;
            let what = match (&outcomes[0], &shown) {
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
        app.end().await;
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[actix_web::test]
async fn a_name_with_nul_is_refused_by_every_door() {
    for door in every_door() {
        let app = TestApp::start().await;
        let visitor = app.visitor();
        for name in ["a.png\0.php", "\0", "a\0"] {
            let outcomes = door.send(&visitor, "inbox", "any", &[sent(name, "bytes")]).await;
            // In a form NUL already breaks the header of its part.
            let code = outcomes[0].word();
            assert!(["invalid_name", "invalid_message"].contains(&code), "{}: {code}", door.name());
        }
        assert!(visitor.listed().await.is_empty());
        app.is_alive().await;
        app.end().await;
    }
}

#[actix_web::test]
async fn control_characters_are_taken_out_or_refused() {
    let app = TestApp::start().await;
    for door in every_door() {
        let visitor = app.visitor();
        let name = "bell\u{7}esc\u{1b}[31m\u{7f}.txt";
        let outcomes = door.send(&visitor, "inbox", "any", &[sent(name, "bytes")]).await;
        match outcomes[0].word() {
            "stored" => is_shown_as(&visitor, "bellesc[31m.txt").await.unwrap(),
            // They are no part of a header, so the form can't be read.
            code => assert_eq!((door.name(), code), ("form", "invalid_message")),
        }
    }
    app.end().await;
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

#[actix_web::test]
async fn of_two_names_in_a_part_one_counts_and_is_made_safe() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let part = "Content-Disposition: form-data; name=\"any\"; filename=\"a.txt\"; \
                filename*=UTF-8''..%2f..%2fb.php";
    visitor.post("inbox", crate::support::Form::new().part(part, b"x")).await;
    assert_eq!(visitor.listed().await[0]["name"], "a.txt");
    app.end().await;
}
