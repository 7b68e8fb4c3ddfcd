//! The claims desk: `embedder [FOLDER] [ADDRESS]`, then open what it says.

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use actix_web::{App, HttpServer, web};
use embedder::Desk;
use longshore::{Uploads, nothing_here, remember_socket};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "./claims".to_owned()));
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());

    let desk = Desk::open(&folder)?;
    let uploads = desk.describe(Uploads::builder()).data(folder.join("uploads")).start().await?;
    let served = uploads.clone();
    let server = HttpServer::new(move || {
        App::new()
            .configure(|config| desk.routes(config)) // before Longshore's, to lie below its prefix
            .configure(served.routes())
            .default_service(web::to(nothing_here))
    })
    .on_connect(remember_socket)
    .disable_signals() // `run` listens to them
    .bind(address)?;
    announce(&server.addrs());
    uploads.run(server.run(), Duration::from_secs(30)).await?;
    Ok(())
}

#[allow(clippy::print_stdout)]
fn announce(addresses: &[std::net::SocketAddr]) {
    for address in addresses {
        println!("http://{address}/desk/claim");
    }
}
