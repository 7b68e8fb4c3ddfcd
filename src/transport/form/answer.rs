//! What a form's sender is told: JSON for scripts, and for a browser the way back to its page, which shows
//! what was stored and what was refused.

use actix_web::http::StatusCode;
use actix_web::http::header::{LOCATION, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use serde_json::{Value, json};

use crate::domain::{PageName, Rejection};
use crate::templates::FileFacts;
use crate::transport::answer::{Problem, later, wants_page};
use crate::transport::files::{body, errors};
use crate::transport::identity::Visitor;
use crate::transport::intake::Receipt;
use crate::transport::page::error_page;
use crate::transport::peers::Ear;
use crate::uploads::Uploads;

pub(super) fn answer(
    request: &HttpRequest,
    uploads: &Uploads,
    page: &PageName,
    visitor: &Visitor,
    result: Result<Receipt, Problem>,
) -> HttpResponse {
    let (mut response, broken) = match (result, wants_page(request)) {
        (Ok(receipt), true) => (back(uploads, page, visitor, &receipt), receipt.broken),
        (Ok(receipt), false) => (receipt.json(uploads), receipt.broken),
        (Err(problem), true) => {
            let nothing_chosen = problem.status_code() == StatusCode::BAD_REQUEST;
            let response = if nothing_chosen {
                see_page(
                    uploads,
                    page,
                    visitor,
                    notice(&[], &[(String::new(), problem.rejection().clone())]),
                )
            } else {
                error_page(uploads, problem.rejection())
            };
            (response, true)
        }
        (Err(problem), false) => {
            let refused = [(String::new(), problem.rejection().clone())];
            let mut response = HttpResponse::build(problem.status_code());
            if let Some(seconds) = later(problem.rejection()) {
                response.insert_header((RETRY_AFTER, seconds));
            }
            (response.json(body(false, &[], &refused)), true)
        }
    };
    if broken {
        // Its body may not have been read to the end: nothing sensible can follow on this connection.
        response.head_mut().set_connection_type(actix_http::ConnectionType::Close);
    }
    Ear::answer(request, response)
}

fn notice(stored: &[FileFacts], refused: &[(String, Rejection)]) -> Value {
    json!({ "stored": stored, "errors": errors(refused) })
}

fn back(uploads: &Uploads, page: &PageName, visitor: &Visitor, receipt: &Receipt) -> HttpResponse {
    if receipt.event_only && receipt.refused.is_empty() {
        return see_other(&visitor.carried(uploads.site().page(page)));
    }
    let stored: Vec<FileFacts> = receipt.stored.iter().map(|file| uploads.facts(file)).collect();
    see_page(uploads, page, visitor, notice(&stored, &receipt.refused))
}

fn see_page(uploads: &Uploads, page: &PageName, visitor: &Visitor, notice: Value) -> HttpResponse {
    let id = uploads.notices().put(visitor.caller.clone(), notice);
    let place = format!("{}?notice={id}", uploads.site().page(page));
    see_other(&visitor.carried(place))
}

fn see_other(place: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, place)).finish()
}
