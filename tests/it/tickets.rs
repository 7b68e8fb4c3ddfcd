//! Upload tickets: one slot, for a while, within limits, by every door.

use actix_web::http::Method;
use longshore::testing::samples::text;
use longshore::{BearerToken, Caller, FileQuery, OwnerId, Rights, Ticket, TicketOptions, Uploads};
use serde_json::json;

use crate::support::doors::{Door, FormDoor, doors_of_few_words, every_door};
use crate::support::tus::{Tus, id};
use crate::support::{Form, TestApp, Upload, Visitor};

fn ticket(app: &TestApp, options: TicketOptions) -> Ticket {
    app.uploads().ticket(options).unwrap()
}

fn any() -> TicketOptions {
    TicketOptions::new("inbox", "any")
}

fn doors() -> impl Iterator<Item = Box<dyn Door>> {
    every_door().into_iter().chain(doors_of_few_words())
}

fn holder(app: &TestApp, ticket: &Ticket) -> Visitor {
    app.visitor().with_bearer(ticket.as_str())
}

async fn sent(app: &TestApp, door: &dyn Door, ticket: &Ticket, slot: &str, file: Upload) -> String {
    let outcomes = door.send(&holder(app, ticket), "inbox", slot, &[file]).await;
    outcomes[0].word().to_owned()
}

async fn files_of(app: &TestApp, owner: OwnerId) -> usize {
    let query = FileQuery { limit: 100, ..FileQuery::default() };
    app.uploads().files(&Caller::new(owner), &query).await.unwrap().len()
}

#[actix_web::test]
async fn a_ticket_narrows_its_slot_at_every_door_and_opens_no_other() {
    let app = TestApp::with(|builder| builder.anonymous(false)).await;
    for door in doors() {
        let name = door.name();
        let options = || any().accept(".txt").max_file_size(100).count(1);
        let good = ticket(&app, options());
        let small = || Upload::text("a.txt", "hello");
        assert_eq!(sent(&app, &*door, &good, "active", small()).await, "forbidden", "{name}");
        let large = Upload::bytes("b.txt", text(101));
        assert_eq!(sent(&app, &*door, &good, "any", large).await, "too_large", "{name}");
        let other = Upload::bytes("c.bin", b"hello");
        assert_eq!(sent(&app, &*door, &good, "any", other).await, "not_accepted", "{name}");
        assert_eq!(sent(&app, &*door, &good, "any", small()).await, "stored", "{name}");
        assert_eq!(files_of(&app, good.owner()).await, 1, "{name}");
        // This client's chunks have one name, so what it sends is the same file again.
        let expected = if name == "Dropzone" { "stored" } else { "too_many_files" };
        let one_more = Upload::text("d.txt", "hello");
        assert_eq!(sent(&app, &*door, &good, "any", one_more).await, expected, "{name}");
        assert_eq!(files_of(&app, good.owner()).await, 1, "{name}");
    }
    app.stop().await;
}

#[actix_web::test]
async fn what_a_ticket_accepts_is_held_against_the_bytes_too() {
    let app = TestApp::start().await;
    for door in doors() {
        let pictures = ticket(&app, any().accept("image/png"));
        let lie = Upload::bytes("a", b"no picture").of_type("image/png");
        if !door.can_send("inbox", "any", std::slice::from_ref(&lie)) {
            continue;
        }
        let word = sent(&app, &*door, &pictures, "any", lie).await;
        assert_eq!(word, "content_mismatch", "{}", door.name());
        let truth = Upload::png("b").of_type("image/png");
        assert_eq!(sent(&app, &*door, &pictures, "any", truth).await, "stored", "{}", door.name());
    }
    app.stop().await;
}

