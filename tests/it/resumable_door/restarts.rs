//! The server goes and comes back: offsets stay, and what was lost is said to be.

use longshore::testing::samples::text;

use super::{LARGE, append, begun, begun_at, id, is_at, is_gone, is_stored, on};

#[actix_web::test]
async fn r_01_an_offset_never_gets_smaller() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut app = on(&data).await;
    let mut visitor = app.visitor();
    let address = begun_at(&visitor, LARGE, &[("want-repr-digest", "sha-256=1")]).await;
    let (whole, mut at) = (text(700_000), 0);
    for length in [1, 5, 8_000, 8_192, 100_000, 300_000] {
        let answer = append(&visitor, &address, at as u64, "?0", &whole[at..at + length]).await;
        assert_eq!(answer.status, 204, "{}", answer.text());
        at += length;
        is_at(&visitor, &address, at as u64, "?0").await;
        app.stop().await;
        app = on(&data).await;
        visitor = app.visitor().with_cookie(&visitor.cookie().unwrap());
        is_at(&visitor, &address, at as u64, "?0").await;
    }
    let answer = append(&visitor, &address, at as u64, "?1", &whole[at..]).await;
    is_stored(&visitor, &answer, &whole).await;
    assert!(answer.header("repr-digest").is_some(), "what was wished for is remembered as well");
    app.stop().await;
    let app = on(&data).await;
    let visitor = app.visitor().with_cookie(&visitor.cookie().unwrap());
    is_at(&visitor, &address, 700_000, "?1").await;
    app.end().await;
}

#[actix_web::test]
async fn r_02_an_upload_whose_bytes_are_lost_is_over_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let app = on(&data).await;
    let visitor = app.visitor();
    let (lost, shorter, other) =
        (begun(&visitor, &[]).await, begun(&visitor, &[]).await, begun(&visitor, &[]).await);
    for address in [&lost, &shorter, &other] {
        assert_eq!(append(&visitor, address, 0, "?0", text(50_000)).await.status, 204);
    }
    let bytes_of = |address: &str| {
        let name = id(address).to_owned();
        let mut files = app.spool().into_iter();
        files.find(|path| path.is_file() && path.to_string_lossy().contains(&name)).unwrap()
    };
    let (gone, short) = (bytes_of(&lost), bytes_of(&shorter));
    app.stop().await;
    std::fs::remove_file(gone).unwrap();
    std::fs::OpenOptions::new().write(true).open(short).unwrap().set_len(49_999).unwrap();
    let app = on(&data).await;
    let visitor = app.visitor().with_cookie(&visitor.cookie().unwrap());
    for _ in 0..2 {
        is_gone(&visitor, &lost).await;
        is_gone(&visitor, &shorter).await;
    }
    is_at(&visitor, &other, 50_000, "?0").await;
    assert_eq!(visitor.delete(&other).await.status, 204);
    app.stop().await;
}
