//! A request's bytes on their way into an upload.

use actix_web::web;

use super::checksum::Checksum;
use super::refusal::Refusal;
use crate::domain::Chunk;
use crate::transport::answer::Problem;
use crate::transport::intake::{self, Stopped};
use crate::transport::peers::Incoming;
use crate::uploads::{Lease, Reached, Standing, UploadError};

/// How a body ended.
enum End {
    /// With its last byte.
    Whole,
    /// It had more bytes than the upload has room for.
    TooLong(u64),
    /// Before its last byte.
    Broken(Problem),
}

/// Writes a body, as it comes and no faster than it can be written. What came before it broke is kept, unless it had
/// to come whole: then the lease takes it back.
pub(super) async fn bring(
    standing: &Standing,
    mut lease: Lease,
    mut body: Incoming<web::Payload>,
    mut checksum: Option<Checksum>,
) -> Result<Reached, Refusal> {
    match pour(&mut lease, &mut body, checksum.as_mut()).await? {
        End::Broken(problem) => {
            if checksum.is_none() {
                lease.release().await?;
            }
            Err(problem.into())
        }
        End::TooLong(length) => {
            lease.rewind().await?;
            Err(Refusal::too_long(length))
        }
        End::Whole if checksum.is_some_and(|checksum| !checksum.holds()) => {
            lease.rewind().await?;
            Err(Refusal::checksum())
        }
        End::Whole => Ok(standing.put_down(lease).await?),
    }
}

async fn pour(
    lease: &mut Lease,
    body: &mut Incoming<web::Payload>,
    mut checksum: Option<&mut Checksum>,
) -> Result<End, UploadError> {
    loop {
        let bytes = match intake::next(lease, body).await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(End::Whole),
            Err(Stopped::Content(problem)) => return Ok(End::Broken(problem)),
            Err(Stopped::Lease(error)) => return Err(error),
        };
        let offset = lease.offset();
        let end = offset.saturating_add(bytes.len() as u64);
        if let Some(length) = lease.length().filter(|length| end > *length) {
            return Ok(End::TooLong(length));
        }
        if let Some(checksum) = checksum.as_deref_mut() {
            checksum.update(&bytes);
        }
        lease.write(Chunk { offset, bytes }).await?;
    }
}
