//! A form in one go (`curl -F file=@x`): each of its files goes into the slot of the address, whatever its field is
//! called. The other fields are what the page's `save` is told.

use actix_web::{HttpResponse, web};
use serde_json::{Map, Value};

use super::answer::Refused;
use super::ask::Ask;
use super::whole::{mount, told};
use crate::domain::ClientFacts;
use crate::mounted::Mounted;
use crate::transport::answer::Problem;
use crate::transport::intake::{self, Pieces, Receipt, settle};
use crate::transport::multipart::{self, Content, Parts};
use crate::transport::peers::{Ear, Incoming};

/// Bytes of all text fields of a form.
const TOGETHER: usize = 1024 * 1024;

pub(super) async fn take(ask: Ask, payload: web::Payload) -> HttpResponse {
    let body = Incoming::new(payload, &ask.request, &ask.uploads);
    let result = receive(&ask, body).await;
    let broken = result.as_ref().map_or(true, |receipt| receipt.broken);
    let mut response = told(&ask, result);
    if broken {
        response.head_mut().set_connection_type(actix_http::ConnectionType::Close);
    }
    Ear::answer(&ask.request, response)
}

async fn receive(ask: &Ask, body: Incoming<web::Payload>) -> Result<Receipt, Refused> {
    let (mounted, _guard) = mount(ask).await?;
    let mut parts = Parts::of(&ask.request, body, ask.uploads.limits());
    let mut receipt = Receipt::default();
    let mut fields = Fields::default();
    while let Some(part) = parts.next().await {
        let step = async {
            let mut field = part?;
            take_part(ask, &mut Part::of(&mut field), &mounted, &mut fields, &mut receipt).await
        };
        if let Err(problem) = step.await {
            // What was stored before stays stored, and is told.
            if receipt.complete.is_empty() && receipt.refused.is_empty() {
                return Err(problem.into());
            }
            receipt.refuse("", problem.rejection().clone());
            receipt.broken = true;
            break;
        }
    }
    settle(None, Value::Object(fields.values), &mounted, &mut receipt).await?;
    Ok(receipt)
}

/// Text fields, and how many bytes they have together.
#[derive(Debug, Default)]
struct Fields {
    values: Map<String, Value>,
    bytes: usize,
}

struct Part<'a> {
    name: String,
    file: Option<String>,
    content: Content<'a>,
}

impl<'a> Part<'a> {
    fn of(part: &'a mut multipart::Part) -> Self {
        let name = part.name().unwrap_or_default().to_owned();
        Self { name, file: multipart::file_name(part), content: Content::of(part) }
    }
}

async fn take_part(
    ask: &Ask,
    part: &mut Part<'_>,
    mounted: &Mounted,
    fields: &mut Fields,
    receipt: &mut Receipt,
) -> Result<(), Problem> {
    let limits = ask.uploads.limits();
    let Some(name) = part.file.take() else {
        let room = limits.max_field.min(TOGETHER.saturating_sub(fields.bytes));
        let value = multipart::text(&mut part.content, room).await?;
        fields.bytes += part.name.len() + value.len();
        fields.values.insert(std::mem::take(&mut part.name), Value::String(value));
        return Ok(());
    };
    let mut first = part.content.next().await?;
    while first.as_ref().is_some_and(|piece| piece.is_empty()) {
        first = part.content.next().await?;
    }
    if name.is_empty() && first.is_none() {
        return Ok(()); // A file input with nothing chosen.
    }
    let facts = ClientFacts {
        client_name: name,
        client_type: part.content.field().content_type().map(ToString::to_string),
        ..ClientFacts::default()
    };
    intake::take(&mut part.content, first, &ask.slot, facts, mounted, limits.max_skip, receipt)
        .await
}
