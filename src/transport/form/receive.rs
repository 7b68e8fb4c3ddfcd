//! A multipart body, part by part: each file is registered, written, settled and offered to the view before
//! the next part is read.

use actix_multipart::Multipart;
use actix_web::{HttpRequest, web};
use futures_util::StreamExt;

use super::fields::Fields;
use crate::domain::{ClientFacts, Code};
use crate::mounted::Mounted;
use crate::transport::answer::Problem;
use crate::transport::identity::Visitor;
use crate::transport::intake::{Pieces, Receipt, settle, take};
use crate::transport::multipart::{self, Content};
use crate::transport::peers::Incoming;
use crate::uploads::Uploads;

pub(super) async fn multipart(
    request: &HttpRequest,
    body: Incoming<web::Payload>,
    mounted: &Mounted,
    visitor: &Visitor,
    uploads: &Uploads,
) -> Result<Receipt, Problem> {
    let mut parts = Multipart::new(request.headers(), body);
    let limits = uploads.limits();
    let mut receipt = Receipt::default();
    let mut fields = Fields::default();
    let mut count = 0;
    while let Some(part) = parts.next().await {
        let step = async {
            let mut field = part.map_err(|error| multipart::broken(&error))?;
            count += 1;
            if count > limits.max_parts {
                let message = format!("A form may have {} parts.", limits.max_parts);
                return Err(Problem::because(Code::TooManyFiles, message));
            }
            let name = field.name().unwrap_or_default().to_owned();
            let file = multipart::file_name(&field);
            let mut content = Content::of(&mut field);
            if file.is_none() && slot_name(mounted, &name).is_none() {
                let room = limits.max_field.min(fields.room());
                let value = multipart::text(&mut content, room).await?;
                fields.add(&name, value);
                return Ok(());
            }
            fields.authorise(visitor, uploads)?;
            take_file(&mut content, &name, file, mounted, limits.max_skip, &mut receipt).await
        };
        if let Err(problem) = step.await {
            // What was stored before stays stored, and is told.
            if receipt.complete.is_empty() && receipt.refused.is_empty() {
                return Err(problem);
            }
            receipt.refuse("", problem.rejection().clone());
            receipt.broken = true;
            break;
        }
    }
    fields.authorise(visitor, uploads)?;
    let event = fields.event.take();
    settle(event, fields.into_payload(), mounted, &mut receipt).await?;
    Ok(receipt)
}

async fn take_file(
    content: &mut Content<'_>,
    name: &str,
    file: Option<String>,
    mounted: &Mounted,
    max_skip: u64,
    receipt: &mut Receipt,
) -> Result<(), Problem> {
    let mut first = content.next().await?;
    while first.as_ref().is_some_and(|piece| piece.is_empty()) {
        first = content.next().await?;
    }
    if file.as_deref().is_none_or(str::is_empty) && first.is_none() {
        return Ok(()); // A file input with nothing chosen.
    }
    let shown = file.unwrap_or_default();
    let Some(slot) = slot_name(mounted, name) else {
        receipt.refuse(&shown, mounted.session.unknown_slot(name));
        return content.skip(max_skip).await;
    };
    let facts = ClientFacts {
        client_name: shown,
        client_type: content.field().content_type().map(ToString::to_string),
        ..ClientFacts::default()
    };
    take(content, first, &slot, facts, mounted, max_skip, receipt).await
}

/// A field is named after its slot; the names that other clients use mean the page's first slot.
fn slot_name(mounted: &Mounted, field: &str) -> Option<String> {
    let name = field.strip_suffix("[]").unwrap_or(field);
    if mounted.session.slot(name).is_some() {
        return Some(name.to_owned());
    }
    let first = || mounted.session.slots().first().map(|slot| slot.name().to_string());
    matches!(name, "file" | "files").then(first).flatten()
}
