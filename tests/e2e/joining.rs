//! CO-16: the process is killed while it joins the parts of a tus upload.

use std::path::Path;

use actix_web::http::Method;
use longshore::testing::{Answer, Visitor, within};

use crate::rig::{World, names, sha256};

const TUS: (&str, &str) = ("tus-resumable", "1.0.0");
const BYTES: (&str, &str) = ("content-type", "application/offset+octet-stream");
const PART: usize = 24 << 20;

/// How far a joined file has come when the blow falls.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// So many bytes of it are in the spool.
    Spooled(u64),
    /// It has its final name.
    Published,
}

impl Moment {
    fn has_come(self, data: &Path) -> bool {
        let files = names(&data.join("files"));
        match self {
            Self::Spooled(bytes) => !files.is_empty() || largest(data) >= Some(bytes),
            Self::Published => !files.is_empty(),
        }
    }
}

/// The length of the third unfinished file: the other two are the parts.
fn largest(data: &Path) -> Option<u64> {
    let spool = data.join("spool");
    let sessions = names(&spool).into_iter().map(|session| spool.join(session));
    let files = sessions.flat_map(|session| {
        // A session's folder goes with its last file.
        let files = std::fs::read_dir(session).into_iter().flatten();
        files
            .filter_map(|file| file.ok()?.metadata().ok())
            .map(|file| file.len())
            .collect::<Vec<_>>()
    });
    let mut lengths: Vec<u64> = files.collect();
    // Until it is longer than a part, the joined file is the one that is not as long as they are.
    let at = |wanted: u64, lengths: &[u64]| lengths.iter().position(|length| *length == wanted);
    for _ in 0..2 {
        if let Some(part) = at(PART as u64, &lengths) {
            lengths.swap_remove(part);
        }
    }
    lengths.into_iter().max()
}

fn part(seed: usize) -> Vec<u8> {
    (0..PART).map(|n| 0x80 | ((n * 7 + n / 251 + seed) % 113) as u8).collect()
}

async fn create(visitor: &Visitor, headers: &[(&str, &str)], body: Vec<u8>) -> Option<Answer> {
    let headers = [&[TUS], headers].concat();
    visitor.try_send(Method::POST, "/tus/files/files", &headers, body).await
}

#[actix_web::test]
async fn co_16_a_kill_while_parts_are_joined_leaves_the_parts_and_a_whole_file_or_none() {
    let whole = (PART * 2) as u64;
    let moments = [
        Moment::Spooled(0),
        Moment::Spooled(1),
        Moment::Spooled(whole / 2 + 1),
        Moment::Spooled(whole),
        Moment::Published,
    ];
    for moment in moments {
        let world = World::of_processes();
        let visitor = Visitor::at(&world.site.url);
        visitor.get("/").await;
        let parts = [part(0), part(1)];
        let length = PART.to_string();
        let headers = [("upload-concat", "partial"), ("upload-length", &*length), BYTES];
        let mut urls = Vec::new();
        for part in &parts {
            let answer = create(&visitor, &headers, part.clone()).await.unwrap();
            assert_eq!(answer.status, 201, "{}", answer.text());
            urls.push(answer.header("location").unwrap().to_owned());
        }
        let list = format!("final;{}", urls.join(" "));
        let wanted = [("upload-concat", &*list)];
        let (answer, ()) = futures_util::join!(create(&visitor, &wanted, Vec::new()), async {
            let come = async {
                while !moment.has_come(&world.data()) {
                    tokio::task::yield_now().await;
                }
            };
            within("the moment to strike", come).await;
            world.kill();
        });
        world.start(&[]);
        let visitor = visitor.reconnected();
        let sha256 = sha256(&parts.concat());
        let stored = visitor.listed().await;
        // Whoever was answered is stored; whoever was not has it whole or not at all.
        assert!(
            stored.len() <= 1 && (answer.is_none() || stored.len() == 1),
            "{moment:?}: {stored:?}"
        );
        for file in &stored {
            assert_eq!((&file["sha256"], &file["size"]), (&sha256.as_str().into(), &whole.into()));
            let bytes = visitor.get(file["url"].as_str().unwrap()).await.body;
            assert!(crate::rig::sha256(&bytes) == sha256, "{moment:?}");
        }
        for url in &urls {
            let head = visitor.send(Method::HEAD, url, &[TUS], Vec::new()).await;
            assert_eq!(head.header("upload-offset"), Some(&*length), "{moment:?}: a part");
        }
        // The client, which heard nothing, joins them once more.
        let again = create(&visitor, &wanted, Vec::new()).await.unwrap();
        assert_eq!(again.status, 201, "{moment:?}: {}", again.text());
        assert_eq!(visitor.listed().await[0]["sha256"], *sha256);
        world.sweep();
        let left = names(&world.data().join("spool"));
        assert!(left.is_empty(), "{moment:?}: {left:?}");
        assert_eq!(names(&world.data().join("files")).len(), stored.len() + 1, "{moment:?}");
    }
}
