//! Connections that are cut, reset, stalled and slowed: an upload goes on from where it was, and an old connection that
//! nobody has buried yet does no harm.

use std::time::Duration;

use actix_http::ws::Message;
use futures_util::FutureExt;
use longshore::testing::{Visitor, data_frame, within};

use crate::proxy::{Fate, Proxy};
use crate::rig::{Chance, Contents, File, LiveClient, Loss, Site, sha256};
use crate::server::Server;

/// So many connections meet a bad end before the first good one.
const BLOWS: u64 = 36;

#[actix_web::test]
async fn an_upload_survives_dozens_of_bad_ends_and_never_begins_again() {
    let mut chance = Chance::of_this_run("bad line");
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let fates = (0..BLOWS).map(|_| {
        let after = chance.within(30_000..300_000);
        *chance.pick(&[
            Fate::Cut { after },
            Fate::Reset { after },
            Fate::Stall { after },
            Fate::Slow { after },
        ])
    });
    let proxy = Proxy::start(&server.url, fates.collect()).await;
    // The server lives all the time, so no acknowledged byte is ever asked for again.
    let site = Site::new(proxy.url.clone(), Loss::Nothing);
    let mut client = LiveClient::new(&site, chance.fork());
    client.impatience = Some(Duration::from_millis(250));
    for n in 0..2 {
        let contents = Contents::new(&mut chance, 5 << 20);
        client.files.push(File::new(format!("{n}.bin"), contents));
    }
    within("both files", client.work(&site)).await;
    proxy.release();
    site.judge();
    for file in &client.files {
        assert!(!file.name.starts_with("again"), "it began again: {file:?}");
        let url = format!("/api/files/{}", file.id.as_ref().unwrap());
        let facts = client.visitor.get(&url).await.json();
        assert_eq!(facts["sha256"], file.contents.sha256());
        let bytes = client.visitor.get(facts["url"].as_str().unwrap()).await.body;
        assert_eq!(sha256(&bytes), file.contents.sha256());
    }
    println!("figures of the bad line: {} bad ends, {}", proxy.met().len(), site.figures.borrow());
    assert!(proxy.met().len() >= 12, "only {:?}", proxy.met());
}

#[actix_web::test]
async fn a_newer_connection_goes_on_at_once_and_late_bytes_of_the_old_one_never_land() {
    const SIZE: u64 = 2_000_000;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let contents = Contents::new(&mut Chance::new(7), SIZE);
    let proxy = Proxy::start(&server.url, vec![Fate::Stall { after: 320_000 }]).await;

    // The first request of all gives the visitor a cookie; it goes past the proxy.
    let direct = Visitor::at(&server.url);
    direct.get("/").await;
    let behind = Visitor::at(&proxy.url).with_cookie(&direct.cookie().unwrap());

    let mut old = behind.live("files").await;
    let file = old.register("files", "a", "a.bin", SIZE).await.unwrap();
    for n in 0..6 {
        old.data(file.stream, n * 50_000, &contents.piece(n * 50_000, 50_000)).await;
    }
    old.hear("ack").await;
    // The line stalls inside the next frame: what is in it from now on isn't what the file is made of.
    for n in 6..10 {
        old.data(file.stream, n * 50_000, &[0x55; 50_000]).await;
    }
    longshore::testing::until("the line to stall", || proxy.met().len() == 1).await;

    let mut new = direct.live_again("files", &old.token()).await;
    let entry = new.welcome()["entries"][0].clone();
    assert_eq!(entry["id"], *file.id, "{entry}");
    let offset = entry["offset"].as_u64().unwrap();
    assert!((262_144..=300_000).contains(&offset), "{entry}");
    let stream = u32::try_from(entry["stream"].as_u64().unwrap()).unwrap();
    let mut at = offset;
    while at < SIZE {
        let piece = contents.piece(at, 50_000);
        if at == offset {
            // The old connection is still open, for all that it knows.
            assert!(old.next().now_or_never().is_none_or(|message| message.is_ok()));
        }
        let frame = data_frame(stream, 0, at, &piece);
        new.try_send(Message::Binary(frame.into())).await.unwrap();
        at += piece.len() as u64;
    }
    let reference = entry["ref"].as_str().unwrap();
    let settled = new.settled(reference).await;
    assert_eq!(settled.sha256(), Some(&*contents.sha256()), "{settled}");

    proxy.release();
    let end = within("the end of the old connection", async {
        loop {
            match old.next().await {
                Ok(_) => {}
                Err(code) => break code,
            }
        }
    });
    assert!(matches!(end.await, Some(4001) | None));
    let bytes = direct.get(settled.url().unwrap()).await.body;
    assert_eq!(sha256(&bytes), contents.sha256());
    assert_eq!(direct.listed().await.len(), 1);
}
