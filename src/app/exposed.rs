//! What an operator is told at the start who listens where strangers are.
//!
//! A server on the loopback interface is tried; one on any other address is used. Whoever opens it to a network
//! without TLS has often just not thought of it, and nothing that happens later would tell them.

use std::net::SocketAddr;

use super::config::Config;

/// What strangers on the network can do, in sentences; nothing if they can't do more than a user of this machine.
fn warnings(bind: SocketAddr, config: &Config) -> Vec<String> {
    if bind.ip().is_loopback() {
        return Vec::new();
    }
    // Who has named a proxy has thought of who comes in by it.
    let proxied = !config.bounds.trusted_proxies.is_empty();
    let mut warnings = Vec::new();
    if config.tls.is_none() && !proxied {
        warnings.push(format!(
            "{bind} is not a loopback address and TLS is off: whoever is on the way can read and change what is \
             uploaded, and take over a visitor's cookie. Set tls_cert and tls_key, or listen on 127.0.0.1 \
             behind a proxy that speaks HTTPS"
        ));
    }
    if config.who.anonymous && !proxied {
        warnings.push(format!(
            "{bind} is not a loopback address and strangers are let in: whoever reaches it may upload. Set \
             anonymous to false and say how callers are known (token, proxy_user_header), if that isn't meant"
        ));
    }
    warnings
}

/// Says so once: in the log if that hears warnings, and on standard error if it doesn't.
#[allow(clippy::print_stderr)]
pub(super) fn warn(bind: SocketAddr, config: &Config) {
    for warning in warnings(bind, config) {
        if tracing::enabled!(tracing::Level::WARN) {
            tracing::warn!("{warning}");
        } else {
            eprintln!("longshore: {warning}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::Settings;
    use super::*;

    fn config() -> Config {
        Config::resolve(Settings::default(), None).unwrap()
    }

    fn said(bind: &str, with_tls: bool) -> Vec<String> {
        let mut config = config();
        config.tls = with_tls.then(|| crate::app::config::Tls {
            cert: "cert".into(),
            key: "key".into(),
            hsts: None,
        });
        warnings(bind.parse().unwrap(), &config)
    }

    #[test]
    fn who_listens_where_strangers_are_is_told_what_they_can_do() {
        for bind in ["127.0.0.1:80", "127.8.9.1:80", "[::1]:80"] {
            assert_eq!(said(bind, false), [""; 0], "{bind}");
        }
        for bind in ["0.0.0.0:80", "[::]:80", "192.168.1.2:80", "203.0.113.7:80"] {
            let said = said(bind, false);
            assert!(said.iter().any(|line| line.contains("TLS is off")), "{bind}: {said:?}");
        }
        let with_tls = said("0.0.0.0:80", true);
        assert!(!with_tls.iter().any(|line| line.contains("TLS is off")), "{with_tls:?}");
        assert!(with_tls.iter().any(|line| line.contains("may upload")), "{with_tls:?}");
    }

    #[test]
    fn who_has_named_a_proxy_has_thought_of_it() {
        let mut config = config();
        config.bounds.trusted_proxies = vec!["10.0.0.1".to_owned()];
        assert_eq!(warnings("10.0.0.2:8080".parse().unwrap(), &config), [""; 0]);
    }
}
