//! The doors, each as something that takes files and tells what became of them.

mod draft;
mod hands;
mod ponds;
mod tus;

use actix_web::http::Method;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};

pub(crate) use self::draft::{DraftDoor, PlainDoor};
pub(crate) use self::hands::{Hands, Kind};
pub(crate) use self::tus::TusDoor;
use super::{Form, Upload, Visitor};

pub(crate) fn sent(name: &str, bytes: impl AsRef<[u8]>) -> Upload {
    Upload::bytes(name, bytes)
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    Stored(Value),
    Refused(String),
}

impl Outcome {
    pub(crate) fn word(&self) -> &str {
        match self {
            Self::Stored(_) => "stored",
            Self::Refused(code) => code,
        }
    }
}

/// A way in.
pub(crate) trait Door {
    fn name(&self) -> &'static str;

    /// Whether its client can say what these files want to be told, and send them as one.
    fn can_send(&self, _page: &str, _slot: &str, _files: &[Upload]) -> bool {
        true
    }

    /// Whether a refused file's chunks stay until their time is over, so that its client is told the same again.
    fn leaves_chunks(&self) -> bool {
        false
    }

    /// Sends files into a slot of a page, together. One outcome for each, in their order; what was stored
    /// can be downloaded by the visitor.
    fn send<'a>(
        &'a self,
        visitor: &'a Visitor,
        page: &'a str,
        slot: &'a str,
        files: &'a [Upload],
    ) -> LocalBoxFuture<'a, Vec<Outcome>>;
}

pub(crate) fn every_door() -> Vec<Box<dyn Door>> {
    vec![
        Box::new(LiveDoor),
        Box::new(FormDoor),
        Box::new(TusDoor),
        Box::new(DraftDoor),
        Box::new(PlainDoor),
    ]
}

/// Doors whose clients can't say everything; they send what they [can](Door::can_send).
pub(crate) fn doors_of_few_words() -> Vec<Box<dyn Door>> {
    vec![Box::new(ponds::WholePond), Box::new(ponds::ChunkedPond), Box::new(ponds::ChunkedDrop)]
}

/// The live page.
pub(crate) struct LiveDoor;

/// The plain form, as a script posts it.
pub(crate) struct FormDoor;

impl Door for LiveDoor {
    fn name(&self) -> &'static str {
        "live"
    }

    fn send<'a>(
        &'a self,
        visitor: &'a Visitor,
        page: &'a str,
        slot: &'a str,
        files: &'a [Upload],
    ) -> LocalBoxFuture<'a, Vec<Outcome>> {
        async move {
            let mut live = visitor.live(page).await;
            let mut outcomes = Vec::new();
            for answer in live.select_all(slot, files.to_vec()).await {
                let end = match answer {
                    Ok(file) => {
                        live.send_all(&file).await;
                        live.settled(&file).await
                    }
                    Err(refused) => {
                        outcomes.push(Outcome::Refused(refused.code().to_owned()));
                        continue;
                    }
                };
                outcomes.push(match end.code() {
                    Some(code) => Outcome::Refused(code.to_owned()),
                    None => {
                        assert!(end.is_complete(), "{end}");
                        Outcome::Stored(end.into_json())
                    }
                });
            }
            if page == "desk" {
                live.say(&json!({ "type": "event", "name": "save", "seq": 1 })).await;
                assert_eq!(live.hear("reply").await["ok"], true);
            }
            outcomes
        }
        .boxed_local()
    }
}

impl Door for FormDoor {
    fn name(&self) -> &'static str {
        "form"
    }

    fn send<'a>(
        &'a self,
        visitor: &'a Visitor,
        page: &'a str,
        slot: &'a str,
        files: &'a [Upload],
    ) -> LocalBoxFuture<'a, Vec<Outcome>> {
        async move {
            let mut form = Form::new();
            for file in files {
                form = form.upload(slot, file);
            }
            let (path, kind) = (format!("/{page}"), Form::content_type());
            let headers = [("content-type", &*kind)];
            let answer = visitor.try_send(Method::POST, &path, &headers, form.body()).await;
            let Some(json) = answer.map(|answer| answer.json()) else {
                return files.iter().map(|_| Outcome::Refused("no answer".to_owned())).collect();
            };
            outcomes_of_form(files, &json)
        }
        .boxed_local()
    }
}

/// What a form's answer says of each file, in their order.
fn outcomes_of_form(files: &[Upload], json: &Value) -> Vec<Outcome> {
    let mut errors = json["errors"].as_array().expect("errors").clone();
    let mut stored = json["files"].as_array().expect("files").clone().into_iter();
    assert_eq!(json["success"], stored.len() > 0, "{json}");
    let mut outcomes = Vec::new();
    for file in files {
        let shown: String = file.name().chars().take(255).collect();
        let refused = errors.iter().position(|error| error["name"] == shown.as_str());
        outcomes.push(match refused {
            Some(at) => {
                Outcome::Refused(errors.remove(at)["code"].as_str().expect("a code").to_owned())
            }
            // What broke the form as a whole has no name.
            None => match stored.next() {
                Some(file) => Outcome::Stored(file),
                None => Outcome::Refused(
                    errors.last().expect("a reason")["code"].as_str().unwrap().to_owned(),
                ),
            },
        });
    }
    outcomes
}
