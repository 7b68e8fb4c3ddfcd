//! Handlers that read an upload while it comes in.

use serde_json::json;

use super::depot::Depot;
use super::store_is_empty;
use crate::support::Form;
use crate::support::live::OthersGoOn;
use longshore::testing::samples::{sha256, text};
use longshore::testing::until;

#[actix_web::test]
async fn a_handler_reads_while_the_upload_runs() {
    let depot = Depot::default();
    let app = depot.open().await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    let bytes = text(100_000);
    let entry = live.register("chunks", "c1", "live.txt", 100_000).await.unwrap();
    live.data(entry.stream, 0, &bytes[..60_000]).await;
    until("the first bytes are read", || depot.seen("live.txt").bytes.len() == 60_000).await;
    live.data(entry.stream, 60_000, &bytes[60_000..]).await;
    assert_eq!(live.settled("c1").await["status"], "complete");
    let form = Form::new().file("chunks", "form.txt", &bytes);
    assert_eq!(visitor.post("/room", form).await.json()["success"], true);
    for name in ["live.txt", "form.txt"] {
        assert_eq!(sha256(&depot.seen(name).bytes), sha256(&bytes), "{name}");
    }
    let told = json!({ "read": 100_000 }).to_string();
    assert_eq!(depot.notes.all(), [told.clone(), told]);
    store_is_empty(&app);
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn a_handler_that_does_not_read_to_the_end_fails_the_upload() {
    let depot = Depot::default();
    let app = depot.open().await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    for (name, code) in [
        ("early", "storage_error"),
        ("fails", "storage_error"),
        ("panics", "storage_error"),
        ("refuses", "not_accepted"),
    ] {
        let (file, bytes) = (format!("{name}.txt"), text(2_000_000));
        let entry = live.register("chunks", name, &file, 2_000_000).await.unwrap();
        live.write(&entry, &bytes).await;
        let end = live.settled(name).await;
        assert_eq!(end["error"]["code"], code, "{end}");
        assert_eq!(end["error"]["message"] == "Not this one.", name == "refuses", "{end}");
        let answer = visitor.post("/room", Form::new().file("chunks", &file, &bytes)).await;
        assert_eq!(answer.code(), code, "{}", answer.text());
        assert!(!answer.text().contains("secret"), "{}", answer.text());
        live.others_go_on().await;
    }
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn a_handler_hears_why_its_upload_was_given_up() {
    let depot = Depot::default();
    let app = depot.open().await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    let entry = live.register("chunks", "c1", "cancelled.txt", 100_000).await.unwrap();
    live.data(entry.stream, 0, &text(60_000)).await;
    until("the first bytes are read", || !depot.seen("cancelled.txt").bytes.is_empty()).await;
    live.say(&json!({ "type": "cancel", "ref": "c1" })).await;
    assert_eq!(live.settled("c1").await["status"], "cancelled");
    assert!(depot.notes.has("cancelled.txt cancelled"), "{:?}", depot.notes.all());
    drop(live);
    app.end().await;
}
