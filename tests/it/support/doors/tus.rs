//! The tus door.

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde_json::json;

use super::{Door, Outcome};
use crate::support::tus::{BYTES, Tus, metadata};
use crate::support::{Answer, Upload, Visitor};

/// A tus client.
pub(crate) struct TusDoor;

impl Door for TusDoor {
    fn name(&self) -> &'static str {
        "tus"
    }

    fn send<'a>(
        &'a self,
        visitor: &'a Visitor,
        page: &'a str,
        slot: &'a str,
        files: &'a [Upload],
    ) -> LocalBoxFuture<'a, Vec<Outcome>> {
        async move {
            // Who sends several files together is one client: its cookie is known before the first.
            visitor.get(page).await;
            let client = Tus::by(visitor);
            let slot = slot.replace('/', "%2F");
            let mut created = Vec::new();
            for file in files {
                let (length, mut said) =
                    (file.contents().len().to_string(), vec![("filename", file.name())]);
                if !file.mime().is_empty() {
                    said.push(("filetype", file.mime()));
                }
                let headers = [("upload-length", &*length), ("upload-metadata", &metadata(&said))];
                let url = format!("/tus/{page}/{slot}");
                created.push(client.try_send("POST", &url, &headers, b"").await);
            }
            let mut outcomes = Vec::new();
            for (file, created) in files.iter().zip(created) {
                let address = created.as_ref().and_then(|answer| answer.header("location"));
                let end = match address {
                    Some(url) if !file.contents().is_empty() => {
                        let headers = [BYTES, ("upload-offset", "0")];
                        client.try_send("PATCH", url, &headers, file.contents()).await
                    }
                    _ => created,
                };
                outcomes.push(outcome_of(end));
            }
            outcomes
        }
        .boxed_local()
    }
}

fn outcome_of(answer: Option<Answer>) -> Outcome {
    match answer {
        None => Outcome::Refused("no answer".to_owned()),
        Some(answer) if answer.status < 300 => Outcome::Stored(json!({})),
        Some(answer) => Outcome::Refused(answer.code()),
    }
}
