//! Addresses: what the user typed, what a server answered, and what may be shown of them.
//!
//! An upload's address may hold a pass, and what a user types may hold a password; both would end in logs and
//! screenshots. Nothing here sends anything.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use url::Url;

/// Where a server's tus door may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Door {
    /// This is its address.
    Here(Url),
    /// It may be this, or that of a page at the other.
    Perhaps { itself: Url, of_page: Url },
}

/// What the user typed, apart from the password in it.
#[derive(Debug)]
pub(super) struct Typed {
    pub(super) door: Door,
    /// `Authorization`, if the address had a name and a password.
    pub(super) authorization: Option<String>,
}

/// Reads what the user typed.
///
/// # Errors
/// A sentence for the user, without the address: it may be a secret.
pub(super) fn typed(text: &str, slot: Option<&str>, tus: bool) -> Result<Typed, String> {
    let mut url = Url::parse(text).map_err(|_| {
        "the last word has to be an address, such as http://127.0.0.1:8080/files".to_owned()
    })?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err("the address has to begin with http:// or https://".to_owned());
    }
    let authorization = authorization(&url);
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    let door = door(url, slot, tus)?;
    Ok(Typed { door, authorization })
}

fn authorization(url: &Url) -> Option<String> {
    let decode = |text: &str| percent_encoding::percent_decode_str(text).collect::<Vec<u8>>();
    let (name, password) = (url.username(), url.password());
    (!name.is_empty() || password.is_some()).then(|| {
        let mut plain = decode(name);
        plain.push(b':');
        plain.extend(decode(password.unwrap_or_default()));
        format!("Basic {}", BASE64_STANDARD.encode(plain))
    })
}

fn door(url: Url, slot: Option<&str>, tus: bool) -> Result<Door, String> {
    if tus {
        return Ok(Door::Here(url));
    }
    if is_ours(&url) {
        return match slot {
            None => Ok(Door::Here(url)),
            Some(_) => Err("the address names a slot already; leave `--slot` out".to_owned()),
        };
    }
    let mut of_page = url.clone();
    of_page.set_query(None);
    let page = segments(&url).last().map(|page| (*page).to_owned());
    let Some(page) = page else {
        return Err(format!("name a page, such as {}files", shown(&url)));
    };
    // Only addresses that can't be a base have no segments, and http addresses can.
    if let Ok(mut path) = of_page.path_segments_mut() {
        path.pop_if_empty().pop().extend(["tus", &page, slot.unwrap_or(&page)]);
    }
    // Whoever names a slot means a page.
    match slot {
        Some(_) => Ok(Door::Here(of_page)),
        None => Ok(Door::Perhaps { itself: url, of_page }),
    }
}

/// True for `…/tus/PAGE/SLOT`, where Longshore's own door is.
fn is_ours(url: &Url) -> bool {
    matches!(segments(url).as_slice(), [.., "tus", _, _])
}

fn segments(url: &Url) -> Vec<&str> {
    url.path().split('/').filter(|segment| !segment.is_empty()).collect()
}

/// An upload of a Longshore, by its address: `…/tus/PAGE/SLOT/ID`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ours {
    pub(super) id: String,
    base: Url,
}

impl Ours {
    pub(super) fn of(upload: &Url) -> Option<Self> {
        let segments = segments(upload);
        let [before @ .., "tus", _, _, id] = segments.as_slice() else { return None };
        let mut base = upload.clone();
        base.set_query(None);
        base.set_path(&before.iter().map(|segment| format!("/{segment}")).collect::<String>());
        Some(Self { id: (*id).to_owned(), base })
    }

    /// Where `api/…` of the same Longshore is.
    pub(super) fn api(&self, kind: &str) -> Url {
        let path = self.base.path().trim_end_matches('/');
        let mut url = self.base.clone();
        url.set_path(&format!("{path}/api/{kind}/{}", self.id));
        url
    }
}

/// Where a Longshore lists a caller's files: whoever asks there is known from then on.
pub(super) fn listing(endpoint: &Url) -> Option<Url> {
    let segments = segments(endpoint);
    let [before @ .., "tus", _, _] = segments.as_slice() else { return None };
    let mut url = endpoint.clone();
    let base = before.iter().map(|segment| format!("/{segment}")).collect::<String>();
    url.set_path(&format!("{base}/api/files"));
    url.set_query(Some("limit=1"));
    Some(url)
}

