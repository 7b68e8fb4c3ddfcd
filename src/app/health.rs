//! `/healthz`: the process lives. `/readyz`: it takes new uploads.

use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::Uploads;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.route("/healthz", web::get().to(healthz)).route("/readyz", web::get().to(readyz));
}

async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}

async fn readyz(uploads: web::Data<Uploads>) -> HttpResponse {
    if uploads.is_ready().await {
        HttpResponse::Ok().json(json!({ "status": "ready" }))
    } else {
        HttpResponse::ServiceUnavailable().json(json!({ "status": "not ready" }))
    }
}
