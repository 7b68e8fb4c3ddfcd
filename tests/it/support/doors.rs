//! The doors, each as something that takes files and tells what became of them.

use actix_web::http::Method;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};

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
    vec![Box::new(LiveDoor), Box::new(FormDoor), Box::new(DraftDoor), Box::new(PlainDoor)]
}

/// The live page.
pub(crate) struct LiveDoor;

/// The plain form, as a script posts it.
pub(crate) struct FormDoor;

/// Resumable uploads of the IETF's draft: begun without content, appended to in two halves.
pub(crate) struct DraftDoor;

/// A file in one go, put under its name; several in one form at the same place.
pub(crate) struct PlainDoor;

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

/// A segment of a path.
pub(crate) fn segment(text: &str) -> String {
    use std::fmt::Write;
    text.bytes().fold(String::new(), |mut path, byte| {
        if byte.is_ascii_alphanumeric() {
            path.push(char::from(byte));
        } else {
            write!(path, "%{byte:02X}").unwrap();
        }
        path
    })
}

/// The header that names a file.
pub(crate) fn disposition(name: &str) -> String {
    format!("inline; filename*=UTF-8''{}", segment(name))
}

impl Door for DraftDoor {
    fn name(&self) -> &'static str {
        "draft"
    }

    fn send<'a>(
        &'a self,
        visitor: &'a Visitor,
        page: &'a str,
        slot: &'a str,
        files: &'a [Upload],
    ) -> LocalBoxFuture<'a, Vec<Outcome>> {
        async move {
            let place = format!("/resumable/{page}/{}", segment(slot));
            let mut begun = Vec::new();
            for file in files {
                let (length, named) = (file.contents().len().to_string(), disposition(file.name()));
                let mut headers = vec![
                    ("upload-complete", "?0"),
                    ("upload-length", &*length),
                    ("content-disposition", &*named),
                ];
                if !file.mime().is_empty() {
                    headers.push(("content-type", file.mime()));
                }
                begun.push(visitor.send(Method::POST, &place, &headers, Vec::new()).await);
            }
            let mut outcomes = Vec::new();
            for (file, answer) in files.iter().zip(begun) {
                outcomes.push(match answer.header("location") {
                    Some(address) => append(visitor, address, file.contents()).await,
                    None => Outcome::Refused(answer.code()),
                });
            }
            outcomes
        }
        .boxed_local()
    }
}

/// Appends a file in two halves.
async fn append(visitor: &Visitor, address: &str, bytes: &[u8]) -> Outcome {
    let half = bytes.len() / 2;
    for (offset, complete, part) in [(0, "?0", &bytes[..half]), (half, "?1", &bytes[half..])] {
        let offset = offset.to_string();
        let headers = [
            ("content-type", "application/partial-upload"),
            ("upload-offset", &*offset),
            ("upload-complete", complete),
        ];
        let answer = visitor.send(Method::PATCH, address, &headers, part.to_vec()).await;
        match answer.status {
            204 => {}
            200 => {
                assert_eq!(answer.header("upload-complete"), Some("?1"));
                return Outcome::Stored(answer.json()["files"][0].clone());
            }
            _ => return Outcome::Refused(answer.code()),
        }
    }
    panic!("the last part was not answered as the last")
}

impl Door for PlainDoor {
    fn name(&self) -> &'static str {
        "plain"
    }

    fn send<'a>(
        &'a self,
        visitor: &'a Visitor,
        page: &'a str,
        slot: &'a str,
        files: &'a [Upload],
    ) -> LocalBoxFuture<'a, Vec<Outcome>> {
        async move {
            let place = format!("/resumable/{page}/{}", segment(slot));
            let answer = if let [file] = files {
                let path = format!("{place}/{}", segment(file.name()));
                let kind = [("content-type", file.mime())];
                let headers = if file.mime().is_empty() { &[][..] } else { &kind[..] };
                visitor.send(Method::PUT, &path, headers, file.contents().to_vec()).await
            } else {
                let form = files.iter().fold(Form::new(), |form, file| form.upload("file", file));
                visitor.post(&place, form).await
            };
            let json = answer.json();
            match files {
                [_] if json["success"] == true => vec![Outcome::Stored(json["files"][0].clone())],
                [_] => vec![Outcome::Refused(answer.code())],
                _ => outcomes_of_form(files, &json),
            }
        }
        .boxed_local()
    }
}
