//! A multipart body, part by part: each file is registered, written, settled and offered to the view before
//! the next part is read.

use actix_web::{HttpRequest, web};

use super::claims::{Claims, Field};
use super::dropzone;
use super::fields::Fields;
use crate::domain::ClientFacts;
use crate::mounted::Mounted;
use crate::transport::answer::Problem;
use crate::transport::identity::Visitor;
use crate::transport::intake::{Pieces, Receipt, settle, take};
use crate::transport::multipart::{self, Content, Part, Parts};
use crate::transport::peers::Incoming;
use crate::uploads::Uploads;

pub(super) async fn multipart(
    request: &HttpRequest,
    body: Incoming<web::Payload>,
    mounted: &Mounted,
    visitor: &Visitor,
    uploads: &Uploads,
) -> Result<Receipt, Problem> {
    let mut parts = Parts::of(request, body, uploads.limits());
    let mut form = Form::new(request, mounted, visitor, uploads);
    while let Some(part) = parts.next().await {
        let taken = match part {
            Ok(part) => form.take(part).await,
            Err(problem) => Err(problem),
        };
        if let Err(problem) = taken {
            let receipt = &mut form.receipt;
            // What was stored before stays stored, and is told.
            if receipt.complete.is_empty() && receipt.refused.is_empty() {
                return Err(problem);
            }
            receipt.refuse("", problem.rejection().clone());
            receipt.broken = true;
            break;
        }
    }
    form.settle().await
}

/// A form that is being read.
struct Form<'a> {
    request: &'a HttpRequest,
    mounted: &'a Mounted,
    visitor: &'a Visitor,
    uploads: &'a Uploads,
    fields: Fields,
    claims: Claims,
    receipt: Receipt,
    /// It brings a chunk of a file.
    is_chunk: bool,
}

impl<'a> Form<'a> {
    fn new(
        request: &'a HttpRequest,
        mounted: &'a Mounted,
        visitor: &'a Visitor,
        uploads: &'a Uploads,
    ) -> Self {
        let (fields, claims, receipt) = Default::default();
        Self { request, mounted, visitor, uploads, fields, claims, receipt, is_chunk: false }
    }

    /// Takes a part. An error is about the body: nothing behind it can be read.
    async fn take(&mut self, mut part: Part) -> Result<(), Problem> {
        let limits = self.uploads.limits();
        let name = part.name().unwrap_or_default().to_owned();
        let file = multipart::file_name(&part);
        let mut content = Content::of(&mut part);
        if file.is_none() {
            let claim = Field::of(&name, self.mounted);
            if claim.is_some() || slot_name(self.mounted, &name).is_none() {
                let room = limits.max_field.min(self.fields.room());
                let text = multipart::text(&mut content, room).await?;
                self.say(&name, claim, text);
                return Ok(());
            }
        }
        self.fields.authorise(self.visitor, self.uploads)?;
        self.file(&mut content, &name, file).await
    }

    /// Notes a text field.
    fn say(&mut self, name: &str, claim: Option<Field>, text: String) {
        let Some(claim) = claim else { return self.fields.add(name, text) };
        self.fields.count(name, &text);
        if let Err(rejection) = self.claims.add(claim, &text) {
            self.receipt.refuse("", rejection);
        }
    }

    async fn file(
        &mut self,
        content: &mut Content<'_>,
        name: &str,
        file: Option<String>,
    ) -> Result<(), Problem> {
        let chunk = dropzone::Chunk::of(&self.fields);
        let mut first = content.next().await?;
        while first.as_ref().is_some_and(|piece| piece.is_empty()) {
            first = content.next().await?;
        }
        if file.as_deref().is_none_or(str::is_empty) && first.is_none() {
            return Ok(()); // A file input with nothing chosen.
        }
        let max_skip = self.uploads.limits().max_skip;
        let shown = file.unwrap_or_default();
        let Some(slot) = slot_name(self.mounted, name) else {
            self.receipt.refuse(&shown, self.mounted.session.unknown_slot(name));
            return content.skip(max_skip).await;
        };
        let facts = ClientFacts {
            client_name: shown,
            client_type: content.field().content_type().map(ToString::to_string),
            ..ClientFacts::default()
        };
        let receipt = &mut self.receipt;
        match chunk {
            None => take(content, first, &slot, facts, self.mounted, max_skip, receipt).await,
            Some(chunk) => {
                self.is_chunk = true;
                let from = dropzone::Sender {
                    request: self.request,
                    visitor: self.visitor,
                    uploads: self.uploads,
                    page: self.mounted.session.page(),
                    slot: &slot,
                };
                dropzone::take(content, first, chunk, facts, &from, receipt).await
            }
        }
    }

    /// The form was read. Its event runs, unless it was a chunk: the page has heard of its file where it was joined.
    async fn settle(mut self) -> Result<Receipt, Problem> {
        self.fields.authorise(self.visitor, self.uploads)?;
        if !self.is_chunk {
            if !self.receipt.broken {
                self.claims.settle(self.mounted, &mut self.receipt).await;
            }
            let event = self.fields.event.take();
            settle(event, self.fields.into_payload(), self.mounted, &mut self.receipt).await?;
        }
        Ok(self.receipt)
    }
}

/// A field is named after its slot; the names that other clients use mean the page's first slot.
fn slot_name(mounted: &Mounted, field: &str) -> Option<String> {
    let name = bare(field);
    if mounted.session.slot(name).is_some() {
        return Some(name.to_owned());
    }
    let first = || mounted.session.slots().first().map(|slot| slot.name().to_string());
    matches!(name, "file" | "files").then(first).flatten()
}

/// A field's name without what says that there are several: `file[]`, and Dropzone's `file[0]`.
pub(super) fn bare(field: &str) -> &str {
    let index = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_digit());
    let name = field.strip_suffix(']').and_then(|field| field.rsplit_once('['));
    name.filter(|(_, rest)| index(rest)).map_or(field, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::bare;

    #[test]
    fn a_field_of_several_is_named_like_one() {
        for (field, name) in [
            ("file", "file"),
            ("file[]", "file"),
            ("file[0]", "file"),
            ("file[12]", "file"),
            ("file[x]", "file[x]"),
            ("file[0][1]", "file[0]"),
            ("[0]", ""),
            ("]", "]"),
            ("", ""),
        ] {
            assert_eq!(bare(field), name, "{field}");
        }
    }
}
