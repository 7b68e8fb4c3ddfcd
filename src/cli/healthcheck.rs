//! `longshore healthcheck`: asks the server of this configuration whether it lives, for container images in which
//! there is nothing else that could.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::app::config::Config;

const PATIENCE: Duration = Duration::from_secs(3);

/// # Errors
/// Nobody answers, or not "ok". Of a server that speaks HTTPS it is only known whether it takes connections: what
/// its certificate says is for its visitors to judge.
pub(super) fn run(config: &Config) -> anyhow::Result<()> {
    let address = reachable(config.bind);
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)
        .with_context(|| format!("nobody listens on {address}"))?;
    if config.tls.is_some() {
        return Ok(());
    }
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).context("no answer")?;
    ensure!(&answer == b"HTTP/1.1 200", "it answers, and not that it is well");
    Ok(())
}

/// From within this machine; who listens on all addresses listens on the loopback one.
fn reachable(bind: SocketAddr) -> SocketAddr {
    let ip = match bind.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, bind.port())
}
