//! Doors through which a file comes in pieces: [`Hands`] that say whatever offset and length a test wants.

use actix_web::http::Method;
use longshore::testing::{LivePage, Selected};
use serde_json::{Value, json};

use super::draft::disposition;
use crate::filepond::pond::Pond;
use crate::support::tus::{BYTES, TUS, id, metadata};
use crate::support::{Answer, Upload, Visitor};

/// Which door it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Live,
    Tus,
    Draft,
    Pond,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Live, Self::Tus, Self::Draft, Self::Pond];
}

/// A client with one file under its hands, in the page `inbox`.
pub(crate) struct Hands {
    kind: Kind,
    visitor: Visitor,
    /// The live page and its file; for other doors there is none.
    live: Option<(LivePage, Selected)>,
    place: String,
    /// The address of the upload, or FilePond's id.
    address: String,
    length: u64,
    /// A live page was told how it ended.
    is_over: bool,
}

/// The code of a refusal.
pub(crate) type Put = Result<(), String>;

impl Hands {
    /// Registers a file of a declared length.
    pub(crate) async fn begin(
        kind: Kind,
        visitor: &Visitor,
        slot: &str,
        name: &str,
        length: u64,
    ) -> Result<Self, String> {
        Self::begin_on("inbox", kind, visitor, slot, name, length).await
    }

    pub(crate) async fn begin_on(
        page: &str,
        kind: Kind,
        visitor: &Visitor,
        slot: &str,
        name: &str,
        length: u64,
    ) -> Result<Self, String> {
        visitor.get(page).await;
        let (visitor, said, mut live) = (visitor.clone(), length.to_string(), None);
        let mut address = String::new();
        let mut place = String::new();
        match kind {
            Kind::Live => {
                let mut opened = visitor.live(page).await;
                let upload = Upload::bytes(name, "").claiming("size", length);
                let file = opened.select(slot, upload).await;
                let file = file.map_err(|refused| refused.code().to_owned())?;
                live = Some((opened, file));
            }
            Kind::Tus => {
                place = format!("/tus/{page}/{slot}");
                let named = metadata(&[("filename", name)]);
                let headers = [TUS, ("upload-length", &*said), ("upload-metadata", &*named)];
                address = created(visitor.send(Method::POST, &place, &headers, Vec::new()).await)?;
            }
            Kind::Draft => {
                place = format!("/resumable/{page}/{slot}");
                let named = disposition(name);
                let headers = [
                    ("upload-complete", "?0"),
                    ("upload-length", &*said),
                    ("content-disposition", &*named),
                ];
                address = created(visitor.send(Method::POST, &place, &headers, Vec::new()).await)?;
            }
            Kind::Pond => {
                place = format!("{page}/{slot}");
                let pond = Pond::new(&visitor, page, slot);
                let length = usize::try_from(length).map_err(|_| "too long to say".to_owned())?;
                let answer = pond.ask(Some(length)).await;
                address =
                    if answer.status == 201 { answer.text() } else { return Err(answer.code()) };
            }
        }
        Ok(Self { kind, visitor, live, place, address, length, is_over: false })
    }

    /// The upload's id.
    pub(crate) fn id(&self) -> &str {
        match (&self.live, self.kind) {
            (Some((_, file)), _) => &file.id,
            (None, Kind::Pond) => &self.address,
            (None, _) => id(&self.address),
        }
    }

    /// Brings a piece, and hears what is said of it.
    pub(crate) async fn put(&mut self, offset: u64, bytes: &[u8]) -> Put {
        let Some((live, file)) = &mut self.live else { return self.request(offset, bytes).await };
        live.data(file.stream, offset, bytes).await;
        // The reply to what is said behind it comes behind all that is said of it.
        let mut said = live.said_until_now().await;
        let is_last = offset.saturating_add(bytes.len() as u64) >= self.length;
        if is_last && !self.is_over && !said.iter().any(|message| is_end(message, file)) {
            said.push(live.settled(&*file).await.into_json());
        }
        let ends = |message: &Value| is_end(message, file) && message["type"] == "progress";
        self.is_over |= said.iter().any(ends);
        match said.iter().find(|message| is_refusal(message, file)) {
            Some(refusal) => Err(code(refusal)),
            None => Ok(()),
        }
    }

