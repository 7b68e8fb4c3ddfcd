//! `Upload-Concat`: parts of a file that come side by side, and the file that they are joined to.

use actix_web::http::header::HeaderMap;

use super::headers::single;
use super::refusal::Refusal;
use crate::domain::EntryId;

/// As many parts as one file may be joined of.
const MOST: usize = 10_000;

/// What an upload is to others.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Concat {
    /// A part of a file.
    Partial,
    /// A file that consists of what lies at these addresses, in this order.
    Final(Vec<String>),
}

/// A part by its address: which one, and the pass in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) id: EntryId,
    /// What follows the `?` of the address.
    pub(super) query: String,
}

/// "Upload-Concat": the word `partial`, or the word `final` with a semicolon and the parts' addresses behind it, one
/// space between two.
pub(super) fn read(headers: &HeaderMap) -> Result<Option<Concat>, Refusal> {
    let Some(text) = single(headers, "upload-concat")? else { return Ok(None) };
    if text == "partial" {
        return Ok(Some(Concat::Partial));
    }
    let bad =
        || Refusal::bad("The header Upload-Concat must be `partial` or `final;` and addresses.");
    let addresses = text.strip_prefix("final;").ok_or_else(bad)?;
    let addresses: Vec<String> =
        addresses.split(' ').take(MOST + 1).map(ToOwned::to_owned).collect();
    if addresses.len() > MOST || addresses.iter().any(String::is_empty) {
        return Err(bad());
    }
    Ok(Some(Concat::Final(addresses)))
}

/// "Concatenation": a part's address is absolute or relative. Only addresses of this place count, on this server by
/// one of the names that it has; nothing is ever fetched.
pub(super) fn part(address: &str, origins: &[String], place: &str) -> Option<Part> {
    let path = match address.starts_with('/') {
        true => address,
        false => origins.iter().find_map(|origin| behind(address, origin))?,
    };
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let id = path.strip_prefix(place)?.strip_prefix('/')?;
    Some(Part { id: id.parse().ok()?, query: query.to_owned() })
}

/// What follows an origin, whose letters mean the same in both cases.
fn behind<'a>(address: &'a str, origin: &str) -> Option<&'a str> {
    let (start, rest) = address.split_at_checked(origin.len())?;
    (start.eq_ignore_ascii_case(origin) && rest.starts_with('/')).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::tus::tests::headers;

    fn of(value: &str) -> Result<Option<Concat>, Refusal> {
        read(&headers(&[("upload-concat", value)]))
    }

    /// CO-14
    #[test]
    fn a_part_or_a_list_of_parts_and_nothing_else() {
        let list = |list: &[&str]| Concat::Final(list.iter().map(|&one| one.to_owned()).collect());
        assert_eq!(of("partial").unwrap(), Some(Concat::Partial));
        assert_eq!(of("final;/a").unwrap(), Some(list(&["/a"])));
        assert_eq!(of("final;/a http://h/b /a").unwrap(), Some(list(&["/a", "http://h/b", "/a"])));
        assert_eq!(read(&headers(&[])).unwrap(), None);
        let many = format!("final;{}", vec!["/a"; MOST + 1].join(" "));
        for bad in [
            "",
            "final",
            "final;",
            "Partial",
            "FINAL;/a",
            "final; /a",
            "final;/a  /b",
            "final /a",
            "partial;/a",
            "final;\t",
            &many,
        ] {
            assert!(of(bad).is_err(), "{}", &bad[..bad.len().min(40)]);
        }
    }

    /// CO-10
    #[test]
    fn only_addresses_of_this_place_count() {
        let id = "0198f0f0-0000-7000-8000-000000000001";
        let origins = ["http://good.example".to_owned(), "https://good.example".to_owned()];
        let of = |address: &str| part(address, &origins, "/up/tus/inbox/any");
        for (address, query) in [
            (format!("/up/tus/inbox/any/{id}"), ""),
            (format!("/up/tus/inbox/any/{id}?pass=x.y"), "pass=x.y"),
            (format!("http://good.example/up/tus/inbox/any/{id}"), ""),
            (format!("HTTPS://Good.Example/up/tus/inbox/any/{id}?pass=x"), "pass=x"),
        ] {
            let expected = Part { id: id.parse().unwrap(), query: query.to_owned() };
            assert_eq!(of(&address), Some(expected), "{address}");
        }
        for bad in [
            format!("http://evil.example/up/tus/inbox/any/{id}"),
            format!("http://good.example.evil/up/tus/inbox/any/{id}"),
            format!("http://good.example:81/up/tus/inbox/any/{id}"),
            format!("http://good.example@evil/up/tus/inbox/any/{id}"),
            format!("//good.example/up/tus/inbox/any/{id}"),
            format!("ftp://good.example/up/tus/inbox/any/{id}"),
            format!("/tus/inbox/any/{id}"),
            format!("/up/tus/inbox/other/{id}"),
            format!("/up/tus/inbox/any/../any/{id}"),
            format!("/up/tus/inbox/any/{id}/"),
            format!("/up/tus/inbox/any/{id}#x"),
            format!("/up/tus/inbox/any{id}"),
            format!("up/tus/inbox/any/{id}"),
            id.to_owned(),
            "/etc/passwd".to_owned(),
            "file:///etc/passwd".to_owned(),
        ] {
            assert_eq!(of(&bad), None, "{bad}");
        }
    }
}
