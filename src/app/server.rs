//! The server: builds the service from its configuration, serves, and drains when it is told to stop.

use std::sync::Arc;

use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use anyhow::Context;

use super::config::Config;
use super::{descriptors, health, telemetry};
use crate::engine::{Engine, Parts, Swept, SystemClock};
use crate::jobs::Jobs;
use crate::transport::{Stop, watch_rests};
use crate::uploads::DataFolder;
use crate::{Limits, Templates, Thumbnails, Uploads, embedded_templates, pages, remember_socket};

/// Serves until a signal says stop.
pub(crate) async fn run(config: &Config) -> anyhow::Result<()> {
    // Whoever stops us as soon as the address is told is heard, too.
    let stop = Stop::listen().context("can't listen to signals")?;
    descriptors::take_all();
    let uploads = start(config).await?;
    let factory = {
        let uploads = uploads.clone();
        move || {
            App::new()
                .wrap(from_fn(watch_rests))
                .wrap(from_fn(telemetry::log_request))
                .configure(uploads.routes())
                .configure(health::routes)
                .default_service(web::to(crate::nothing_here))
        }
    };
    let server = HttpServer::new(factory)
        .workers(config.workers)
        .max_connections(config.max_connections)
        .on_connect(remember_socket)
        .disable_signals()
        .shutdown_timeout(config.shutdown_timeout.as_secs().max(1))
        .bind(config.bind)
        .with_context(|| format!("can't listen on {}", config.bind))?;
    announce(&server.addrs());
    uploads
        .run_until(stop, server.run(), config.shutdown_timeout)
        .await
        .context("the server failed")
}

/// One sweep without a server.
pub(crate) async fn sweep(config: &Config) -> anyhow::Result<Swept> {
    let folder = DataFolder::open(&config.data)?;
    let catalogue = folder.catalogue(config.durability).await?;
    let store = folder.store(config.durability)?;
    let engine = Engine::new(Parts {
        spool: Some(Arc::new(store.clone())),
        room: None,
        blobs: Arc::new(store),
        catalogue: Arc::new(catalogue.clone()),
        checks: Vec::new(),
        jobs: Jobs::default(),
        clock: Arc::new(SystemClock),
    });
    engine.recover().await?;
    let swept = engine.sweep(config.entry_ttl).await?;
    catalogue.close().await;
    Ok(swept)
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
    let builder = config.bounds.apply(builder);
    builder.start().await.context("the service does not start")
}

/// The first line on standard output is the address to open.
#[allow(clippy::print_stdout)]
fn announce(addresses: &[std::net::SocketAddr]) {
    for address in addresses {
        println!("http://{address}");
    }
}