/// An address without what may be secret in it.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}

/// True if what is meant for one address may be told to the other: the same place, or the same host once it is
/// reached through TLS.
pub(super) fn may_know(home: &Url, other: &Url) -> bool {
    let same_port = home.port_or_known_default() == other.port_or_known_default();
    let upgraded = home.scheme() == "http"
        && other.scheme() == "https"
        && home.port_or_known_default() == Some(80)
        && other.port_or_known_default() == Some(443);
    home.host() == other.host() && (home.scheme() == other.scheme() && same_port || upgraded)
}

/// True if going from one address to the other would give up TLS.
pub(super) fn leaves_tls(from: &Url, to: &Url) -> bool {
    from.scheme() == "https" && to.scheme() != "https"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_page_has_its_door_beside_it() {
        for (text, slot, expected) in [
            ("http://h:1/files", None, "http://h:1/tus/files/files"),
            ("http://h:1/files/", None, "http://h:1/tus/files/files"),
            ("https://h/a/b/photos?x=1#y", None, "https://h/a/b/tus/photos/photos"),
        ] {
            let Door::Perhaps { of_page, .. } = typed(text, slot, false).unwrap().door else {
                panic!("{text}");
            };
            assert_eq!(of_page.as_str(), expected, "{text}");
        }
    }

    #[test]
    fn a_tus_address_is_taken_as_it_is() {
        for (text, slot, tus, expected) in [
            ("http://h/tus/files/files", None, false, "http://h/tus/files/files"),
            ("http://h/up/tus/files/files", None, false, "http://h/up/tus/files/files"),
            ("http://h/files/?a=b", None, true, "http://h/files/?a=b"),
            ("http://h/files", Some("more"), false, "http://h/tus/files/more"),
        ] {
            let door = typed(text, slot, tus).unwrap().door;
            assert_eq!(door, Door::Here(url(expected)), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_of_a_page_is_refused() {
        for (text, slot) in [
            ("files", None),
            ("ftp://h/files", None),
            ("http://h", None),
            ("http://h/", None),
            ("http://h/tus/files/files", Some("more")),
        ] {
            assert!(typed(text, slot, false).is_err(), "{text}");
        }
    }

    #[test]
    fn a_password_becomes_a_header_and_is_shown_to_nobody() {
        let typed = typed("http://me:p%40ss@h/files", None, true).unwrap();
        assert_eq!(typed.authorization.as_deref(), Some("Basic bWU6cEBzcw=="));
        assert_eq!(typed.door, Door::Here(url("http://h/files")));
        assert_eq!(shown(&url("http://me:pass@h/tus/a/b/c?pass=secret#x")), "http://h/tus/a/b/c");
    }

    #[test]
    fn an_upload_of_ours_tells_its_id_and_where_to_ask_for_it() {
        let ours = Ours::of(&url("http://h/up/tus/files/files/123?pass=x")).unwrap();
        assert_eq!(ours.id, "123");
        assert_eq!(ours.api("files").as_str(), "http://h/up/api/files/123");
        let ours = Ours::of(&url("http://h/tus/files/files/123")).unwrap();
        assert_eq!(ours.api("entries").as_str(), "http://h/api/entries/123");
        assert_eq!(Ours::of(&url("http://h/files/123")), None);
        let listing = listing(&url("http://h/up/tus/files/files")).unwrap();
        assert_eq!(listing.as_str(), "http://h/up/api/files?limit=1");
    }

    #[test]
    fn secrets_stay_where_they_belong() {
        for (home, other, may) in [
            ("http://h/a", "http://h/b", true),
            ("http://h/a", "http://h:80/b", true),
            ("http://h/a", "https://h/b", true),
            ("https://h/a", "http://h/b", false),
            ("http://h:8080/a", "https://h/b", false),
            ("http://h/a", "http://h:81/b", false),
            ("http://h/a", "http://g/b", false),
            ("https://h/a", "https://h.g/b", false),
        ] {
            assert_eq!(may_know(&url(home), &url(other)), may, "{home} {other}");
        }
        assert!(leaves_tls(&url("https://h"), &url("http://h")));
        assert!(!leaves_tls(&url("http://h"), &url("http://h")));
    }
}
