//! Upload tickets: `Authorization: Bearer …` where a client can send headers, and `?ticket=…` where it can't.
//!
//! Browsers send no header of ours with a form, a socket or a link. Whoever came with a ticket in the address gets it
//! carried on in the addresses that are answered, so that the next request has it, too.
//!
//! A ticket speaks for its holder at our own doors only. Routes of the application's own never hear of one: they
//! would see an owner and not how little of theirs the ticket opens.

use actix_web::HttpRequest;

use super::{Known, bearer};
use crate::domain::{Code, Rejection};
use crate::uploads::{Uploads, is_ticket};

/// The name of a ticket in an address.
const TICKET: &str = "ticket";

/// Who a request's ticket speaks for; nothing for a request without one.
///
/// # Errors
/// `unauthenticated` for one that is not ours, and for more than one; `expired`.
pub(super) fn find(request: &HttpRequest, uploads: &Uploads) -> Result<Option<Known>, Rejection> {
    let shown = bearer::presented(request.headers())?.filter(|text| is_ticket(text));
    let mut named = named(request.query_string());
    match (shown, named.pop()) {
        (None, None) => Ok(None),
        (Some(text), None) => uploads.ticketed(text).map(|caller| Some(Known::by_proof(caller))),
        (None, Some(text)) if named.is_empty() => {
            let known = Known::by_proof(uploads.ticketed(&text)?);
            Ok(Some(Known { carried: Some(text), ..known }))
        }
        _ => Err(Rejection::new(Code::Unauthenticated).with_message("One ticket is enough.")),
    }
}

/// The tickets that a query names.
fn named(query: &str) -> Vec<String> {
    if !query.contains(TICKET) {
        return Vec::new();
    }
    let pairs = serde_urlencoded::from_str::<Vec<(String, String)>>(query).unwrap_or_default();
    pairs.into_iter().filter(|(name, _)| name == TICKET).map(|(_, text)| text).collect()
}

/// An address with a ticket behind it.
pub(super) fn carry(ticket: &str, address: &str) -> String {
    let first = if address.contains('?') { '&' } else { '?' };
    format!("{address}{first}{TICKET}={ticket}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_are_found_by_their_name_wherever_they_stand() {
        for (query, expected) in [
            ("", &[][..]),
            ("ticket=a", &["a"]),
            ("x=1&ticket=a.b-c_d&y", &["a.b-c_d"]),
            ("tickets=a&my_ticket=b", &[]),
            ("ticket=a&ticket=b", &["a", "b"]),
            ("t%69cket=a", &[]),
            ("ticket=", &[""]),
        ] {
            assert_eq!(named(query), expected, "{query}");
        }
    }

    #[test]
    fn an_address_carries_its_ticket_behind_what_it_says_already() {
        assert_eq!(carry("t", "/inbox"), "/inbox?ticket=t");
        assert_eq!(carry("t", "/inbox?notice=1"), "/inbox?notice=1&ticket=t");
    }
}
