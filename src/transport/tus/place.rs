//! Where a request goes, and who sends it.

use actix_web::{HttpRequest, web};

use super::concat::Part;
use super::refusal::Refusal;
use crate::domain::{Caller, Code, Entry, EntryId, PageName, Rejection};
use crate::transport::answer::Problem;
use crate::transport::identity::Visitor;
use crate::uploads::{Save, Standing, UploadError, Uploads};

/// A request and what it is asked at.
pub(super) struct Place {
    pub(super) request: HttpRequest,
    pub(super) page: web::Data<PageName>,
    pub(super) visitor: Visitor,
    pub(super) uploads: web::Data<Uploads>,
}

/// What a path names: a slot, or an upload in it.
pub(super) struct Spot {
    pub(super) slot: String,
    pub(super) id: Option<EntryId>,
}

impl Place {
    /// The spot behind the page's name. One upload has one address: nothing is decoded twice, and no slash too
    /// many is forgiven.
    pub(super) fn spot(&self) -> Result<Spot, Refusal> {
        let tail = self.request.match_info().get("tail").unwrap_or_default();
        let unknown = || Refusal::from(Problem::new(Code::UnknownEntry));
        match tail.split_once('/') {
            _ if tail.is_empty() => Err(unknown()),
            None => Ok(Spot { slot: tail.to_owned(), id: None }),
            Some((slot, id)) => {
                let id = id.parse().map_err(|_| unknown())?;
                Ok(Spot { slot: slot.to_owned(), id: Some(id) })
            }
        }
    }

    /// The path of a slot, or of an upload in it, as this server knows it.
    pub(super) fn path(&self, slot: &str, id: Option<EntryId>) -> String {
        match id {
            Some(id) => format!("/tus/{}/{slot}/{id}", **self.page),
            None => format!("/tus/{}/{slot}", **self.page),
        }
    }

    /// Whose upload is asked for.
    pub(super) fn caller(&self, id: EntryId) -> Caller {
        self.visitor.with_pass(&self.request, id, &self.uploads)
    }

    /// Who the pass in a part's address speaks for.
    pub(super) fn passed(&self, part: &Part) -> Caller {
        self.visitor.with_pass_in(&part.query, part.id, &self.uploads)
    }

    /// The slot, for one request.
    pub(super) async fn stand(&self, slot: &str, caller: Caller) -> Result<Standing, Refusal> {
        Ok(self.uploads.stand(&self.page, slot, caller, Save::Now).await?)
    }

    /// An upload as it is. Unknown and foreign ones look alike; one that has ended is gone, and so is one whose time
    /// is over, whether anybody has swept it or not.
    pub(super) async fn look(&self, standing: &Standing, id: EntryId) -> Result<Entry, Refusal> {
        match standing.look(id).await {
            Ok(entry) if self.uploads.is_overdue(&entry) => {
                Err(Refusal::gone(Rejection::new(Code::Expired)))
            }
            Ok(entry) => Ok(entry),
            Err(UploadError::Rejected(why)) => Err(Refusal::gone(why)),
            Err(error) => Err(error.into()),
        }
    }
}
