//! Cookies: by them a server knows the next run for the same caller, whose uploads go on and whose files can be
//! listed. They go back to exactly the place that they came from.

use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::cookie::Cookie as SetCookie;
use serde::{Deserialize, Serialize};
use url::Url;

/// A cookie as a server set it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cookie {
    pub(super) origin: String,
    pub(super) name: String,
    pub(super) value: String,
    pub(super) path: String,
    /// Seconds since 1970; none is for this run only.
    pub(super) until: Option<u64>,
}

impl Cookie {
    /// Reads a `Set-Cookie` line of an answer from this address.
    pub(super) fn read(line: &str, from: &Url, now: u64) -> Option<Self> {
        let cookie = SetCookie::parse(line).ok()?;
        let age = cookie.max_age().map(|age| age.whole_seconds());
        let ends = cookie.expires_datetime().map(|time| time.unix_timestamp());
        let seconds = age.map(|age| age.saturating_add_unsigned(now)).or(ends);
        let path = cookie.path().filter(|path| path.starts_with('/')).map_or_else(
            || from.path().rsplit_once('/').map_or("/", |(folder, _)| folder).to_owned(),
            str::to_owned,
        );
        Some(Self {
            origin: origin(from),
            name: cookie.name().to_owned(),
            value: cookie.value().to_owned(),
            path: if path.is_empty() { "/".to_owned() } else { path },
            until: seconds.map(|seconds| seconds.try_into().unwrap_or(0)),
        })
    }

    /// True if one takes the place of the other.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.origin == other.origin && self.name == other.name && self.path == other.path
    }

    /// RFC 6265, 5.1.4.
    fn goes_to(&self, url: &Url) -> bool {
        let below = url.path().strip_prefix(self.path.as_str());
        self.origin == origin(url)
            && below.is_some_and(|rest| {
                rest.is_empty() || rest.starts_with('/') || self.path.ends_with('/')
            })
    }
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// The cookies of a run.
#[derive(Debug, Default)]
pub(super) struct Jar(Mutex<Vec<Cookie>>);

impl Jar {
    pub(super) fn with(cookies: Vec<Cookie>) -> Self {
        Self(Mutex::new(cookies))
    }

    /// The `Cookie` header for an address.
    pub(super) fn header(&self, url: &Url) -> Option<String> {
        let cookies = self.cookies();
        let pairs = cookies.iter().filter(|cookie| cookie.goes_to(url));
        let pairs: Vec<_> =
            pairs.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// Takes a cookie in, and says whether it is news.
    pub(super) fn take(&self, cookie: &Cookie, now: u64) -> bool {
        let mut cookies = self.cookies();
        if cookies.contains(cookie) {
            return false;
        }
        cookies.retain(|other| !other.is_like(cookie));
        if cookie.until.is_none_or(|until| until > now) {
            cookies.push(cookie.clone());
        }
        true
    }

    fn cookies(&self) -> MutexGuard<'_, Vec<Cookie>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_cookie_goes_back_to_where_it_came_from_and_nowhere_else() {
        let from = url("http://h:8080/up/tus/files/files");
        let line = "longshore=abc%3D; HttpOnly; SameSite=Lax; Path=/up; Max-Age=100";
        let cookie = Cookie::read(line, &from, 1_000).unwrap();
        assert_eq!(cookie.until, Some(1_100));
        let jar = Jar::with(vec![cookie]);
        for (to, goes) in [
            ("http://h:8080/up", true),
            ("http://h:8080/up/api/files?x", true),
            ("http://h:8080/upper", false),
            ("http://h:8080/", false),
            ("http://h/up", false),
            ("https://h:8080/up", false),
            ("http://g:8080/up", false),
        ] {
            let expected = goes.then(|| "longshore=abc%3D".to_owned());
            assert_eq!(jar.header(&url(to)), expected, "{to}");
        }
    }

    #[test]
    fn a_cookie_without_a_path_is_for_the_folder() {
        for (from, path) in [("http://h/a/b", "/a"), ("http://h/a", "/"), ("http://h", "/")] {
            assert_eq!(Cookie::read("a=b", &url(from), 0).unwrap().path, path, "{from}");
        }
        assert_eq!(Cookie::read("a=b; Path=x", &url("http://h/a/b"), 0).unwrap().path, "/a");
        assert_eq!(Cookie::read("", &url("http://h/"), 0), None);
    }

    #[test]
    fn a_newer_one_takes_its_place_and_one_that_is_over_removes_it() {
        let from = url("http://h/");
        let read = |line: &str| Cookie::read(line, &from, 1_000).unwrap();
        let jar = Jar::default();
        assert!(jar.take(&read("a=1; Max-Age=50"), 1_000));
        assert!(!jar.take(&read("a=1; Max-Age=50"), 1_000));
        assert!(jar.take(&read("a=2"), 1_000));
        assert!(jar.take(&read("b=3"), 1_000));
        assert_eq!(jar.header(&from).unwrap(), "a=2; b=3");
        assert!(jar.take(&read("a=2; Max-Age=0"), 1_000));
        assert!(jar.take(&read("b=; Expires=Thu, 01 Jan 1970 00:00:10 GMT"), 1_000));
        assert_eq!(jar.header(&from), None);
    }
}
