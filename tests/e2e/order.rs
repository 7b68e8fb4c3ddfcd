//! Rig T6: the order of the system calls behind one answer. What a power cut can take away in between is the order's to
//! decide, and no test that only looks at the outcome sees every place where it might.

use longshore::testing::{Upload, Visitor};

use crate::rig::{Chance, Contents};
use crate::server::Server;
use crate::strace::{Call, Strace};

const CALLS: &str =
    "trace=fdatasync,fsync,syncfs,renameat2,pwritev,pwrite64,write,writev,sendto,sendmsg";

/// Panics unless the bytes, the name, the folder and the row of this entry were made durable one after another before
/// its answer was sent.
fn assert_order(calls: &[Call], id: &str) {
    let said: Vec<&Call> = calls.iter().filter(|call| !call.is("pwrite64")).collect();
    let first = |what: &str, after: usize, wanted: &dyn Fn(&Call) -> bool| -> Call {
        // Two groups may be on their way at a time, and the sync of one cover a file of the other that has its own.
        let found = said.iter().filter(|call| call.begun > after && wanted(call));
        let found = found.min_by_key(|call| call.ended);
        let seen: Vec<String> = said
            .iter()
            .filter(|call| call.is_sync() || call.is("syncfs") || call.is("renameat2"))
            .map(|call| format!("{}..{} {}", call.begun, call.ended, call.text))
            .collect();
        let found =
            found.unwrap_or_else(|| panic!("no {what} behind {after}:\n{}", seen.join("\n")));
        assert!(found.is_done(), "{what} failed: {}", found.text);
        Call::clone(found)
    };
    let written = |name: &str| said.iter().any(|call| call.is("pwritev") && call.is_on(name));
    let part = ["part", "little"].map(|ending| format!("{id}.{ending}"));
    let part = part.into_iter().find(|name| written(name)).expect("it was written");
    let written = said.iter().filter(|call| call.is("pwritev") && call.is_on(&part));
    let written = written.map(|call| call.ended).max().expect("it was written");
    let bytes = first("sync of the bytes", written, &|call| {
        call.is("syncfs") || (call.is_sync() && call.is_on(&part))
    });
    let name = first("rename", bytes.ended, &|call| call.is("renameat2") && call.text.contains(id));
    let folder =
        first("sync of the folder", name.ended, &|call| call.is_sync() && call.is_on("/files"));
    let row = first("commit", folder.ended, &|call| call.is_sync() && call.is_on("-wal"));
    let answers = said.iter().filter(|call| {
        let sends = ["write", "writev", "sendto", "sendmsg"].iter().any(|name| call.is(name));
        let good = [r#"\"status\":\"complete\""#, r#"\"success\":true"#];
        sends && call.text.contains(id) && good.iter().any(|words| call.text.contains(words))
    });
    let answer = answers.map(|call| call.begun).min().expect("it was answered");
    assert!(row.ended < answer, "answered at {answer}, before {row:?}");
    let renames = said.iter().filter(|call| call.is("renameat2") && call.text.contains(id)).count();
    assert_eq!(renames, 1, "it was renamed {renames} times");
}

#[actix_web::test]
async fn bytes_name_folder_and_row_are_durable_before_the_answer() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let visitor = Visitor::at(&server.url);
    visitor.get("/").await;
    let bytes = Contents::new(&mut Chance::new(6), 900_000).all();
    let strace = Strace::attach(&server, &["-e", CALLS]);

    let stored = visitor.store("files", "files", Upload::bytes("form.bin", &bytes)).await;
    let mut page = visitor.live("files").await;
    let file = page.select("files", Upload::bytes("live.bin", &bytes)).await.unwrap();
    page.send_all(&file).await;
    assert!(page.settled(&file).await.is_complete());

    // What is little goes a way of its own.
    let little =
        visitor.store("files", "files", Upload::bytes("little.bin", &bytes[..9_000])).await;
    let swift = page.select("files", Upload::bytes("swift.bin", &bytes[..9_000])).await.unwrap();
    page.send_all(&swift).await;
    assert!(page.settled(&swift).await.is_complete());

    // And what comes together has a sync together, where that is known to be good and the disk has little else to do.
    let mut many = Vec::new();
    for number in 0..24 {
        let upload = Upload::bytes(format!("many {number}.bin"), &bytes[number..9_000]);
        many.push(page.select("files", upload).await.unwrap());
    }
    for file in &many {
        page.send_all(file).await;
    }
    for file in &many {
        assert!(page.settled(file).await.is_complete());
    }

    let calls = strace.detach();
    for id in [&stored["id"], &little["id"]] {
        assert_order(&calls, id.as_str().unwrap());
    }
    for file in [&file, &swift].into_iter().chain(&many) {
        assert_order(&calls, &file.id);
    }
}
