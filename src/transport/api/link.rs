//! `POST /api/files/{id}/link`: an address by which somebody without our cookie gets one file, for a while.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::files::{file_id, unknown};
use crate::domain::Code;
use crate::site::Way;
use crate::templates::rfc3339;
use crate::transport::answer::Problem;
use crate::transport::identity::Visitor;
use crate::uploads::Uploads;

/// A week, as seconds. What is to last longer is a file for everybody, and served otherwise.
const LONGEST: u64 = 7 * 24 * 3_600;
const USUAL: u64 = 3_600;
/// More than this says nothing about a link.
const LARGEST: usize = 4 * 1024;

/// What the link shall be like; all of it may be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Wish {
    /// Seconds.
    expires_in: Option<u64>,
    download: bool,
}

pub(in crate::transport) async fn post_link(
    id: web::Path<String>,
    visitor: Visitor,
    uploads: web::Data<Uploads>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    if visitor.needs_token {
        return Err(Problem::new(Code::Forbidden));
    }
    let wish = read(&body)?;
    let file = uploads.file(file_id(&id)?, &visitor.caller).await.map_err(unknown)?;
    let lasts = Duration::from_secs(wish.expires_in.unwrap_or(USUAL));
    let way = if wish.download { Way::Download } else { Way::AsUsual };
    let (url, until) = uploads.link_until(&file, lasts, way);
    let answer = json!({ "url": url, "expires_at": rfc3339(until) });
    Ok(HttpResponse::Created().insert_header(("cache-control", "no-store")).json(answer))
}

fn read(body: &[u8]) -> Result<Wish, Problem> {
    let bad = |what: &str| Problem::because(Code::InvalidMessage, what.to_owned());
    if body.is_empty() {
        return Ok(Wish::default());
    }
    if body.len() > LARGEST {
        return Err(bad("The body is too long."));
    }
    // An object, said as one: a list would be read as the members in their order.
    let object: serde_json::Map<String, Value> =
        serde_json::from_slice(body).map_err(|error| bad(&error.to_string()))?;
    let wish: Wish =
        serde_json::from_value(Value::Object(object)).map_err(|error| bad(&error.to_string()))?;
    if wish.expires_in.is_some_and(|seconds| !(1..=LONGEST).contains(&seconds)) {
        return Err(bad("`expires_in` must be a number of seconds from 1 to 604800."));
    }
    Ok(wish)
}