    /// The same in one request, for doors that speak in requests.
    pub(crate) async fn request(&self, offset: u64, bytes: &[u8]) -> Put {
        let (at, end) = (offset.to_string(), offset + bytes.len() as u64);
        let answer = match self.kind {
            Kind::Live => panic!("a live page makes no requests"),
            Kind::Tus => {
                let headers = [TUS, BYTES, ("upload-offset", &*at)];
                self.visitor.send(Method::PATCH, &self.address, &headers, bytes.to_vec()).await
            }
            Kind::Draft => {
                let complete = if end >= self.length { "?1" } else { "?0" };
                return self.append(&at, complete, bytes).await;
            }
            Kind::Pond => {
                let length = usize::try_from(self.length).unwrap();
                let at = usize::try_from(offset).unwrap();
                self.pond().patch(&self.address, at, length, "a.txt", bytes.to_vec()).await
            }
        };
        put(&answer)
    }

    async fn append(&self, at: &str, complete: &str, bytes: &[u8]) -> Put {
        let headers = [
            ("content-type", "application/partial-upload"),
            ("upload-offset", at),
            ("upload-complete", complete),
        ];
        put(&self.visitor.send(Method::PATCH, &self.address, &headers, bytes.to_vec()).await)
    }

    /// Says that what is there is all of it. Only the draft has a word for that.
    pub(crate) async fn finish(&self, at: u64) -> Option<Put> {
        match self.kind {
            Kind::Draft => Some(self.append(&at.to_string(), "?1", b"").await),
            _ => None,
        }
    }

    /// How far the upload is by the server's word; none if there is no such upload any more.
    pub(crate) async fn offset(&self) -> Option<u64> {
        let asked = match self.kind {
            Kind::Live => {
                let entry = self.visitor.get(&format!("api/entries/{}", self.id())).await;
                let entry = entry.json();
                return entry["offset"].as_u64().filter(|_| entry["status"] != "error");
            }
            Kind::Pond => self.visitor.head(&self.pond().at("patch", &self.address)).await,
            _ => self.visitor.send(Method::HEAD, &self.address, &[TUS], Vec::new()).await,
        };
        asked.header("upload-offset").filter(|_| asked.status < 300)?.parse().ok()
    }

    /// Gives the upload up.
    pub(crate) async fn take_back(&mut self) -> Put {
        let Some((live, file)) = &mut self.live else { return self.revoke().await };
        live.say(&json!({ "type": "cancel", "ref": file.reference })).await;
        let said = live.said_until_now().await;
        match said.iter().find(|message| message["type"] == "error") {
            Some(error) => Err(code(error)),
            None => Ok(()),
        }
    }

    /// The same in one request.
    pub(crate) async fn revoke(&self) -> Put {
        put(&match self.kind {
            Kind::Live => panic!("a live page makes no requests"),
            Kind::Pond => self.pond().revert(&self.address).await,
            _ => self.visitor.send(Method::DELETE, &self.address, &[TUS], Vec::new()).await,
        })
    }

    /// The live page and its file.
    pub(crate) fn live(&mut self) -> (&mut LivePage, &Selected) {
        let (live, file) = self.live.as_mut().expect("a live page");
        (live, file)
    }

    fn pond(&self) -> Pond<'_> {
        let (page, slot) = self.place.split_once('/').expect("a page and a slot");
        Pond::new(&self.visitor, page, slot)
    }
}

fn created(answer: Answer) -> Result<String, String> {
    match answer.header("location") {
        Some(address) => Ok(address.to_owned()),
        None => Err(answer.code()),
    }
}

fn put(answer: &Answer) -> Put {
    if answer.status < 300 { Ok(()) } else { Err(answer.code()) }
}

/// Whether nothing more is said of a piece at the file's end.
fn is_end(message: &Value, file: &Selected) -> bool {
    let is_complete = message["status"] == "complete" && message["ref"] == file.reference.as_str();
    is_complete || is_refusal(message, file)
}

fn is_refusal(message: &Value, file: &Selected) -> bool {
    message["type"] == "error"
        || (message["type"] == "nack" && message["stream"] == file.stream)
        || (message["ref"] == file.reference.as_str() && message["error"].is_object())
}

fn code(refusal: &Value) -> String {
    let code = refusal["code"].as_str().or_else(|| refusal["error"]["code"].as_str());
    code.expect("a code").to_owned()
}