#[actix_web::test]
async fn a_tickets_clients_are_told_its_limits() {
    let app = TestApp::start().await;
    let narrow = ticket(&app, any().accept(".txt").max_file_size(100).count(1));
    let live = holder(&app, &narrow).live("inbox").await;
    let slot = live.welcome()["slots"]["any"].clone();
    assert_eq!((&slot["accept"], &slot["max_file_size"]), (&json!(".txt"), &json!(100)));
    let tus = Tus::by(&holder(&app, &narrow));
    let options = tus.send("OPTIONS", "/tus/inbox/any", &[], b"").await;
    assert_eq!(options.header("tus-max-size"), Some("100"));
    drop(live);
    app.stop().await;
}

#[actix_web::test]
async fn a_ticket_lists_reads_and_deletes_nothing() {
    let app = TestApp::start().await;
    let alice = app.visitor();
    let file = alice.store("inbox", "any", Upload::text("a.txt", "mine")).await;
    let good = ticket(&app, any());
    let holder = holder(&app, &good);
    let form = FormDoor.send(&holder, "inbox", "any", &[Upload::text("b.txt", "theirs")]).await;
    assert_eq!(form[0].word(), "stored");
    holder.get("/api/files").await.is_problem(403, "forbidden");
    let path = format!("/api/files/{}", file["id"].as_str().unwrap());
    holder.get(&path).await.is_problem(404, "unknown_entry");
    holder.delete(&path).await.is_problem(404, "unknown_entry");
    app.stop().await;
}

#[actix_web::test]
async fn a_ticket_for_somebodys_files_opens_what_began_with_it_and_nothing_else_of_theirs() {
    let (token, text) = BearerToken::random("alice", Rights::ALL).unwrap();
    let owner = token.owner();
    let app = TestApp::with(|builder| builder.token(token)).await;
    let alice = app.visitor().with_bearer(&text);
    let tickets = [ticket(&app, any().owner(owner)), ticket(&app, any().owner(owner))];
    let own = Tus::by(&alice);
    let [first, second] = tickets.each_ref().map(|ticket| Tus::by(&holder(&app, ticket)));
    let mut begun = Vec::new();
    for tus in [&own, &first, &second] {
        begun.push(tus.create("any", 10).await);
        tus.patch(begun.last().unwrap(), 0, b"hello").await;
    }
    for (tus, theirs) in [(&first, 1), (&second, 2)] {
        for (number, url) in begun.iter().enumerate() {
            let expected = if number == theirs { 200 } else { 404 };
            assert_eq!(tus.head(url).await.status, expected, "{number} by {theirs}");
            if number != theirs {
                assert_eq!(tus.patch(url, 5, b"world").await.status, 404);
                assert_eq!(tus.send("DELETE", url, &[], b"").await.status, 404);
            }
        }
        let page = holder(&app, &tickets[theirs - 1]).get("/inbox").await.text();
        let shown: Vec<bool> = begun.iter().map(|url| page.contains(id(url))).collect();
        assert!(shown.iter().enumerate().all(|(number, shown)| !shown || number == theirs));
        // A page can't take another's upload up either.
        let mut live = holder(&app, &tickets[theirs - 1]).live("inbox").await;
        assert_eq!(
            live.attach("x", id(&begun[0]), Upload::bytes("a", b"0123456789"))
                .await
                .unwrap_err()
                .code(),
            "unknown_entry"
        );
        drop(live);
    }
    for url in &begun {
        assert_eq!(own.head(url).await.status, 200, "the owner sees all");
    }
    for (tus, url) in [(&first, &begun[1]), (&second, &begun[2]), (&own, &begun[0])] {
        assert_eq!(tus.patch(url, 5, b"world").await.status, 204);
    }
    assert_eq!(files_of(&app, owner).await, 3);
    assert_eq!(alice.listed().await.len(), 3);
    app.stop().await;
}

