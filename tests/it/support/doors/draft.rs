//! The draft's door, and a file in one go.

use actix_web::http::Method;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use super::{Door, Outcome, outcomes_of_form};
use crate::support::{Form, Upload, Visitor};

/// Resumable uploads of the IETF's draft: begun without content, appended to in two halves.
pub(crate) struct DraftDoor;

/// A file in one go, put under its name; several in one form at the same place.
pub(crate) struct PlainDoor;

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
