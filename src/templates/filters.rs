//! Which filters and functions every template finds besides Tera's own.
//!
//! Without them each page would write the attributes, classes and labels of an upload by hand, and a slot whose
//! rules change would be wrong on half of the pages. What each of them renders is in `docs/guides/templates.md`.
//!
//! INVARIANT: what a filter renders is escaped where it is put together (`markup.rs`), and nowhere marked as safe
//! besides.

use tera::Tera;

use super::{elsewhere, errors, head, input, preview, progress, words, zone};

/// A Tera that knows ours.
pub(super) fn tera() -> Tera {
    let mut tera = Tera::default();
    tera.register_filter("live_file_input", input::live_file_input);
    tera.register_filter("upload_zone", zone::upload_zone);
    tera.register_filter("upload_preview", preview::upload_preview);
    tera.register_filter("upload_progress", progress::upload_progress);
    tera.register_filter("upload_summary", progress::upload_summary);
    tera.register_filter("upload_cancel", progress::upload_cancel);
    tera.register_filter("upload_errors", errors::upload_errors);
    tera.register_filter("human_size", words::human_size);
    // The name that Django's templates know it by.
    tera.register_filter("filesizeformat", words::human_size);
    tera.register_filter("file_name", words::file_name);
    tera.register_function("longshore_head", head::longshore_head);
    tera.register_function("form_fields", head::form_fields);
    tera.register_function("uploads_elsewhere", elsewhere::uploads_elsewhere);
    tera
}
