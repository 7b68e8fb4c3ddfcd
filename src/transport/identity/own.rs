//! The embedding application's own identity: whoever is signed in there is known here.

use std::sync::Arc;

use actix_web::HttpRequest;
use async_trait::async_trait;

use super::Known;
use crate::domain::{Caller, Rejection};
use crate::uploads::{Uploads, UploadsBuilder};

/// How an application knows who sends a request: by its session, its tokens, its certificate.
///
/// It is asked first, for each request of each door that doesn't show an upload ticket: whoever shows one wants to be no
/// more than that. What it doesn't know is looked for in the other ways: a bearer token, a proxy's header, the cookie.
///
/// # Contract
/// The answer is a [`Caller`] whose owner is the same for the same user each time: [`Uploads::owner_of`] makes one of
/// whatever the application calls them.
///
/// # Errors
/// A [`Rejection`] ends the request: [`Code::Unauthenticated`](crate::Code::Unauthenticated) is answered 401,
/// [`Code::Forbidden`](crate::Code::Forbidden) 403. Answer so for a proof that is wrong; a request without one is
/// `Ok(None)`.
///
/// # Cancellation
/// The future is dropped if the client leaves.
#[async_trait(?Send)]
pub trait Identity: Send + Sync + 'static {
    /// Who sends the request, if that is known.
    async fn identify(&self, request: &HttpRequest) -> Result<Option<Caller>, Rejection>;

    /// Whether browsers send by themselves what the caller is known by, as they do with cookies, passwords of HTTP
    /// and certificates. Then a request that changes something has to come from a page of ours, or any page on the
    /// web could upload in the name of whoever looks at it. `true` unless said; a header that only a script can send
    /// is a reason to say `false`.
    fn is_ambient(&self) -> bool {
        true
    }
}

type Own = Arc<dyn Identity>;

impl UploadsBuilder {
    /// How the application knows who sends a request; see [`Identity`]. The last one counts.
    #[must_use]
    pub fn identity(self, identity: impl Identity) -> Self {
        let own: Own = Arc::new(identity);
        self.known_by(Arc::new(own))
    }
}

/// Who the application says sends the request.
pub(super) async fn find(
    request: &HttpRequest,
    uploads: &Uploads,
) -> Result<Option<Known>, Rejection> {
    let Some(own) = uploads.admission().own.as_ref().and_then(|own| own.downcast_ref::<Own>())
    else {
        return Ok(None);
    };
    let caller = own.identify(request).await?;
    Ok(caller.map(|caller| match own.is_ambient() {
        true => Known::by_surroundings(caller),
        false => Known::by_proof(caller),
    }))
}
