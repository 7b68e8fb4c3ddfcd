//! What comes to a page by another way (another tab, a form) is shown on the page, and its view is told.

use std::time::{Duration, Instant};

use longshore::testing::raw::RawConnection;
use longshore::testing::samples::text;
use longshore::testing::{until, within};
use longshore::{Context, Entry, SlotOptions, UploadSession, View, ViewError};

use crate::support::pages::{self, LIST};
use crate::support::{Form, LivePage, TestApp, Upload, Visitor};

/// Regions are rendered this often at most.
const BETWEEN: Duration = Duration::from_millis(400);

/// A page that shows what comes by other ways, and lists what is stored.
struct Hall;

impl View for Hall {
    fn template(&self) -> &str {
        "hall.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
        let slot = SlotOptions::new().max_entries(1_000).max_file_size(64_000_000);
        Ok(session.allow_upload("any", slot)?)
    }

    async fn on_progress(
        &mut self,
        entry: &Entry,
        session: &UploadSession,
    ) -> Result<(), ViewError> {
        if entry.done() { pages::keep(entry, session).await } else { Ok(()) }
    }

    async fn on_elsewhere(
        &mut self,
        entry: &Entry,
        session: &UploadSession,
    ) -> Result<(), ViewError> {
        assert!(entry.kept_at.is_some(), "{entry:?}");
        session.push_region("list");
        Ok(())
    }

    async fn context(
        &mut self,
        session: &UploadSession,
        context: &mut Context,
    ) -> Result<(), ViewError> {
        let files = session.stored_files("any", 100).await?;
        let facts: Vec<_> = files.iter().map(|file| session.facts(file)).collect();
        context.insert("files", &facts);
        Ok(())
    }
}

/// A server with that page, and the pages of other tests.
pub(crate) async fn hall() -> TestApp {
    let page = "<!doctype html>{{ uploads_elsewhere() }}<ul>{% include \"hall/list.html\" %}</ul>";
    let templates = pages::templates(&[
        ("hall.html", page),
        ("hall/list.html", LIST),
        ("hall/elsewhere.html", "{{ uploads_elsewhere() }}"),
        ("hall/elsewhere_status.html", "{{ uploads_elsewhere(spoken=true) }}"),
    ]);
    TestApp::with(|builder| builder.templates(templates).page("hall", || Hall)).await
}

/// A form with one file that has come half-way.
pub(crate) struct SlowForm {
    connection: RawConnection,
    rest: Vec<u8>,
}

impl SlowForm {
    /// Sends the first half of a file to the page `hall`, as this visitor.
    pub(crate) async fn begin(app: &TestApp, visitor: &Visitor, name: &str, size: usize) -> Self {
        if visitor.cookie().is_none() {
            visitor.get("hall").await;
        }
        let mut body = Form::new().file("any", name, text(size)).body();
        let rest = body.split_off(body.len() / 2);
        let head = format!(
            "POST /hall HTTP/1.1\r\nHost: x\r\nCookie: {}\r\nSec-Fetch-Site: same-origin\r\n\
             Content-Type: {}\r\nContent-Length: {}\r\n\r\n",
            visitor.cookie().unwrap(),
            Form::content_type(),
            body.len() + rest.len()
        );
        let mut connection = RawConnection::to(app).await;
        connection.send(&[head.into_bytes(), body].concat()).await;
        Self { connection, rest }
    }

    /// The entry's id, as the page shows it.
    pub(crate) async fn id(&self, visitor: &Visitor) -> String {
        let looking = async {
            loop {
                let html = visitor.get("hall").await.text();
                if let Some((_, rest)) = html.split_once("data-key=\"") {
                    break rest.split('"').next().unwrap().to_owned();
                }
            }
        };
        within("a row", looking).await
    }

    /// Sends the rest, and waits until the file is stored.
    pub(crate) async fn end(mut self) {
        self.connection.send_what_goes(&self.rest).await;
        let answer = self.connection.answer().await;
        assert_eq!(answer.status, 200, "{}", answer.head);
    }
}

/// Hears the region until it is as wanted.
async fn shows(
    live: &mut LivePage,
    region: &str,
    what: &str,
    wanted: impl Fn(&str) -> bool,
) -> String {
    counted(live, region, what, wanted).await.0
}

/// The same, with how often the region was pushed.
async fn counted(
    live: &mut LivePage,
    region: &str,
    what: &str,
    wanted: impl Fn(&str) -> bool,
) -> (String, u128) {
    let mut times = 0;
    let hearing = async {
        loop {
            let html = live.region(region).await;
            times += 1;
            if wanted(&html) {
                break html;
            }
        }
    };
    (within(what, hearing).await, times)
}

#[actix_web::test]
async fn a_form_in_another_window_is_shown_while_it_comes_and_listed_when_it_is_stored() {
    let app = hall().await;
    let visitor = app.visitor();
    let mut live = visitor.live("hall").await;
    assert_eq!(live.region("elsewhere").await, "", "nothing is under way");
    let form = SlowForm::begin(&app, &visitor, "slow.bin", 3_000_000).await;
    let html =
        shows(&mut live, "elsewhere", "a row with bytes", |html| html.contains("MB so far")).await;
    assert!(html.contains("slow") && html.contains("<progress"), "{html}");
    assert_eq!(live.region("elsewhere_status").await, "Files are coming in from elsewhere.");
    form.end().await;
    shows(&mut live, "list", "the stored file", |html| html.contains("slow.bin")).await;
    shows(&mut live, "elsewhere", "an empty region", str::is_empty).await;
    assert_eq!(live.region("elsewhere_status").await, "");
    live.disconnect();
    app.end().await;
}

