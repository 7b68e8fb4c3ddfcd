//! `/healthz`: the process lives. `/readyz`: it takes new uploads, and if not, why.

use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::{NotReady, Uploads};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.route("/healthz", web::get().to(healthz)).route("/readyz", web::get().to(readyz));
}

async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}

async fn readyz(uploads: web::Data<Uploads>) -> HttpResponse {
    let reasons = uploads.not_ready().await;
    if reasons.is_empty() {
        return HttpResponse::Ok().json(json!({ "status": "ready" }));
    }
    let reasons: Vec<&str> = reasons.into_iter().map(NotReady::as_str).collect();
    HttpResponse::ServiceUnavailable().json(json!({ "status": "not ready", "reasons": reasons }))
}
