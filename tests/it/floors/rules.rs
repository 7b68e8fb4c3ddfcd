//! The floors and the house rules, as data and one function.

use super::source::{Named, code, paths, without_tests};

/// The modules of each floor, from the ground up.
const FLOORS: [&[&str]; 8] = [
    &["domain"],
    &["blob", "catalogue", "checks", "folder", "jobs", "lane", "sink"],
    &["engine"],
    &[
        "session",
        "view",
        "mounted",
        "templates",
        "site",
        "assets",
        "uploads",
        "supervisor",
        "webhooks",
    ],
    &["transport"],
    &["pages"],
    &["testing", "fuzz"],
    &["app", "cli", "main", "lib"],
];

/// Files of `transport` that every door may use.
const SHARED_BY_DOORS: [&str; 16] = [
    "address",
    "answer",
    "assets",
    "cors",
    "download",
    "files",
    "handle",
    "identity",
    "intake",
    "multipart",
    "page",
    "peers",
    "rates",
    "socket",
    "tls",
    "turns",
];
/// Who may name the file system. Each of them has its paths from the operator or the application, or makes them of
/// ids of ours: nobody who knows what a client said is among them.
const FILES: [&[&str]; 11] = [
    &["app"],
    &["assets"],
    &["blob"],
    &["catalogue", "sqlite"],
    &["cli"],
    &["folder"],
    &["jobs", "shelf"],
    &["templates"],
    &["testing"],
    &["transport", "tls"],
    &["uploads", "data"],
];
/// Who may start programs, and then without a shell.
const PROGRAMS: [&[&str]; 1] = [&["checks"]];
const NAMELESS: [&str; 5] = ["utils", "common", "helpers", "types", "manager"];
const LONGEST: usize = 400;

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|modules| modules.contains(&module))
}

/// The module path of a file: `engine/mod.rs` and `engine.rs` are both `engine`.
fn module(file: &str) -> Vec<&str> {
    let path = file.trim_end_matches(".rs");
    path.split('/').filter(|part| !["mod", "lib"].contains(part)).collect()
}

pub(super) fn floor_of_file(file: &str) -> Option<usize> {
    module(file).first().map_or(Some(7), |first| floor(first))
}

/// Suites and fakes may use what they test with; they are not part of the program.
fn is_test(module: &[&str]) -> bool {
    module.iter().any(|part| ["tests", "fuzz", "conformance", "faulty"].contains(part))
}

/// What is wrong with a file, each with its place.
pub(super) fn complaints(file: &str, text: &str) -> Vec<String> {
    let module = module(file);
    let whole = code(text);
    let own = if is_test(&module) { "" } else { without_tests(&whole) };
    let mut all = Vec::new();
    let mut complain = |line: usize, what: String| all.push(format!("src/{file}:{line}: {what}"));
    if module.iter().any(|part| NAMELESS.contains(part)) {
        complain(1, "a name that says nothing".to_owned());
    }
    if own.lines().count() > LONGEST {
        complain(LONGEST, format!("more than {LONGEST} lines"));
    }
    // A comment may have strings that look like one; a string may not.
    for (number, (line, code)) in text.lines().zip(whole.lines()).enumerate() {
        let comment = line.find("//").is_some_and(|at| line[at..].contains("TODO"));
        if code.contains("todo!") || (comment && !code.contains('"') && is_comment(line, code)) {
            complain(number + 1, "something is left to do".to_owned());
        }
    }
    let floor = floor_of_file(file).unwrap_or(7);
    for named in paths(own) {
        if let Some(what) = wrong(&module, floor, &named) {
            complain(named.line, format!("{}: {what}", named.path.join("::")));
        }
    }
    all
}

/// True if the line's `//` begins a comment and does not stand in a string.
fn is_comment(line: &str, code: &str) -> bool {
    line.find("//").is_some_and(|at| line[..at].matches('"').count().is_multiple_of(2))
        && code != line
}

