//! Coming back: a page whose connection broke, a second tab, a page that was loaded anew.

use serde_json::{Value, json};

use super::{LivePage, Rejected, Selected};
use crate::testing::{Upload, Visitor};

impl Visitor {
    /// Opens a live page again, as one that lost its connection: with the token of its last welcome.
    ///
    /// ```
    /// # actix_web::rt::System::new().block_on(async {
    /// use std::time::Duration;
    /// use longshore::testing::{TestServer, Upload};
    /// # use longshore::{SlotOptions, Templates, UploadSession, View, ViewError};
    /// # struct Desk;
    /// # impl View for Desk {
    /// #     fn template(&self) -> &str { "desk.html" }
    /// #     async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
    /// #         session.allow_upload("papers", SlotOptions::new())?;
    /// #         Ok(())
    /// #     }
    /// # }
    /// # let templates = Templates::from_texts([("desk.html", "")]).unwrap();
    ///
    /// let server = TestServer::start(|uploads| {
    ///     uploads.templates(templates).page("desk", || Desk).session_grace(Duration::from_secs(60))
    /// })
    /// .await;
    /// let visitor = server.visitor();
    /// let paper = Upload::bytes("a.bin", vec![7; 500_000]);
    /// let mut page = visitor.live("desk").await;
    /// let file = page.select("papers", paper.clone()).await.unwrap();
    /// page.send(&file, 50).await;
    /// page.progressed(&file, 50).await;
    /// let token = page.token();
    /// page.disconnect();
    ///
    /// let mut page = visitor.live_again("desk", &token).await;
    /// let (file, offset) = page.adopted(&file.reference, paper);
    /// assert!(offset >= 250_000);
    /// page.send_all(&file).await;
    /// assert!(page.settled(&file).await.is_complete());
    /// # });
    /// ```
    pub async fn live_again(&self, page: &str, token: &str) -> LivePage {
        let live = self.connect(page).await;
        let mut live = live.unwrap_or_else(|status| panic!("no live page `{page}` but {status}"));
        live.say(&json!({ "type": "hello", "resume": token })).await;
        live.welcome = live.hear("welcome").await;
        live
    }
}

impl LivePage {
    /// The token by which the page's session is taken up again.
    #[must_use]
    pub fn token(&self) -> String {
        self.welcome["resume"].as_str().expect("a token: say hello first").to_owned()
    }

    /// The entries that the welcome brought along, by their references.
    #[must_use]
    pub fn adopted_references(&self) -> Vec<String> {
        let entries = self.welcome["entries"].as_array().map(Vec::as_slice).unwrap_or_default();
        entries.iter().filter_map(|entry| entry["ref"].as_str().map(str::to_owned)).collect()
    }

    /// An entry that the welcome brought along, with the file that its bytes come from, and the offset where it
    /// goes on. Panics if it isn't among them.
    pub fn adopted(&mut self, reference: &str, upload: Upload) -> (Selected, u64) {
        let entries = self.welcome["entries"].as_array();
        let entry = entries.and_then(|all| all.iter().find(|one| one["ref"] == reference)).cloned();
        self.taken_up(entry.as_ref(), upload)
            .unwrap_or_else(|| panic!("`{reference}` was not brought along: {}", self.welcome))
    }

    /// Takes up an entry that is known by its id, and answers where it goes on.
    ///
    /// # Errors
    /// [`Rejected`]: it isn't there any more, or isn't this one.
    pub async fn attach(
        &mut self,
        reference: &str,
        id: &str,
        upload: Upload,
    ) -> Result<(Selected, u64), Rejected> {
        let size = upload.contents().len();
        self.say(&json!({ "type": "attach", "ref": reference, "id": id, "size": size })).await;
        let answer = self.hear("registered").await;
        let taken = self.taken_up(answer["entries"].get(0), upload);
        taken.ok_or_else(|| Rejected::of(&answer["errors"][0]))
    }

    fn taken_up(&mut self, entry: Option<&Value>, upload: Upload) -> Option<(Selected, u64)> {
        let entry = entry?;
        let mut file = Selected::of(entry);
        file.bytes = Some(upload.into_contents());
        let offset = entry["offset"].as_u64()?;
        self.sent.insert(file.stream, offset);
        self.acked.insert(file.stream, offset);
        Some((file, offset))
    }
}
