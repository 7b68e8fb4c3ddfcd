//! Rates and places, asked at the door: see `uploads/rates.rs`.

use actix_web::HttpMessage;
use actix_web::HttpRequest;

use super::address;
use crate::domain::{Caller, Rejection};
use crate::uploads::{Kind, Origin, Seat, Toll, Uploads};

/// Counts a request of a caller, and notes what its bytes have to wait for.
///
/// # Errors
/// `rate_limited` with `retry_after`, before anything else is done for it.
pub(super) fn admit(
    request: &HttpRequest,
    uploads: &Uploads,
    caller: &Caller,
    kind: Kind,
) -> Result<(), Rejection> {
    let (meters, from) = (uploads.meters(), address::client(request, uploads));
    meters.admit(from, caller, kind)?;
    let toll = meters.toll(from, caller);
    request.extensions_mut().insert(toll);
    Ok(())
}

/// A place for a live page.
///
/// # Errors
/// `rate_limited` if its caller or its address has too many.
pub(super) fn sit_down(
    request: &HttpRequest,
    uploads: &Uploads,
    caller: &Caller,
) -> Result<[Seat; 2], Rejection> {
    uploads.meters().sit_down(address::client(request, uploads), caller)
}

/// Where a live page comes from.
pub(super) fn origin(request: &HttpRequest, uploads: &Uploads, is_stranger: bool) -> Origin {
    Origin { address: address::client(request, uploads), is_stranger }
}

/// What a request's bytes have to wait for.
pub(super) fn toll(request: &HttpRequest) -> Toll {
    request.extensions().get::<Toll>().cloned().unwrap_or_default()
}
