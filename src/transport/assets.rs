//! `GET /static/…`: the embedded style and scripts. The prefix names the content, so a browser keeps them.

use actix_web::http::header::{
    ACCEPT_ENCODING, AcceptEncoding, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, Encoding,
    Header, IF_NONE_MATCH, VARY,
};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::uploads::Uploads;

pub(super) async fn get(
    request: HttpRequest,
    path: web::Path<(String, String)>,
    uploads: web::Data<Uploads>,
) -> HttpResponse {
    let (version, path) = path.into_inner();
    let Some(asset) = uploads.assets().get(&path) else { return HttpResponse::NotFound().finish() };
    let varies = asset.packed.is_some();
    let packed = asset.packed.filter(|_| takes_gzip(&request));
    let etag = format!("\"{}{}\"", asset.etag, if packed.is_some() { "-gzip" } else { "" });
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
    if varies {
        response.insert_header((VARY, ACCEPT_ENCODING.as_str()));
    }
    if known {
        return response.finish();
    }
    response.insert_header((CONTENT_TYPE, media_type(&path)));
    match packed {
        Some(packed) => response.insert_header((CONTENT_ENCODING, "gzip")).body(packed),
        None => response.body(asset.bytes),
    }
}

/// A client that says nothing gets the plain bytes: curl writes down what it is sent.
fn takes_gzip(request: &HttpRequest) -> bool {
    AcceptEncoding::parse(request).is_ok_and(|accepted| {
        let gzip = Encoding::gzip();
        accepted.negotiate([&gzip, &Encoding::identity()].into_iter()) == Some(gzip)
    })
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
