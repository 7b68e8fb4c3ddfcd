//! `GET /static/…`: the embedded style and scripts. The prefix names the content, so a browser keeps them.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::uploads::Uploads;

pub(super) async fn get(
    request: HttpRequest,
    path: web::Path<(String, String)>,
    uploads: web::Data<Uploads>,
) -> HttpResponse {
    let (version, path) = path.into_inner();
    let Some(asset) = uploads.assets().get(&path) else { return HttpResponse::NotFound().finish() };
    let etag = format!("\"{}\"", asset.etag);
    let cache = if uploads.assets().is_immutable(&version) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let known = request.headers().get(IF_NONE_MATCH).is_some_and(|tag| tag == etag.as_str());
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((CACHE_CONTROL, cache))
        .insert_header((ETAG, etag))
        .insert_header(("x-content-type-options", "nosniff"));
    if known {
        return response.finish();
    }
    response.insert_header((CONTENT_TYPE, media_type(&path))).body(asset.bytes.into_owned())
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ts" | "txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
