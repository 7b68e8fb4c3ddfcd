//! OPTIONS: what the server can do.

use actix_web::HttpResponse;

use super::checksum::ALGORITHMS;
use super::place::Place;
use super::refusal::Refusal;
use super::version::{TUS_VERSION, VERSION};

/// "Tus-Extension": exactly what works. A client that finds an extension here relies on it.
const EXTENSIONS: &str = "creation,creation-with-upload,creation-defer-length,expiration,checksum,\
                          termination,concatenation";

/// "OPTIONS": the versions, the extensions and the largest upload, which is that of the slot. The request need not
/// name a version, and one that it names means nothing.
pub(super) async fn options(place: &Place, slot: &str) -> Result<HttpResponse, Refusal> {
    let standing = place.stand(slot, place.visitor.caller.clone()).await?;
    let mut answer = HttpResponse::NoContent();
    answer
        .insert_header((TUS_VERSION, VERSION))
        .insert_header(("tus-extension", EXTENSIONS))
        .insert_header(("tus-checksum-algorithm", ALGORITHMS));
    let max = standing.slot().constraints().max_file_size;
    if i64::try_from(max).is_ok() {
        answer.insert_header(("tus-max-size", max));
    }
    Ok(answer.finish())
}
