//! Reading one part: a text field whole and bounded, a file's bytes past.

use actix_multipart::{Field, MultipartError};
use actix_web::web::{Bytes, BytesMut};
use futures_util::StreamExt;

use crate::domain::{Code, Rejection};
use crate::transport::answer::Problem;

/// What a broken body is called.
pub(super) fn broken(error: &MultipartError) -> Problem {
    Problem::because(Code::InvalidMessage, format!("The form can't be read: {error}."))
}

/// Reads a text field.
pub(super) async fn text(field: &mut Field, limit: usize) -> Result<String, Problem> {
    let mut bytes = BytesMut::new();
    while let Some(piece) = next(field).await? {
        if bytes.len() + piece.len() > limit {
            let message = format!("A text field may have {limit} bytes.");
            return Err(Problem::because(Code::TooLarge, message));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The next piece of a part.
pub(super) async fn next(field: &mut Field) -> Result<Option<Bytes>, Problem> {
    field.next().await.transpose().map_err(|error| broken(&error))
}

/// Reads past the rest of a refused file, because the next part lies behind it.
pub(super) async fn skip(field: &mut Field, limit: u64) -> Result<(), Problem> {
    let mut skipped = 0_u64;
    while let Some(piece) = next(field).await? {
        skipped += piece.len() as u64;
        if skipped > limit {
            return Err(Rejection::too_large(None, limit).into());
        }
    }
    Ok(())
}
