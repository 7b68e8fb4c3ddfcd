//! FilePond and Dropzone as doors. They can't say all that other clients say: see [`Door::can_send`].

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde_json::Value;

use super::{Door, Outcome};
use crate::dropzone::drop::Drop;
use crate::filepond::pond::Pond;
use crate::support::{Answer, Form, Upload, Visitor};

/// FilePond, with files that come whole; a form saves what waits for it.
pub(crate) struct WholePond;

/// FilePond with `chunkUploads`.
pub(crate) struct ChunkedPond;

/// Dropzone with `chunking`, last chunk first.
pub(crate) struct ChunkedDrop;

/// Files that come one after the other into a slot that is emptied after each never are too many together.
fn is_about_one(page: &str, slot: &str) -> bool {
    page == "desk" || !["pair", "total"].contains(&slot)
}

/// FilePond tells neither a type with its chunks, nor does Dropzone.
fn says_no_type(files: &[Upload]) -> bool {
    files.iter().all(|file| file.mime().is_empty())
}

/// Its name comes in a header.
fn has_a_plain_name(file: &Upload) -> bool {
    file.name().bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte))
}

type Sent = Result<String, String>;

fn id(answer: &Answer) -> Sent {
    if answer.status == 201 { Ok(answer.text()) } else { Err(answer.code()) }
}

/// What became of files whose ids are known; those that wait for their form are saved by it.
async fn outcomes(visitor: &Visitor, page: &str, sent: Vec<Sent>) -> Vec<Outcome> {
    let ids: Vec<&String> = sent.iter().flatten().collect();
    if page == "desk" && !ids.is_empty() {
        let form = ids.iter().fold(Form::new(), |form, id| form.text("filepond", id));
        let json = visitor.post(page, form).await.json();
        assert_eq!(json["files"].as_array().map(Vec::len), Some(ids.len()), "{json}");
    }
    let mut outcomes = Vec::new();
    for sent in sent {
        outcomes.push(match sent {
            Ok(id) => Outcome::Stored(visitor.get(&format!("/api/files/{id}")).await.json()),
            Err(code) => Outcome::Refused(code),
        });
    }
    outcomes
}

impl Door for WholePond {
    fn name(&self) -> &'static str {
        "FilePond, whole"
    }

    fn can_send(&self, page: &str, slot: &str, _: &[Upload]) -> bool {
        is_about_one(page, slot)
    }

    fn send<'a>(
        &'a self,
        visitor: &'a Visitor,
        page: &'a str,
        slot: &'a str,
        files: &'a [Upload],
    ) -> LocalBoxFuture<'a, Vec<Outcome>> {
        async move {
            visitor.get(page).await;
            let pond = Pond::new(visitor, page, slot);
            let mut sent = Vec::new();
            for file in files {
                sent.push(id(&pond.process(file).await));
            }
            outcomes(visitor, page, sent).await
        }
        .boxed_local()
    }
}

impl Door for ChunkedPond {
    fn name(&self) -> &'static str {
        "FilePond, chunked"
    }

    fn can_send(&self, _: &str, _: &str, files: &[Upload]) -> bool {
        says_no_type(files) && files.iter().all(has_a_plain_name)
    }

    fn send<'a>(
        &'a self,
        visitor: &'a Visitor,
        page: &'a str,
        slot: &'a str,
        files: &'a [Upload],
    ) -> LocalBoxFuture<'a, Vec<Outcome>> {
        async move {
            visitor.get(page).await;
            let pond = Pond::new(visitor, page, slot);
            // All are begun before the first is complete, as FilePond does with several at once.
            let mut begun: Vec<Sent> = Vec::new();
            for file in files {
                let place = id(&pond.ask(Some(file.contents().len())).await);
                begun.push(match place {
                    Ok(place) => fine(pond.chunk(&place, file, 0, 0).await, place),
                    Err(code) => Err(code),
                });
            }
            let mut sent = Vec::new();
            for (file, begun) in files.iter().zip(begun) {
                let end = file.contents().len();
                sent.push(match begun {
                    Ok(place) => {
                        let half = fine(pond.chunk(&place, file, 0, end / 2).await, place);
                        match half {
                            Ok(place) => fine(pond.chunk(&place, file, end / 2, end).await, place),
                            Err(code) => Err(code),
                        }
                    }
                    Err(code) => Err(code),
                });
            }
            outcomes(visitor, page, sent).await
        }
        .boxed_local()
    }
}

fn fine(answer: Answer, place: String) -> Sent {
    if answer.status == 204 { Ok(place) } else { Err(answer.code()) }
}

impl Door for ChunkedDrop {
    fn name(&self) -> &'static str {
        "Dropzone"
    }

    fn can_send(&self, page: &str, slot: &str, files: &[Upload]) -> bool {
        // Its forms are sent one by one, and each saves its file.
        let one = !["pair", "total"].contains(&slot);
        one && is_about_one(page, slot) && says_no_type(files)
    }

    fn leaves_chunks(&self) -> bool {
        true
    }

    fn send<'a>(
        &'a self,
        visitor: &'a Visitor,
        page: &'a str,
        slot: &'a str,
        files: &'a [Upload],
    ) -> LocalBoxFuture<'a, Vec<Outcome>> {
        async move {
            visitor.get(page).await;
            let mut outcomes = Vec::new();
            for (number, file) in files.iter().enumerate() {
                let uuid = format!("file {number}");
                outcomes.push(drop_file(visitor, page, slot, file, &uuid).await);
            }
            outcomes
        }
        .boxed_local()
    }
}

async fn drop_file(
    visitor: &Visitor,
    page: &str,
    slot: &str,
    file: &Upload,
    uuid: &str,
) -> Outcome {
    let drop = Drop::new(visitor, page, uuid).named(slot);
    let length = file.contents().len();
    // What fits into one chunk is not cut; nor is what has none.
    let size = length.div_ceil(3).max(1);
    let mut json = Value::Null;
    if length <= size {
        json = drop.whole(slot, &[file]).await.json();
    }
    for index in (0..length.div_ceil(size)).rev().filter(|_| length > size) {
        json = drop.chunk(file, index, size).await.json();
        if json["success"] != true {
            break;
        }
    }
    match json["files"].get(0) {
        Some(file) => Outcome::Stored(file.clone()),
        None => Outcome::Refused(json["errors"][0]["code"].as_str().unwrap_or("?").to_owned()),
    }
}
