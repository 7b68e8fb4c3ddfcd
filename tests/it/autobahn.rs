//! Autobahn's suite for RFC 6455, wstest 0.8.2, against the guard and the socket of live pages, by an echo.
//!
//! wstest is a program for Python 2.7, which not everybody has, so this test is run by `scripts/test`, which installs
//! it, and by `scripts/soak --only autobahn`.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use longshore::testing::{TestServer, raw};
use serde::Deserialize;
use serde_json::json;
use tokio::process::Command;

/// Where wstest is.
const WSTEST: &str = "AUTOBAHN_WSTEST";
/// 9 measures speed and asks for messages of 16 MiB, where ours have one; 12 and 13 are about compression, which isn't
/// spoken here and is never agreed to.
const LEFT_OUT: [&str; 3] = ["9.*", "12.*", "13.*"];
/// More cases to leave out, with commas between them: the suite waits a lot.
const BUT: &str = "AUTOBAHN_BUT";
/// As many cases as are left of 0.8.2.
const CASES: usize = 247;
/// Longer than any run of it.
const PATIENCE: Duration = Duration::from_secs(900);

/// Cases that end otherwise than `OK`, how, and why that is as it should be.
const NOT_STRICT: &[(&str, &str, &str)] = &[
    ("6.4.1", "NON-STRICT", LATE),
    ("6.4.2", "NON-STRICT", LATE),
    ("6.4.3", "NON-STRICT", LATE),
    ("6.4.4", "NON-STRICT", LATE),
];
const LATE: &str =
    "text that isn't UTF-8 is refused when its message is whole, and not at its first wrong byte";

/// The connection of these ends by the other side, which cuts it half a second after it was told why. We wait a second
/// for what is still on its way to us, because a connection that is closed before that is reset, and then our reason may
/// be lost. The suite prefers the server to be the first.
const CLOSED_BY_CLIENT: &str = "6.";

/// How one case ended.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Verdict {
    behavior: String,
    behavior_close: String,
}

#[actix_web::test]
#[ignore = "wants Autobahn's wstest, which scripts/test installs"]
async fn every_case_of_autobahn_ends_as_it_should() {
    let server = TestServer::start_with_routes(|uploads| uploads, raw::echo).await;
    let url = format!("ws://{}/echo", server.address());
    let shorter = std::env::var(BUT).unwrap_or_default();
    let left_out: Vec<&str> =
        LEFT_OUT.into_iter().chain(shorter.split(',').filter(|it| !it.is_empty())).collect();
    let mut cases = judged(&url, &["*"], &left_out).await;
    match shorter.is_empty() {
        true => assert_eq!(cases.len(), CASES, "other cases than those of 0.8.2"),
        false => assert!(cases.len() > CASES / 3, "only {} cases", cases.len()),
    }
    // Both sides wait a second for each other, and a machine that stalls decides who is first: such a case is asked again.
    let late = cases.iter().filter(|(case, verdict)| is_late(verdict) && !closes(case, verdict));
    let late: Vec<String> = late.map(|(case, _)| case.clone()).collect();
    if !late.is_empty() {
        let again: Vec<&str> = late.iter().map(String::as_str).collect();
        cases.extend(judged(&url, &again, &[]).await);
    }
    let mut wrong = Vec::new();
    for (case, verdict) in &cases {
        let known = NOT_STRICT.iter().find(|(known, ..)| known == case);
        let expected = known.map_or("OK", |(_, expected, _)| expected);
        let informs = verdict.behavior == "INFORMATIONAL";
        if (verdict.behavior != expected && !informs) || !closes(case, verdict) {
            wrong.push(format!("{case}: {verdict:?}, expected {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    println!("{} cases of Autobahn ended as they should", cases.len());
    server.end().await;
}

/// What the suite says of these cases.
async fn judged(url: &str, cases: &[&str], left_out: &[&str]) -> BTreeMap<String, Verdict> {
    let wstest =
        std::env::var_os(WSTEST).unwrap_or_else(|| panic!("{WSTEST} says where wstest is"));
    let folder = tempfile::tempdir().unwrap();
    let spec = json!({
        "outdir": "reports",
        "servers": [{ "agent": "longshore", "url": url, "options": { "version": 18 } }],
        "cases": cases,
        "exclude-cases": left_out,
        "exclude-agent-cases": {},
    });
    std::fs::write(folder.path().join("spec.json"), spec.to_string()).unwrap();
    let running = Command::new(wstest)
        .args(["--mode", "fuzzingclient", "--spec", "spec.json"])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE, running).await.expect("it ends").unwrap();
    let said = || String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "wstest: {}", said());
    let report = std::fs::read(folder.path().join("reports/index.json"));
    let report = report.unwrap_or_else(|error| panic!("no report: {error}: {}", said()));
    let mut all: BTreeMap<String, BTreeMap<String, Verdict>> =
        serde_json::from_slice(&report).unwrap();
    all.remove("longshore").expect("our report")
}

/// Whether the other side was the first to end the connection.
fn is_late(verdict: &Verdict) -> bool {
    verdict.behavior_close == "FAILED BY CLIENT"
}

/// Whether the connection ended as the case has it.
fn closes(case: &str, verdict: &Verdict) -> bool {
    match &*verdict.behavior_close {
        "OK" | "INFORMATIONAL" => true,
        _ => is_late(verdict) && case.starts_with(CLOSED_BY_CLIENT),
    }
}
