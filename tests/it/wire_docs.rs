//! `docs/wire.md` is the contract: it has a heading for every message and names every field and code that
//! the sources declare.

use std::collections::BTreeSet;
use std::path::Path;

use longshore::Code;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The items of a source file that are sent or received: the lines between `{` and `}` of each struct or
/// enum that derives this trait.
fn wire_items(source: &str, derives: &str) -> Vec<(String, Vec<String>)> {
    let mut items = Vec::new();
    let mut derived = false;
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("#[derive(") {
            derived = line.contains(derives);
        }
        let head = line.split_whitespace().skip_while(|word| !["struct", "enum"].contains(word));
        let Some(name) = head.skip(1).map(str::to_owned).next() else { continue };
        if !line.ends_with('{') || line.starts_with(' ') || !std::mem::take(&mut derived) {
            continue;
        }
        let body = lines.by_ref().take_while(|line| *line != "}").map(str::to_owned).collect();
        items.push((name, body));
    }
    items
}

/// The fields of a struct's or a variant's lines.
fn fields(body: &[String]) -> impl Iterator<Item = String> {
    body.iter().filter_map(|line| {
        let (name, _) = line.trim().split_once(": ")?;
        let name = name.rsplit(' ').next()?.trim_start_matches("r#");
        let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        (plain && !line.trim().starts_with("//")).then(|| name.to_owned())
    })
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for (at, c) in name.chars().enumerate() {
        if c.is_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

/// What clients send: the arms of `decode`, and the fields that are read.
fn client() -> (BTreeSet<String>, BTreeSet<String>) {
    let source = read("src/transport/ws/wire/client.rs");
    let quoted = |line: &str| {
        line.trim().strip_prefix('"')?.split_once("\" =>").map(|(kind, _)| kind.to_owned())
    };
    let types = source.lines().filter_map(quoted).collect();
    let mut all: BTreeSet<String> = wire_items(&source, "Deserialize")
        .iter()
        .flat_map(|(_, body)| fields(body).collect::<Vec<_>>())
        .collect();
    // Fields that are read by hand.
    all.extend(
        source.split("get(\"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())),
    );
    (types, all)
}

/// What the server sends: the variants of `ServerMessage`, and every serialised field.
fn server() -> (BTreeSet<String>, BTreeSet<String>) {
    let source = read("src/transport/ws/wire/server.rs");
    let (mut types, mut all) = (BTreeSet::new(), BTreeSet::new());
    for (name, body) in wire_items(&source, "Serialize") {
        all.extend(fields(&body));
        if name == "ServerMessage" {
            let variant = |line: &String| {
                let line = line
                    .strip_prefix("    ")
                    .filter(|line| line.starts_with(char::is_uppercase))?;
                let name = line.split(|c: char| !c.is_alphanumeric()).next()?;
                Some(snake_case(name))
            };
            types.extend(body.iter().filter_map(variant));
        }
    }
    (types, all)
}

#[test]
fn the_sources_are_read_rightly() {
    let (types, fields) = client();
    assert!(
        ["hello", "register", "cancel", "event"].iter().all(|t| types.contains(*t)),
        "{types:?}"
    );
    for field in ["slot", "entries", "ref", "name", "size", "mime", "sha256", "seq", "type"] {
        assert!(fields.contains(field), "{field} in {fields:?}");
    }
    let (types, fields) = server();
    for kind in ["welcome", "registered", "ack", "nack", "progress", "region", "reply", "error"] {
        assert!(types.contains(kind), "{kind} in {types:?}");
    }
    for field in ["ref", "stream", "offset", "max_frame", "loaded", "url", "params", "html"] {
        assert!(fields.contains(field), "{field} in {fields:?}");
    }
}

#[test]
fn every_message_has_its_heading() {
    let document = read("docs/wire.md");
    let headings: BTreeSet<&str> =
        document.lines().filter(|line| line.starts_with("###")).collect();
    for kind in client().0.union(&server().0) {
        assert!(
            headings.contains(&*format!("### `{kind}`")),
            "no heading for `{kind}`: {headings:?}"
        );
    }
}

#[test]
fn every_field_is_explained() {
    let document = read("docs/wire.md");
    let missing: Vec<String> = client()
        .1
        .union(&server().1)
        .filter(|field| !document.contains(&format!("`{field}`")))
        .cloned()
        .collect();
    assert!(missing.is_empty(), "docs/wire.md does not explain {missing:?}");
}

#[test]
fn every_code_is_in_the_table() {
    let document = read("docs/wire.md");
    let in_table = |code: &str| {
        document.lines().any(|line| line.starts_with('|') && line.contains(&format!("`{code}`")))
    };
    let missing: Vec<&str> =
        Code::ALL.iter().map(|code| code.as_str()).filter(|code| !in_table(code)).collect();
    assert!(missing.is_empty(), "docs/wire.md does not list {missing:?}");
}
