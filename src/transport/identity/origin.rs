//! Where a request comes from, as its browser says it.

use actix_web::http::header::{self, HeaderMap, HeaderValue};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Ours,
    Foreign,
    Unsaid,
}

/// Reads `Origin`, and `Sec-Fetch-Site` where a browser leaves `Origin` out. `secure` says that the request
/// came by HTTPS as far as we know; where nobody told us, a proxy may do that for us, and pages of both schemes are ours.
pub(super) fn origin(headers: &HeaderMap, allowed: &[String], secure: bool) -> Origin {
    let mut origins = headers.get_all(header::ORIGIN);
    match (origins.next(), origins.next()) {
        (Some(_), Some(_)) => return Origin::Foreign,
        (Some(origin), None) => {
            let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
            return match origin.to_str() {
                Ok(origin) if allowed.iter().any(|allowed| allowed == origin) => Origin::Ours,
                Ok(origin) if host.is_some_and(|host| is_at(origin, host, secure)) => Origin::Ours,
                _ => Origin::Foreign,
            };
        }
        _ => {}
    }
    match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
        Some(b"same-origin" | b"none") => Origin::Ours,
        Some(_) => Origin::Foreign,
        None => Origin::Unsaid,
    }
}

/// True if an origin is exactly `https://host`, or `http://host` where that could be ours. Browsers write it in lower
/// case; who writes it otherwise is none.
fn is_at(origin: &str, host: &str, secure: bool) -> bool {
    let authority = match origin.strip_prefix("http://") {
        Some(_) if secure => None,
        Some(authority) => Some(authority),
        None => origin.strip_prefix("https://"),
    };
    authority.is_some_and(|authority| authority == host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn only_the_exact_origin_is_ours() {
        let host = ("host", "good.example");
        for (given, expected) in [
            ("http://good.example", Origin::Ours),
            ("https://good.example", Origin::Ours),
            ("https://evil.example", Origin::Foreign),
            ("https://good.example.evil", Origin::Foreign),
            ("https://good.example:444", Origin::Foreign),
            ("https://good.example.", Origin::Foreign),
            ("https://GOOD.example", Origin::Foreign),
            ("https://goodXexample", Origin::Foreign),
            ("null", Origin::Foreign),
            ("", Origin::Foreign),
        ] {
            assert_eq!(
                origin(&headers(&[host, ("origin", given)]), &[], false),
                expected,
                "{given}"
            );
        }
    }

    #[test]
    fn where_we_serve_tls_a_page_without_it_is_another_site() {
        for (given, expected) in [
            ("http://good.example", Origin::Foreign),
            ("https://good.example", Origin::Ours),
            ("https://xn--good-example", Origin::Foreign),
        ] {
            let headers = headers(&[("host", "Good.example"), ("origin", given)]);
            assert_eq!(origin(&headers, &[], true), expected, "{given}");
        }
    }

    #[test]
    fn two_origins_are_foreign() {
        let ours = ("origin", "http://good.example");
        assert_eq!(
            origin(&headers(&[("host", "good.example"), ours, ours]), &[], false),
            Origin::Foreign
        );
    }

    #[test]
    fn the_fetch_site_speaks_where_the_origin_is_silent() {
        for (given, expected) in [
            ("same-origin", Origin::Ours),
            ("none", Origin::Ours),
            ("same-site", Origin::Foreign),
            ("cross-site", Origin::Foreign),
        ] {
            assert_eq!(
                origin(&headers(&[("sec-fetch-site", given)]), &[], false),
                expected,
                "{given}"
            );
        }
        assert_eq!(origin(&headers(&[]), &[], false), Origin::Unsaid);
    }
}
