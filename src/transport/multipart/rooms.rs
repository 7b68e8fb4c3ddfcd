//! For `benches/`: the parts of a form, without a request.

use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use actix_web::web::Bytes;
use futures_util::stream;

use super::{Content, Parser, Pieces};

/// How many bytes the parts of a body have.
pub async fn parts(boundary: &str, pieces: &[Bytes]) -> usize {
    let mut headers = HeaderMap::new();
    if let Ok(kind) = HeaderValue::from_str(&format!("multipart/form-data; boundary={boundary}")) {
        headers.insert(CONTENT_TYPE, kind);
    }
    let pieces: Vec<_> = pieces.iter().cloned().map(Ok::<_, PayloadError>).collect();
    let (mut parser, mut sum) = (Parser::of(&headers, stream::iter(pieces)), 0);
    while let Some(Ok(mut part)) = parser.next().await {
        let mut content = Content::of(&mut part);
        while let Ok(Some(piece)) = content.next().await {
            sum += piece.len();
        }
    }
    sum
}