#[actix_web::test]
async fn another_tab_is_shown_with_its_percent_and_nobody_elses_files_are() {
    let app = hall().await;
    let visitor = app.visitor();
    let mut live = visitor.live("hall").await;
    live.region("elsewhere").await;
    let mut stranger = app.visitor().live("hall").await;
    let theirs =
        stranger.select("any", Upload::bytes("theirs.bin", text(1_000_000))).await.unwrap();
    stranger.send(&theirs, 50).await;
    let mut tab = visitor.live("hall").await;
    let mine = tab.select("any", Upload::bytes("mine.bin", text(1_000_000))).await.unwrap();
    tab.send(&mine, 70).await;
    let html = shows(&mut live, "elsewhere", "70 %", |html| html.contains(">70%<")).await;
    assert!(html.contains("mine") && !html.contains("theirs"), "{html}");
    assert_eq!(html.matches("<li").count(), 1);
    // Of another page of the same visitor nothing is shown either.
    let mut inbox = visitor.live("inbox").await;
    inbox.register("any", "c1", "inbox.txt", 1_000).await.unwrap();
    tab.cancel(&mine).await;
    shows(&mut live, "elsewhere", "an empty region", str::is_empty).await;
    for page in [live, tab, stranger, inbox] {
        page.disconnect();
    }
    app.end().await;
}

#[actix_web::test]
async fn a_page_hears_nothing_of_its_own_files_but_their_progress() {
    let app = hall().await;
    let mut live = app.visitor().live("hall").await;
    assert_eq!(live.region("elsewhere").await, "");
    for name in ["a.txt", "b.txt"] {
        live.upload("any", Upload::bytes(name, text(600_000))).await;
    }
    let said = live.said_until_now().await;
    assert!(said.iter().all(|message| message["type"] != "region"), "{said:?}");
    live.disconnect();
    app.end().await;
}

#[actix_web::test]
async fn hundreds_of_files_are_a_few_renderings_and_a_few_rows() {
    let app = hall().await;
    let visitor = app.visitor();
    let mut live = visitor.live("hall").await;
    live.region("elsewhere").await;
    let begun = Instant::now();
    let mut tab = visitor.live("hall").await;
    let mut files = Vec::new();
    for round in 0..5 {
        let batch =
            (0..20).map(|at| Upload::bytes(format!("{round}-{at}.txt"), text(100))).collect();
        files.extend(tab.select_all("any", batch).await.into_iter().map(Result::unwrap));
    }
    let all = |html: &str| html.contains("And 92 more.");
    let (html, first) = counted(&mut live, "elsewhere", "all of them", all).await;
    assert_eq!(html.matches("<li").count(), 8);
    for file in &files {
        tab.send_all(file).await;
        assert!(tab.settled(file).await.is_complete());
    }
    let (_, then) = counted(&mut live, "elsewhere", "an empty region", str::is_empty).await;
    // What is listed may be as old as the last rendering.
    let listed = shows(&mut live, "list", "the last file", |html| html.contains("4-19.txt")).await;
    assert!(listed.matches("<li").count() > 0);
    let most = begun.elapsed().as_millis() / BETWEEN.as_millis() + 2;
    let rendered = first + then;
    assert!(rendered <= most, "{rendered} renderings, and no more than {most} were due");
    live.disconnect();
    tab.disconnect();
    app.end().await;
}

#[actix_web::test]
async fn a_page_that_takes_the_file_over_shows_it_as_its_own() {
    let app = hall().await;
    let visitor = app.visitor();
    let mut tab = visitor.live("hall").await;
    let upload = Upload::bytes("a.bin", text(1_000_000));
    let file = tab.select("any", upload.clone()).await.unwrap();
    let mut live = visitor.live("hall").await;
    shows(&mut live, "elsewhere", "what was there before", |html| html.contains("<li")).await;
    let (mine, _) = live.attach("mine", &file.id, upload).await.unwrap();
    shows(&mut live, "elsewhere", "an empty region", str::is_empty).await;
    // To the other one it is elsewhere now.
    shows(&mut tab, "elsewhere", "a row", |html| html.contains("<li")).await;
    live.send_all(&mine).await;
    assert!(live.settled(&mine).await.is_complete());
    assert!(tab.region("list").await.contains("a.bin"));
    live.disconnect();
    tab.disconnect();
    app.end().await;
}

#[actix_web::test]
async fn a_page_without_script_shows_it_when_it_is_loaded() {
    let app = hall().await;
    let visitor = app.visitor();
    let form = SlowForm::begin(&app, &visitor, "slow.bin", 2_000_000).await;
    form.id(&visitor).await;
    assert!(!app.visitor().get("hall").await.text().contains("data-key"));
    form.end().await;
    let html = visitor.get("hall").await.text();
    assert!(!html.contains("data-key") && html.contains("<li>slow.bin"), "{html}");
    app.end().await;
}

#[actix_web::test]
async fn a_page_that_has_no_place_for_it_is_told_nothing() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let mut live = visitor.live("inbox").await;
    visitor.store("inbox", "any", Upload::bytes("a.txt", b"hello")).await;
    let said = live.said_until_now().await;
    assert!(said.iter().all(|message| message["type"] != "region"), "{said:?}");
    live.disconnect();
    until("nobody is listened for", || app.watching() == 0).await;
    app.end().await;
}
