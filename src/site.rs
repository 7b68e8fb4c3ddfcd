//! [`Site`]: where a running Longshore is found: the path below which it answers, and the folder in which
//! its stored files lie.
//!
//! An application may mount us below a path of its own. A single URL that forgets the prefix works in our
//! own service and is a dead link in theirs, so every path that leaves the house is made here.
//!
//! INVARIANT: a prefix is empty, or begins with `/` and doesn't end with one.

mod link;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use thiserror::Error;

use crate::domain::{EntryId, FileName, PageName, StoredFile, Timestamp};
use crate::jobs::has_thumbnail;

pub(crate) use self::link::{NoLink, Opens, Signer, Way};

/// Unreserved characters of RFC 3986 stay as they are.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The name under which a file's thumbnail is served, beside the file under its own.
pub(crate) const THUMBNAIL: &str = "thumbnail";

/// A prefix that is none: what was given and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{0:?} is no prefix: allowed is a path like \"/uploads\" or \"/team/files\", which begins with `/`, does \
     not end with one, and has no empty part, no `.` or `..`, and nothing but letters, digits, `-`, `.`, \
     `_` and `~`; leave it out to be found at `/`"
)]
pub struct PrefixError(String);

/// Where a running Longshore is found. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Site(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    prefix: String,
    upload_dir: Option<PathBuf>,
    /// The only origin that serves files, if it is not ours.
    files_origin: Option<String>,
    /// Missing while mistakes are sought and nothing is served.
    signer: Option<Signer>,
}

impl Site {
    /// A site below a path, or at `/`.
    pub(crate) fn new(
        prefix: Option<&str>,
        upload_dir: Option<PathBuf>,
    ) -> Result<Self, PrefixError> {
        let prefix = prefix.map(checked).transpose()?.unwrap_or_default().to_owned();
        let (files_origin, signer) = (None, None);
        Ok(Self(Arc::new(Inner { prefix, upload_dir, files_origin, signer })))
    }

    /// The same site, with links to files that this signer makes and, perhaps, another origin that serves them.
    pub(crate) fn linking(self, signer: Signer, files_origin: Option<String>) -> Self {
        let Inner { prefix, upload_dir, .. } = &*self.0;
        let (prefix, upload_dir) = (prefix.clone(), upload_dir.clone());
        Self(Arc::new(Inner { prefix, upload_dir, files_origin, signer: Some(signer) }))
    }

    /// The origin that serves files, if it is not ours.
    pub(crate) fn files_origin(&self) -> Option<&str> {
        self.0.files_origin.as_deref()
    }

    /// Whether a request with this `Host` has come to the origin that serves files and nothing else.
    pub(crate) fn is_files_host(&self, host: Option<&str>) -> bool {
        let authority = self.files_origin().and_then(|origin| origin.split_once("://"));
        let there = authority.zip(host);
        there.is_some_and(|((_, authority), host)| authority.eq_ignore_ascii_case(host))
    }

    /// A link to a file, and when it ends.
    pub(crate) fn link(&self, file: &StoredFile, lasts: Duration, way: Way) -> (String, Timestamp) {
        let path = self.file_path(file.id, &file.name);
        let Some(signer) = &self.0.signer else { return (path, Timestamp::default()) };
        let (query, until) = signer.query(file.id, lasts, way);
        (self.on_files_origin(&format!("{path}?{query}")), until)
    }

    /// What a query opens, if it is that of a link; `None` if it is none.
    pub(crate) fn linked(&self, id: EntryId, query: &str) -> Option<Result<Opens, NoLink>> {
        self.0.signer.as_ref().and_then(|signer| signer.read(id, query))
    }

    fn on_files_origin(&self, path: &str) -> String {
        format!("{}{path}", self.files_origin().unwrap_or_default())
    }

    /// The path below which everything is found; empty without one.
    pub(crate) fn prefix(&self) -> &str {
        &self.0.prefix
    }

    pub(crate) fn upload_dir(&self) -> Option<&Path> {
        self.0.upload_dir.as_deref()
    }

    /// A path of ours as the world sees it.
    pub(crate) fn below(&self, path: &str) -> String {
        format!("{}{path}", self.0.prefix)
    }

