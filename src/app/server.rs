//! The server: builds the service from its configuration, serves, and drains when it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::http::header::STRICT_TRANSPORT_SECURITY;
use actix_web::middleware::{Condition, DefaultHeaders, from_fn};
use actix_web::{App, HttpServer, web};
use anyhow::Context;
use rustix::fs::Mode;

use super::config::Config;
use super::{descriptors, exposed, health, telemetry};
use crate::engine::{Engine, Parts, Quotas, Rules, Swept, SystemClock};
use crate::jobs::Jobs;
use crate::transport::{Certificate, Stop, watch_rests};
use crate::uploads::DataFolder;
use crate::{Limits, Templates, Thumbnails, Uploads, embedded_templates, pages};

/// Serves until a signal says stop.
pub(crate) async fn run(config: &Config) -> anyhow::Result<()> {
    // Whoever stops us as soon as the address is told is heard, too.
    let stop = Stop::listen().context("can't listen to signals")?;
    keep_to_ourselves();
    descriptors::take_all();
    // Before the data folder is touched: a typing error in a path is mended at once.
    let certificate = certificate(config)?;
    let uploads = start(config).await?;
    let factory = {
        let hsts = config.tls.as_ref().and_then(|tls| tls.hsts);
        let max_age = format!("max-age={}", hsts.unwrap_or_default().as_secs());
        let uploads = uploads.clone();
        move || {
            let says_https =
                DefaultHeaders::new().add((STRICT_TRANSPORT_SECURITY, max_age.as_str()));
            App::new()
                .wrap(Condition::new(hsts.is_some(), says_https))
                .wrap(from_fn(watch_rests))
                .wrap(from_fn(telemetry::log_request))
                .configure(uploads.routes())
                .configure(health::routes)
                .default_service(web::to(crate::nothing_here))
        }
    };
    let welcoming = uploads.clone();
    let server = HttpServer::new(factory)
        .workers(config.workers)
        .max_connections(config.max_connections)
        .on_connect(move |connection, extensions| welcoming.welcome(connection, extensions))
        .disable_signals()
        .shutdown_timeout(config.shutdown_timeout.as_secs().max(1));
    let bound = match &certificate {
        None => server.bind(config.bind),
        Some(certificate) => server.bind_rustls_0_23(config.bind, certificate.server_config()?),
    };
    let server = bound.with_context(|| format!("can't listen on {}", config.bind))?;
    for (address, scheme) in server.addrs_with_scheme() {
        exposed::warn(address, config);
        announce(address, scheme);
    }
    if let Some(certificate) = certificate {
        actix_web::rt::spawn(certificate.watch());
    }
    uploads
        .run_until(stop, server.run(), config.shutdown_timeout)
        .await
        .context("the server failed")
}

/// One sweep without a server.
pub(crate) async fn sweep(config: &Config) -> anyhow::Result<Swept> {
    keep_to_ourselves();
    let folder = DataFolder::open_soon(&config.data).await?;
    let catalogue = folder.catalogue(config.durability).await?;
    let store = folder.store(config.durability)?;
    let parts = Parts {
        spool: Some(Arc::new(store.clone())),
        room: None,
        blobs: Arc::new(store),
        catalogue: Arc::new(catalogue.clone()),
        checks: Vec::new(),
        jobs: Jobs::default(),
        clock: Arc::new(SystemClock),
    };
    let quotas = Quotas { life: Some(config.bounds.upload_life), ..Quotas::default() };
    let engine = Engine::ruled(parts, Rules { quotas, ..Rules::default() });
    engine.recover().await?;
    let swept = engine.sweep(config.entry_ttl).await?;
    catalogue.close().await;
    Ok(swept)
}

fn certificate(config: &Config) -> anyhow::Result<Option<Certificate>> {
    let Some(tls) = &config.tls else { return Ok(None) };
    let read = Certificate::read(&tls.cert, &tls.key);
    read.map(Some).context("there is no certificate to show (`tls_cert`, `tls_key`)")
}

/// Whatever this process makes, and whatever its libraries make, is nobody else's.
fn keep_to_ourselves() {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

async fn start(config: &Config) -> anyhow::Result<Uploads> {
    let templates = if config.dev {
        Templates::from_folder("templates".into()).context("can't read ./templates")?
    } else {
        embedded_templates().context("the embedded templates are broken")?
    };
    let mut builder = pages::add_to(Uploads::builder())
        .data(&config.data)
        .durability(config.durability)
        .digest(config.digest)
        .thumbnails(Thumbnails::in_folder(config.data.join("thumbnails")))
        .templates(templates)
        .limits(Limits { max_parts: config.max_form_parts, ..Limits::default() })
        .session_grace(config.session_grace)
        .entry_ttl(config.entry_ttl)
        .body_timeout(config.body_timeout);
    if let Some(bytes) = config.min_free {
        builder = builder.min_free(bytes);
    }
    if config.dev {
        builder = builder.assets_from("static");
    }
    for origin in &config.allowed_origins {
        builder = builder.allowed_origin(origin);
    }
    builder = config.who.tell(builder);
    if let Some(origin) = &config.files_origin {
        builder = builder.files_origin(origin);
    }
    let builder = config.webhooks.add_to(builder)?;
    let builder = config.bounds.apply(builder);
    let builder = config.scanning.apply(builder);
    builder.start().await.context("the service does not start")
}

/// The first line on standard output is the address to open.
#[allow(clippy::print_stdout)]
fn announce(address: SocketAddr, scheme: &str) {
    println!("{scheme}://{address}");
}
