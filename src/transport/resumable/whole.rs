//! A file in one go: `curl -T file URL/`, or a `POST` whose `Content-Disposition` names it.
//!
//! If it breaks in the middle nothing is kept: its client knows no address at which it could go on.

use actix_web::{HttpResponse, web};
use serde_json::json;

use super::answer::{Refused, refused, set};
use super::ask::Ask;
use super::body::{Body, LITTLE};
use super::digests::{Memo, REPR_DIGEST};
use super::fields::UPLOAD_LIMIT;
use crate::mounted::Mounted;
use crate::supervisor::SessionGuard;
use crate::transport::answer::Problem;
use crate::transport::intake::{self, Pieces, Receipt, settle};
use crate::uploads::Mount;

pub(super) async fn take(ask: Ask, payload: web::Payload) -> HttpResponse {
    let mut body = Body::new(payload, &ask);
    let result = receive(&ask, &mut body).await;
    let mut response = told(&ask, result);
    if !body.past().await {
        response.head_mut().set_connection_type(actix_http::ConnectionType::Close);
    }
    response
}

async fn receive(ask: &Ask, body: &mut Body) -> Result<Receipt, Refused> {
    let facts = ask.facts(ask.fields.content_length)?;
    let (mounted, _guard) = mount(ask).await?;
    let mut receipt = Receipt::default();
    let mut first = body.next().await?;
    while first.as_ref().is_some_and(|piece| piece.is_empty()) {
        first = body.next().await?;
    }
    let taken = intake::take(body, first, &ask.slot, facts, &mounted, LITTLE, &mut receipt).await;
    if let Err(problem) = taken {
        if receipt.refused.is_empty() {
            return Err(problem.into());
        }
        body.give_up();
    }
    settle(None, json!({}), &mounted, &mut receipt).await?;
    Ok(receipt)
}

/// The page for this request alone; the guard ends its session, also when its client goes away half-way.
pub(super) async fn mount(ask: &Ask) -> Result<(Mounted, SessionGuard), Problem> {
    let caller = ask.visitor.caller.clone();
    let (mounted, guard) = ask.uploads.mount(&ask.page, caller, Mount::Request).await?;
    match mounted.session.slot(&ask.slot) {
        Some(slot) => ask.is_limited_by(&slot),
        None => return Err(mounted.session.unknown_slot(&ask.slot).into()),
    }
    Ok((mounted, guard))
}

/// What became of files in one go, as the form door says it.
pub(super) fn told(ask: &Ask, result: Result<Receipt, Refused>) -> HttpResponse {
    let mut response = match result {
        Ok(receipt) => {
            let mut response = receipt.json(&ask.uploads);
            let memo = Memo::read(ask.request.headers());
            if let [entry] = receipt.complete.as_slice()
                && let Some(digest) = memo.of(entry)
            {
                set(response.headers_mut(), REPR_DIGEST, &digest);
            }
            response
        }
        Err(Refused::Problem(problem)) => refused("", problem.rejection()),
        Err(other) => other.response(ask),
    };
    let too_large = response.status() == actix_web::http::StatusCode::PAYLOAD_TOO_LARGE;
    if let Some(limits) = ask.limits().filter(|_| too_large) {
        set(response.headers_mut(), UPLOAD_LIMIT, limits);
    }
    response
}