#[actix_web::test]
async fn a_ticket_in_the_address_is_enough_for_a_page_of_another_site_without_cookies() {
    let app = TestApp::with(|builder| builder.anonymous(false)).await;
    let ticket = ticket(&app, any());
    let query = format!("ticket={}", ticket.as_str());
    let elsewhere = app.visitor().coming_from(Some("https://app.example"));
    let kind = Form::content_type();
    let body = || Form::new().file("any", "a.txt", b"x").body();
    let path = format!("/inbox?{query}");
    let headers = [("content-type", &*kind)];
    let answer = elsewhere.send(Method::POST, &path, &headers, body()).await;
    assert_eq!(answer.json()["success"], true, "{}", answer.text());
    assert_eq!(answer.header("set-cookie"), None);
    // A browser is sent back to a page that it may see, whose form and socket carry the ticket on.
    let browser = [("content-type", &*kind), ("accept", "text/html")];
    let answer = elsewhere.send(Method::POST, &path, &browser, body()).await;
    let place = answer.header("location").expect("the way back").to_owned();
    assert!(place.starts_with("/inbox?notice=") && place.ends_with(&query), "{place}");
    let page = elsewhere.get(&place).await;
    assert_eq!(page.status, 200);
    // The same for what tus answers.
    let tus = Tus::without_cookies(&app);
    let length = [("upload-length", "5"), ("upload-metadata", "filename YS50eHQ=")];
    let created = tus.send("POST", &format!("/tus/inbox/any?{query}"), &length, b"").await;
    let address = created.header("location").expect("an address").to_owned();
    assert!(address.ends_with(&query), "{address}");
    assert_eq!(tus.patch(&address, 0, b"hello").await.status, 204);
    let bare = address.split_once('?').unwrap().0;
    assert_eq!(tus.head(bare).await.status, 401);
    assert_eq!(files_of(&app, ticket.owner()).await, 3);
    let twice = format!("/inbox?{query}&{query}");
    assert_eq!(elsewhere.get(&twice).await.status, 401);
    app.stop().await;
}

#[actix_web::test]
async fn a_tickets_count_holds_among_uploads_at_once_and_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut kept = None;
    for left in [2, 0] {
        let app = TestApp::with(|builder| builder.data(&data)).await;
        let ticket = kept.get_or_insert_with(|| ticket(&app, any().count(2))).clone();
        let tus = Tus::by(&holder(&app, &ticket));
        let length = [
            ("upload-length", "5"),
            ("upload-metadata", "filename YS50eHQ="),
            ("content-type", "application/offset+octet-stream"),
        ];
        let begin = || tus.send("POST", "/tus/inbox/any", &length, b"hello");
        let answers = futures_util::future::join3(begin(), begin(), begin()).await;
        let begun = [answers.0, answers.1, answers.2].iter().filter(|a| a.status == 201).count();
        assert_eq!(begun, left);
        app.stop().await;
    }
}

#[actix_web::test]
async fn what_is_given_up_counts_no_more() {
    let app = TestApp::start().await;
    let one = ticket(&app, any().count(1));
    let tus = Tus::by(&holder(&app, &one));
    let upload = tus.create("any", 5).await;
    let length = [("upload-length", "5"), ("upload-metadata", "filename YS50eHQ=")];
    assert_eq!(tus.send("POST", "/tus/inbox/any", &length, b"").await.status, 422);
    assert_eq!(tus.send("DELETE", &upload, &[], b"").await.status, 204);
    let upload = tus.create("any", 5).await;
    assert_eq!(tus.patch(&upload, 0, b"hello").await.status, 204);
    app.stop().await;
}

#[actix_web::test]
async fn routes_of_the_application_never_hear_of_a_ticket() {
    let app = TestApp::start().await;
    let owner = Uploads::owner_of("alice");
    let request = |ticket: &Ticket| {
        actix_web::test::TestRequest::with_uri(&format!("/own?ticket={}", ticket.as_str()))
            .insert_header(("authorization", format!("Bearer {}", ticket.as_str())))
            .to_http_request()
    };
    let named = ticket(&app, any().owner(owner));
    assert_eq!(app.uploads().caller(&request(&named)), None);
    app.stop().await;
}
