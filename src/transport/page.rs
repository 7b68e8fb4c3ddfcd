//! `GET /{page}`: the first rendering of a page, by the same view that the live page will mount.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentType, X_FRAME_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse, web};
use uuid::Uuid;

use super::answer::{Problem, told};
use super::identity::{Visitor, form_token};
use crate::domain::{Caller, Code, PageName, Rejection};
use crate::templates::PageContext;
use crate::uploads::{Mount, Uploads};

/// Nothing but our own files; no inline script, no inline style; previews are `blob:` images. Stored pictures may
/// come from another origin.
fn policy(uploads: &Uploads) -> String {
    let files =
        uploads.site().files_origin().map(|origin| format!(" {origin}")).unwrap_or_default();
    let ancestors = match uploads.admission().framed_by.as_slice() {
        [] => "'none'".to_owned(),
        origins => format!("'self' {}", origins.join(" ")),
    };
    format!(
        "default-src 'self'; img-src 'self' blob: data:{files}; object-src 'none'; base-uri 'none'; \
         form-action 'self'; frame-ancestors {ancestors}"
    )
}

pub(super) async fn get(
    request: HttpRequest,
    page: web::Data<PageName>,
    visitor: Visitor,
    uploads: web::Data<Uploads>,
) -> HttpResponse {
    let mut context = page_context(&uploads, &page, &visitor);
    context.notice = notice(&request, &uploads, &visitor.caller);
    let rendered = async {
        let (mounted, _guard) =
            uploads.mount(&page, visitor.caller.clone(), Mount::Request).await?;
        mounted.render(&context).await
    };
    match rendered.await {
        Ok(html) => html_response(HttpResponse::Ok(), &uploads, html),
        Err(error) => error_page(&uploads, &told(&error)),
    }
}

/// What every rendering of a page is given.
pub(super) fn page_context(uploads: &Uploads, page: &PageName, visitor: &Visitor) -> PageContext {
    let site = uploads.site();
    PageContext {
        path: visitor.carried(site.page(page)),
        live_path: visitor.carried(site.live(page)),
        prefix: site.prefix().to_owned(),
        assets: site.below(&uploads.assets().prefix()),
        token: form_token(uploads, &visitor.caller),
        notice: None,
    }
}

/// A page that says what went wrong, in the same dress.
pub(super) fn error_page(uploads: &Uploads, rejection: &Rejection) -> HttpResponse {
    let problem = Problem::from(rejection.clone());
    let status = actix_web::ResponseError::status_code(&problem);
    let mut context = tera::Context::new();
    context.insert("status", &status.as_u16());
    context.insert("title", status.canonical_reason().unwrap_or("Error"));
    context.insert("message", rejection.message());
    context.insert("prefix", uploads.site().prefix());
    context.insert("assets", &uploads.site().below(&uploads.assets().prefix()));
    match uploads.templates().render("error.html", &context) {
        Ok(html) => html_response(HttpResponse::build(status), uploads, html),
        Err(_) => actix_web::ResponseError::error_response(&problem),
    }
}

fn html_response(
    mut builder: actix_web::HttpResponseBuilder,
    uploads: &Uploads,
    html: String,
) -> HttpResponse {
    // In a frame of another site's a visitor would click what they don't see.
    if uploads.admission().framed_by.is_empty() {
        builder.insert_header((X_FRAME_OPTIONS, "DENY"));
    }
    builder
        .content_type(ContentType::html())
        .insert_header((CONTENT_SECURITY_POLICY, policy(uploads)))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(("x-content-type-options", "nosniff"))
        .insert_header(("referrer-policy", "same-origin"))
        .body(html)
}

fn notice(request: &HttpRequest, uploads: &Uploads, caller: &Caller) -> Option<serde_json::Value> {
    let id = request.query_string().split('&').find_map(|pair| pair.strip_prefix("notice="))?;
    uploads.notices().get(Uuid::parse_str(id).ok()?, caller)
}

/// For `App::default_service`: our error page for paths that nobody knows, or a problem for scripts.
pub async fn nothing_here(request: HttpRequest, uploads: web::Data<Uploads>) -> HttpResponse {
    let rejection = Rejection::new(Code::UnknownEntry).with_message("There is nothing here.");
    if super::answer::wants_page(&request) {
        error_page(&uploads, &rejection)
    } else {
        actix_web::ResponseError::error_response(&Problem::from(rejection))
    }
}