/// Why a file of this module may not name this path.
fn wrong(module: &[&str], floor: usize, named: &Named) -> Option<String> {
    let path: Vec<&str> = named.path.iter().map(String::as_str).collect();
    if path == ["super", "*"] {
        return Some("say what is imported".to_owned());
    }
    match absolute(module, &path) {
        Some(path) => wrong_in_crate(module, floor, &path),
        None => wrong_outside(module, floor, &path),
    }
}

/// The path from the crate's root, if it is one of the crate.
fn absolute<'a>(module: &[&'a str], path: &[&'a str]) -> Option<Vec<&'a str>> {
    let mut base = match *path.first()? {
        "crate" => Vec::new(),
        "self" => module.to_vec(),
        "super" => module[..module.len().saturating_sub(1)].to_vec(),
        _ => return None,
    };
    let mut rest = &path[1..];
    while let ["super", more @ ..] = rest {
        base.pop();
        rest = more;
    }
    base.extend(rest);
    Some(base)
}

fn wrong_in_crate(module: &[&str], floor: usize, path: &[&str]) -> Option<String> {
    let own = *module.first()?;
    if own == "main" {
        return None;
    }
    let there = *path.first()?;
    let Some(other) = self::floor(there) else {
        // An item at the crate's root is for our customers: the pages, and what is above them.
        return (floor < 5).then(|| "an item of the crate's root, from below".to_owned());
    };
    if there == own {
        return if own == "transport" { between_doors(module, path) } else { None };
    }
    match floor {
        _ if there == "testing" => Some("the twin is for tests".to_owned()),
        6 if ["transport", "pages"].contains(&there) => {
            Some("the twin speaks to doors and pages as strangers do".to_owned())
        }
        5 => Some("the pages use the public API only".to_owned()),
        4 if other == 1 || other == 2 => Some("doors ask the facade".to_owned()),
        // An open directory is what those who keep files on a disk share.
        1 if there == "folder" || there == "lane" => None,
        1 if other == 1 => Some("the parts of floor 1 do not know each other".to_owned()),
        _ if other > floor => Some(format!("floor {floor} may not use floor {other}")),
        _ => None,
    }
}

fn between_doors(module: &[&str], path: &[&str]) -> Option<String> {
    let (Some(own), Some(other)) = (module.get(1), path.get(1)) else { return None };
    let is_item = other.starts_with(char::is_uppercase) || path.len() == 2 && *other == "resource";
    let fine = own == other || SHARED_BY_DOORS.contains(other) || is_item;
    (!fine).then(|| format!("`{own}` does not know the door `{other}`"))
}

fn wrong_outside(module: &[&str], floor: usize, path: &[&str]) -> Option<String> {
    let root = *path.first()?;
    let socket = ["transport", "ws", "socket"];
    if root == "actix_web_actors" && module != socket {
        return Some("only transport/ws/socket.rs knows that crate".to_owned());
    }
    let actors = ["actix", "actix_rt"].contains(&root);
    let has = |what: &[&str]| path.windows(what.len()).any(|part| part == what);
    let is_one_of = |known: &[&[&str]]| known.iter().any(|known| module.starts_with(known));
    let files = [["std", "fs"], ["tokio", "fs"]].iter().any(|fs| path.starts_with(fs));
    let programs = has(&["process", "Command"]);
    let reason = match floor {
        1.. if files && !is_one_of(&FILES) => "files are for those who make their names",
        _ if programs && !is_one_of(&PROGRAMS) => "no program is started from here",
        0 if root == "tokio" || root == "rusqlite" || actors => "the domain is pure",
        0 if path.starts_with(&["std", "fs"]) => "the domain does no I/O",
        0 if has(&["SystemTime"]) => "the domain has no clock",
        0 if has(&["Uuid", "new_v4"]) || has(&["Uuid", "now_v7"]) => "the domain draws nothing",
        2 if root == "rusqlite" => "the engine knows no SQL",
        2 if path.starts_with(&["std", "fs"]) => "the engine knows no file system",
        0..3 if actors => "actors begin on floor 3",
        0..4 if root.starts_with("actix_") && !actors => "HTTP begins on floor 4",
        _ => return None,
    };
    Some(reason.to_owned())
}