    pub(crate) fn page(&self, page: &PageName) -> String {
        match page.as_str() {
            "index" => self.below("/"),
            page => self.below(&format!("/{page}")),
        }
    }

    /// Where a live page connects. The index is never live.
    pub(crate) fn live(&self, page: &PageName) -> String {
        match page.as_str() {
            "index" => String::new(),
            page => self.below(&format!("/{page}/ws")),
        }
    }

    /// `/_upload/{id}/{name}`. The name is for people; the id decides.
    pub(crate) fn file(&self, file: &StoredFile) -> String {
        self.file_called(file.id, &file.name)
    }

    /// The same for a file that is not stored yet. Where another origin serves files, this is a link to it: our
    /// cookie does not get there.
    pub(crate) fn file_called(&self, id: EntryId, name: &FileName) -> String {
        let path = self.file_path(id, name);
        match self.0.signer.as_ref().filter(|_| self.files_origin().is_some()) {
            Some(signer) => self.on_files_origin(&format!("{path}?{}", signer.own_query(id))),
            None => path,
        }
    }

    fn file_path(&self, id: EntryId, name: &FileName) -> String {
        let name = match name.as_str() {
            // That path leads to the thumbnail. What is saved is named by a header, so another name will do.
            THUMBNAIL => "thumbnail_",
            name => name,
        };
        self.below(&format!("/_upload/{id}/{}", utf8_percent_encode(name, SEGMENT)))
    }

    /// `/_upload/{id}/thumbnail`; `None` if the file is of a kind of which no thumbnails are made. A service
    /// that makes none serves the picture itself there.
    pub(crate) fn thumbnail(&self, file: &StoredFile) -> Option<String> {
        let path = || self.below(&format!("/_upload/{}/{THUMBNAIL}", file.id));
        has_thumbnail(&file.media_type).then(path)
    }

    /// The `Path` of our cookie: nobody but us needs it, so below a prefix nobody else is sent it.
    pub(crate) fn cookie_path(&self) -> &str {
        if self.0.prefix.is_empty() { "/" } else { &self.0.prefix }
    }
}

fn checked(prefix: &str) -> Result<&str, PrefixError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    let name = |part: &str| !["", ".", ".."].contains(&part) && part.chars().all(plain);
    let parts = prefix.strip_prefix('/').map(|path| path.split('/').all(name));
    if parts == Some(true) {
        return Ok(prefix);
    }
    Err(PrefixError(prefix.chars().take(64).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_prefix_paths_stay_as_they_are() {
        let site = Site::default();
        let page = |name: &str| PageName::try_from(name).unwrap();
        assert_eq!((site.prefix(), site.cookie_path()), ("", "/"));
        assert_eq!(site.page(&page("index")), "/");
        assert_eq!(site.page(&page("notes")), "/notes");
        assert_eq!(site.live(&page("notes")), "/notes/ws");
    }

    #[test]
    fn with_a_prefix_every_path_carries_it() {
        let site = Site::new(Some("/team/files"), None).unwrap();
        let page = |name: &str| PageName::try_from(name).unwrap();
        assert_eq!(site.cookie_path(), "/team/files");
        assert_eq!(site.page(&page("index")), "/team/files/");
        assert_eq!(site.live(&page("notes")), "/team/files/notes/ws");
        assert_eq!(site.live(&page("index")), "");
        assert_eq!(site.below("/static/dev"), "/team/files/static/dev");
    }

    #[test]
    fn a_prefix_that_could_mean_something_else_is_refused() {
        for good in ["/uploads", "/a/b", "/~me", "/v1.0", "/..."] {
            assert!(Site::new(Some(good), None).is_ok(), "{good}");
        }
        for bad in [
            "",
            "/",
            "uploads",
            "/uploads/",
            "//uploads",
            "/a//b",
            "/..",
            "/a/../b",
            "/.",
            "/{x}",
            "/a b",
            "/ä",
            "/a%2fb",
            "/a?b",
            "/a#b",
            "/a\\b",
            "/a\n",
            "/a;b",
            "https://a.example/b",
        ] {
            let error = Site::new(Some(bad), None).unwrap_err().to_string();
            assert!(error.contains(&format!("{bad:?}")) && error.contains("/uploads"), "{error}");
        }
    }
}
