//! The audit after a round: what was answered "complete" is there, and nothing else is.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use longshore::testing::Visitor;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use super::contents::sha256;
use super::{End, File, Site};

/// Holds a visitor's files against what the server lists, and fetches those that were not compared yet.
pub(crate) async fn audit(site: &Site, visitor: &Visitor, files: &mut [File]) {
    let mut rows: HashMap<String, Value> = HashMap::new();
    let visitor = visitor.reconnected();
    for row in listed(&visitor).await {
        let name = row["name"].as_str().unwrap().to_owned();
        if let Some(other) = rows.insert(name, row.clone()) {
            site.broken(format!("one file, two rows: {row} and {other}"));
        }
    }
    for file in files {
        let row = rows.remove(&file.name);
        match (&row, &file.end) {
            (None, Some(End::Complete { .. })) => {
                site.broken(format!("acknowledged and not listed: {file:?}"));
            }
            (Some(row), Some(End::Complete { .. })) => {
                same(site, file, row);
                // Whoever was told in the middle of a blow was perhaps told no address.
                let url = row["url"].as_str().unwrap().to_owned();
                file.end = Some(End::Complete { url });
            }
            // Its answer was lost on the way. It may be there if all of it was sent.
            (Some(row), Some(End::Unknown)) => {
                same(site, file, row);
                if file.sent < file.size() {
                    site.broken(format!("shown, but not all of it was sent: {file:?}"));
                }
                let url = row["url"].as_str().unwrap().to_owned();
                file.id = row["id"].as_str().map(str::to_owned);
                file.end = Some(End::Complete { url });
                site.count(|figures| figures.unheard += 1);
            }
            (Some(row), Some(End::Cancelled)) => {
                site.broken(format!("told that it is cancelled, and shown: {row} {file:?}"));
            }
            (Some(row), None) => site.broken(format!("shown and unfinished: {row} {file:?}")),
            (None, Some(End::Unknown | End::Cancelled) | None) => {}
        }
        if let Some(End::Complete { url }) = &file.end
            && !file.compared
        {
            // Hashing takes longer than the server keeps an idle connection.
            let answer = visitor.reconnected().get(url).await;
            if answer.status != 200 || sha256(&answer.body) != file.sha256() {
                let (status, length) = (answer.status, answer.body.len());
                site.broken(format!("other bytes: {status}, {length} bytes: {file:?}"));
            }
            file.compared = true;
        }
    }
    for row in rows.values() {
        site.broken(format!("shown, and nobody sent it: {row}"));
    }
}

fn same(site: &Site, file: &File, row: &Value) {
    let same = row["sha256"].as_str() == Some(file.sha256())
        && row["size"].as_u64() == Some(file.size())
        && (file.id.is_none() || row["id"].as_str() == file.id.as_deref());
    if !same {
        site.broken(format!("the row is of another file: {row} {file:?}"));
    }
}

/// All stored files of a visitor.
async fn listed(visitor: &Visitor) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let json = visitor.get(&format!("/api/files?limit=500{cursor}")).await.json();
        all.extend(json["files"].as_array().unwrap().iter().cloned());
        match json["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

/// A catalogue in which no page is torn, whatever its disk went through.
pub(crate) fn audit_catalogue(site: &Site, data: &Path) {
    let file = data.join("catalogue.sqlite3");
    let catalogue = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let verdict: String =
        catalogue.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    if verdict != "ok" {
        site.broken(format!("the catalogue is damaged: {verdict}"));
    }
}

/// After the last sweep nothing is left but the stored files: holds the folders against the files' ids.
pub(crate) fn audit_folders<'a>(site: &Site, data: &Path, files: impl Iterator<Item = &'a File>) {
    let there: HashSet<String> = names(&data.join("files")).into_iter().collect();
    let wanted: HashSet<String> =
        files.filter(|file| file.is_complete()).map(|file| file.id.clone().unwrap()).collect();
    for missing in wanted.difference(&there) {
        site.broken(format!("a row without its file: {missing}"));
    }
    for orphan in there.difference(&wanted) {
        site.broken(format!("a file without a row: {orphan}"));
    }
    for left in names(&data.join("spool")) {
        site.broken(format!("left in the spool: {left}"));
    }
}

pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
