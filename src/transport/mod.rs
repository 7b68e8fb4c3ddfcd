//! Floor 4: the doors.
//!
//! A door parses what its protocol says, asks the facade, and answers in its protocol's words. Doors decide
//! nothing about files, and none knows another: a rule that two doors would share belongs further down.

mod address;
mod answer;
mod api;
mod assets;
mod cors;
mod download;
mod filepond;
mod files;
mod form;
mod handle;
mod identity;
mod intake;
mod multipart;
mod page;
mod peers;
mod rates;
mod resumable;
mod serve;
mod socket;
mod thumbnail;
mod tls;
mod turns;
mod tus;
mod ws;

pub use self::answer::Problem;
pub use self::identity::Identity;
#[cfg(feature = "testing")]
pub use self::multipart::rooms::parts;
pub use self::page::nothing_here;
pub(crate) use self::peers::watch_rests;
pub(crate) use self::serve::Stop;
pub use self::socket::remember_socket;
pub use self::tls::{Certificate, CertificateError};
#[cfg(feature = "testing")]
pub(crate) use self::ws::echo;
#[cfg(feature = "testing")]
pub use self::ws::{guarded, unmasked};

use actix_web::guard::{Any, Get, Head};
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};

use crate::domain::PageName;
use crate::uploads::Uploads;

impl Uploads {
    /// The routes of all doors, for `App::configure`. Without a prefix only the paths of `docs/http.md` are
    /// taken; with one, everything below it, and nothing outside. The rest of the application stays its own.
    ///
    /// Actix asks services in the order in which they were registered, so a route of the application below
    /// the prefix has to come before. Two Longshores in one application need a prefix each.
    pub fn routes(&self) -> impl FnOnce(&mut ServiceConfig) + use<> {
        let uploads = self.clone();
        move |config| {
            let data = web::Data::new(uploads.clone());
            // For handlers of the application, and for `nothing_here` as its default service.
            config.app_data(web::Data::clone(&data));
            match uploads.site().prefix() {
                "" => doors(&uploads, config),
                prefix => {
                    let scope = web::scope(prefix)
                        .app_data(data)
                        .configure(|config| doors(&uploads, config))
                        .default_service(web::to(nothing_here));
                    config.service(scope);
                }
            }
        }
    }
}

fn doors(uploads: &Uploads, config: &mut ServiceConfig) {
    config.service(
        resource("/upload")
            .route(web::post().to(form::post_upload))
            .wrap(from_fn(cors::share_form)),
    );
    config.service(resource("/api/files").route(web::get().to(api::list_files)));
    config.service(
        resource("/api/files/{id}")
            .route(web::get().to(api::get_file))
            .route(web::delete().to(api::delete_file)),
    );
    config.service(resource("/api/files/{id}/link").route(web::post().to(api::post_link)));
    config.service(
        resource("/api/entries/{id}")
            .route(web::get().to(api::get_entry))
            .route(web::delete().to(api::delete_entry)),
    );
    config.service(resource("/api/entries/{id}/events").route(web::get().to(api::get_events)));
    if uploads.makes_thumbnails() {
        config.service(thumbnail::resource());
    }
    config.service(download::resource());
    config.service(
        web::resource("/static/{version}/{path:.*}")
            .wrap(from_fn(peers::watch_answers))
            .route(web::route().guard(Any(Get()).or(Head())).to(assets::get)),
    );
    for page in uploads.pages() {
        resumable::routes(page, config);
        config.service(
            resource(&format!("/{page}/ws"))
                .app_data(web::Data::new(page.clone()))
                .route(web::get().to(ws::get)),
        );
        config.service(filepond::resource(page));
        config.service(
            resource(&format!("/{page}"))
                .app_data(web::Data::new(page.clone()))
                .route(web::get().to(page::get))
                .route(web::head().to(page::get))
                .route(web::post().to(form::post))
                .wrap(from_fn(cors::share_form)),
        );
        config.service(tus::resource(page));
    }
    let index = PageName::try_from("index").ok().filter(|_| uploads.has_index());
    if let Some(index) = index {
        // Below a prefix people write `/uploads` as often as `/uploads/`.
        let places: &[&str] = if uploads.site().prefix().is_empty() { &["/"] } else { &["", "/"] };
        for place in places {
            let index = web::Data::new(index.clone());
            config.service(resource(place).app_data(index).route(web::get().to(page::get)));
        }
    }
}

/// A resource that knows its caller, and whose answers have to be read.
fn resource(
    path: &str,
) -> actix_web::Resource<
    impl actix_web::dev::ServiceFactory<
        actix_web::dev::ServiceRequest,
        Config = (),
        Response = actix_web::dev::ServiceResponse<impl actix_web::body::MessageBody + use<>>,
        Error = actix_web::Error,
        InitError = (),
    > + use<>,
> {
    let resource = web::resource(path.to_owned()).wrap(from_fn(identity::identify));
    let resource = resource.wrap(from_fn(download::keep_apart));
    resource.wrap(from_fn(peers::watch_answers))
}
