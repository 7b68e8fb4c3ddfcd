//! Parts of a multipart body, for every door that takes one: a text field is read whole and bounded, a file's
//! bytes go past, the parser included.

mod body;
mod delimiter;
mod parser;
mod part;

use actix_multipart::{Field, MultipartError};
use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::Payload;

use self::parser::Parser;
pub(in crate::transport) use self::part::{Content, Part};
use super::answer::Problem;
use super::intake::Pieces;
use super::peers::{self, Ear, Incoming};
use crate::domain::Code;
use crate::uploads::Limits;

/// What a broken body is called.
fn broken(error: &MultipartError) -> Problem {
    match error {
        MultipartError::Payload(error) => peers::broken(error, "The form"),
        error => {
            Problem::because(Code::InvalidMessage, format!("The form can't be read: {error}."))
        }
    }
}

/// The parts of a body, one after the other, and not without end.
pub(in crate::transport) struct Parts {
    parser: Parser,
    count: usize,
    max: usize,
    ear: Ear,
}

impl Parts {
    pub(in crate::transport) fn of(
        request: &HttpRequest,
        body: Incoming<Payload>,
        limits: &Limits,
    ) -> Self {
        let parser = Parser::of(request.headers(), body);
        Self { parser, count: 0, max: limits.max_parts, ear: Ear::of(request) }
    }

    /// The next one. Behind an error nothing can be read, and nothing is if the body is none or has too many parts.
    pub(in crate::transport) async fn next(&mut self) -> Option<Result<Part, Problem>> {
        let part = self.parser.next().await?.map_err(|error| broken(&error));
        self.count += 1;
        let part = if self.count > self.max {
            let message = format!("A form may have {} parts.", self.max);
            Err(Problem::because(Code::TooManyFiles, message))
        } else {
            part
        };
        if part.as_ref().is_err_and(|problem| problem.rejection().code() != Code::TimedOut) {
            self.ear.close();
        }
        Some(part)
    }
}

/// Reads a text field.
pub(in crate::transport) async fn text(
    content: &mut Content<'_>,
    limit: usize,
) -> Result<String, Problem> {
    let bytes = content.whole("A text field", limit).await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The file's name as the part says it. Browsers leave backslashes as they are and write `"`, CR and LF as
/// `%22`, `%0D` and `%0A` (HTML, "multipart form data"); older clients write `\"` and `\\`. What a general
/// parser of quoted strings makes of `..\x` is another name.
pub(in crate::transport) fn file_name(field: &Field) -> Option<String> {
    // Whoever has no name by the general rules has none here.
    field.content_disposition()?.get_filename()?;
    let header = field.headers().get(CONTENT_DISPOSITION)?;
    let header = std::str::from_utf8(header.as_bytes()).ok()?;
    let value = parameter(header, "filename")?;
    Some(value.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n"))
}

/// A parameter of a `Content-Disposition`, as it stands between its quotes.
pub(in crate::transport) fn parameter(header: &str, wanted: &str) -> Option<String> {
    let mut rest = header.split_once(';')?.1;
    loop {
        let (name, value) = rest.trim_start().split_once('=')?;
        let (text, behind) = match value.trim_start().strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => {
                let (token, behind) = value.split_once(';').unwrap_or((value, ""));
                (token.trim().to_owned(), behind)
            }
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(text);
        }
        rest = behind.trim_start().trim_start_matches(';');
    }
}

/// A quoted string behind its first quote, and what follows its last.
fn unquoted(quoted: &str) -> (String, &str) {
    let mut text = String::new();
    let mut chars = quoted.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let escaped = chars.next_if(|(_, next)| c == '\\' && matches!(next, '"' | '\\'));
        match (c, escaped) {
            (_, Some((_, escaped))) => text.push(escaped),
            ('"', None) => return (text, &quoted[at + 1..]),
            (c, None) => text.push(c),
        }
    }
    (text, "")
}

#[cfg(test)]
mod fuzz;
#[cfg(feature = "testing")]
pub(in crate::transport) mod rooms;
