//! A form's text fields: its event, its token, and what else it says.

use actix_web::web;

use serde_json::{Map, Value};

use super::claims::{Claims, Field};
use crate::domain::Code;
use crate::mounted::Mounted;
use crate::transport::answer::Problem;
use crate::transport::identity::{Visitor, checks_token};
use crate::transport::intake::{Pieces, Receipt, run_event, settle};
use crate::transport::peers::Incoming;
use crate::uploads::Uploads;

/// Bytes of all text fields of a form, names included: a part is cheap to send, and its field is kept.
const TOGETHER: usize = 1024 * 1024;

/// Text fields in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) event: Option<String>,
    token: Option<String>,
    payload: Map<String, Value>,
    bytes: usize,
}

impl Fields {
    /// How many bytes the next text field may have.
    pub(super) fn room(&self) -> usize {
        TOGETHER.saturating_sub(self.bytes)
    }

    /// Counts a field that isn't kept here.
    pub(super) fn count(&mut self, name: &str, value: &str) {
        self.bytes += name.len() + value.len();
    }

    /// What a text field said.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.payload.get(name).and_then(Value::as_str)
    }

    /// `_event` and `_token` are the form's own; the rest is the event's payload.
    pub(super) fn add(&mut self, name: &str, value: String) {
        self.count(name, &value);
        match name {
            "_event" => self.event = Some(value),
            "_token" => self.token = Some(value),
            _ => {
                self.payload.insert(name.to_owned(), Value::String(value));
            }
        }
    }

    /// Refuses a form that another site's page may have sent. Called before anything is stored.
    pub(super) fn authorise(&self, visitor: &Visitor, uploads: &Uploads) -> Result<(), Problem> {
        if !visitor.needs_token {
            return Ok(());
        }
        let ours = |token: &String| checks_token(uploads, &visitor.caller, token);
        if self.token.as_ref().is_some_and(ours) {
            return Ok(());
        }
        Err(Problem::because(
            Code::Forbidden,
            "The request says neither where it comes from nor does it carry the form's token.",
        ))
    }

    pub(super) fn into_payload(self) -> Value {
        Value::Object(self.payload)
    }
}

/// A form without files: an event of the page, or ids of files that came before.
pub(super) async fn urlencoded(
    mut incoming: Incoming<web::Payload>,
    mounted: &Mounted,
    visitor: &Visitor,
    uploads: &Uploads,
) -> Result<Receipt, Problem> {
    let limit = uploads.limits().max_field;
    let body = incoming.whole("A form without files", limit).await?;
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(&body)
        .map_err(|error| Problem::because(Code::InvalidMessage, error.to_string()))?;
    let (mut fields, mut claims) = (Fields::default(), Claims::default());
    let mut receipt = Receipt::default();
    for (name, value) in pairs {
        match Field::of(&name, mounted) {
            Some(field) => {
                let claimed = claims.add(field, &value);
                claimed.unwrap_or_else(|rejection| receipt.refuse("", rejection));
            }
            None => fields.add(&name, value),
        }
    }
    fields.authorise(visitor, uploads)?;
    if !claims.is_empty() || !receipt.refused.is_empty() {
        claims.settle(mounted, &mut receipt).await;
        let event = fields.event.take();
        settle(event, fields.into_payload(), mounted, &mut receipt).await?;
        return Ok(receipt);
    }
    let Some(event) = fields.event.take() else {
        return Err(Problem::because(Code::InvalidMessage, "The form names no `_event`."));
    };
    run_event(event, fields.into_payload(), mounted, &mut receipt).await;
    Ok(receipt)
}
