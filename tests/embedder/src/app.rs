//! What `main` and the tests have in common: the desk's stores, its page, its templates and its routes.

use std::io;
use std::path::Path;

use actix_web::web::{Data, Json, ServiceConfig, get};
use actix_web::{HttpRequest, Result};
use longshore::{Templates, Uploads, UploadsBuilder};

use crate::desk::ClaimPage;
use crate::{Archive, Results, Row};

/// The claims desk with its own stores. Clones are the same desk.
#[derive(Debug, Clone)]
pub struct Desk {
    /// What came in.
    pub results: Results,
    /// Where logs are kept.
    pub archive: Archive,
    templates: Templates,
}

impl Desk {
    /// Opens the desk's stores in a folder, which is made if need be.
    ///
    /// # Errors
    /// The folder can't be used, or what lies in it is not ours.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let archive = Archive::open(&folder.join("logs"))?;
        let results = Results::open(&folder.join("results.jsonl"))?;
        let templates = Templates::from_texts([
            ("claim.html", include_str!("../templates/claim.html")),
            ("claim/results.html", include_str!("../templates/claim/results.html")),
        ]);
        Ok(Self { results, archive, templates: templates.map_err(io::Error::other)? })
    }

    /// Says what is ours: one page at `/desk/claim`.
    pub fn describe(&self, uploads: UploadsBuilder) -> UploadsBuilder {
        let desk = self.clone();
        uploads
            .prefix("/desk")
            .templates(self.templates.clone())
            .page("claim", move || ClaimPage::new(desk.clone()))
    }

    /// The desk's own routes. They come before Longshore's, because they lie below its prefix.
    pub fn routes(&self, config: &mut ServiceConfig) {
        config.app_data(Data::new(self.results.clone()));
        config.route("/desk/results.json", get().to(results));
    }
}

/// What the visitor has brought so far; nothing, for one who never was on the page.
async fn results(
    request: HttpRequest,
    uploads: Data<Uploads>,
    results: Data<Results>,
) -> Result<Json<Vec<Row>>> {
    let caller = uploads.caller(&request);
    Ok(Json(caller.map(|caller| results.of(caller.owner())).unwrap_or_default()))
}
