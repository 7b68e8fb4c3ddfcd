//! A tus client that says exactly what a test wants, and holds every answer to what all answers must have.

use actix_web::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use longshore::testing::raw::RawConnection;
use longshore::testing::{Answer, TestServer, Visitor, until};

pub(crate) const TUS: (&str, &str) = ("tus-resumable", "1.0.0");
pub(crate) const BYTES: (&str, &str) = ("content-type", "application/offset+octet-stream");

/// A client. One that knows no cookies is somebody new with each request, as tuspy is.
#[derive(Debug)]
pub(crate) struct Tus {
    visitor: Visitor,
    keeps_cookies: bool,
}

impl Tus {
    /// Somebody with a browser.
    pub(crate) async fn of(server: &TestServer) -> Self {
        let visitor = server.visitor();
        visitor.get("inbox").await;
        Self::by(&visitor)
    }

    pub(crate) fn by(visitor: &Visitor) -> Self {
        Self { visitor: visitor.clone(), keeps_cookies: true }
    }

    /// A program without cookies, which says nothing of where it comes from.
    pub(crate) fn without_cookies(server: &TestServer) -> Self {
        Self { visitor: server.visitor().coming_from(None), keeps_cookies: false }
    }

    pub(crate) fn visitor(&self) -> &Visitor {
        &self.visitor
    }

    /// Any request; the version is said unless the test says another.
    pub(crate) async fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Answer {
        let answer = self.try_send(method, url, headers, body).await;
        answer.unwrap_or_else(|| panic!("{method} {url}: no answer"))
    }

    pub(crate) async fn try_send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Option<Answer> {
        let mut all = headers.to_vec();
        if !all.iter().any(|(name, _)| *name == TUS.0) {
            all.push(TUS);
        }
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let visitor = match self.keeps_cookies {
            true => &self.visitor,
            false => &self.visitor.clone(),
        };
        let body = body.as_ref().to_vec();
        let answer = visitor.try_send(method.clone(), url, &all, body).await?;
        // C-VER-03: whatever it is an answer to.
        assert_eq!(answer.header(TUS.0), Some(TUS.1), "{method} {url}: {}", answer.status);
        if answer.status == 204 || method == Method::HEAD {
            // C-PAT-22, C-HEAD-07
            assert!(answer.body.is_empty(), "{method} {url}: {}", answer.text());
        }
        Some(answer)
    }

    /// A creation in a slot of the page `inbox`.
    pub(crate) async fn post(&self, slot: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.send("POST", &format!("/tus/inbox/{slot}"), headers, body).await
    }

    /// Creates an upload, and answers its address.
    pub(crate) async fn create(&self, slot: &str, length: u64) -> String {
        let length = length.to_string();
        self.create_with(slot, &[("upload-length", &length)]).await
    }

    pub(crate) async fn create_with(&self, slot: &str, headers: &[(&str, &str)]) -> String {
        let answer = self.post(slot, headers, b"").await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.header("location").expect("an address").to_owned()
    }

    pub(crate) async fn head(&self, url: &str) -> Answer {
        self.send("HEAD", url, &[], b"").await
    }

    /// The offset that a HEAD tells; panics if there is none.
    pub(crate) async fn offset(&self, url: &str) -> u64 {
        let answer = self.head(url).await;
        assert_eq!(answer.status, 200, "{url}");
        answer.header("upload-offset").expect("an offset").parse().unwrap()
    }

    pub(crate) async fn patch(&self, url: &str, at: u64, bytes: &[u8]) -> Answer {
        self.patch_with(url, at, &[], bytes).await
    }

    pub(crate) async fn patch_with(
        &self,
        url: &str,
        at: u64,
        headers: &[(&str, &str)],
        bytes: &[u8],
    ) -> Answer {
        let at = at.to_string();
        let headers = [&[BYTES, ("upload-offset", &at)], headers].concat();
        self.send("PATCH", url, &headers, bytes).await
    }

    /// Brings bytes that must be taken.
    pub(crate) async fn brings(&self, url: &str, at: u64, bytes: &[u8]) {
        let answer = self.patch(url, at, bytes).await;
        assert_eq!(answer.status, 204, "{}", answer.text());
        let end = (at + bytes.len() as u64).to_string();
        assert_eq!(answer.header("upload-offset"), Some(&*end));
    }

    /// Goes on from where the upload is to its end, as a client does: a request of before may still be under way.
    pub(crate) async fn goes_on(&self, url: &str, whole: &[u8]) -> u64 {
        for _ in 0..20 {
            let offset = self.offset(url).await;
            let rest = &whole[usize::try_from(offset).unwrap()..];
            match self.patch(url, offset, rest).await.status {
                204 => return offset,
                status => assert_eq!(status, 409),
            }
        }
        panic!("the upload never comes to rest");
    }

    /// The bytes of the only stored file of this visitor.
    pub(crate) async fn stored(&self) -> Vec<u8> {
        let listed = self.visitor.listed().await;
        assert_eq!(listed.len(), 1, "{listed:?}");
        self.visitor.get(listed[0]["url"].as_str().unwrap()).await.body.to_vec()
    }

    pub(crate) async fn nothing_is_stored(&self) {
        assert_eq!(self.visitor.listed().await.len(), 0);
    }

    /// A request as it goes over the wire, on a connection of its own, without its body.
    pub(crate) async fn raw(
        &self,
        server: &TestServer,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
    ) -> RawConnection {
        let mut connection = RawConnection::to(server).await;
        self.raw_on(&mut connection, method, url, headers).await;
        connection
    }

    pub(crate) async fn raw_on(
        &self,
        connection: &mut RawConnection,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
    ) {
        let mut head = format!("{method} {url} HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\n");
        if let Some(cookie) = self.visitor.cookie() {
            head.push_str(&format!("Cookie: {cookie}\r\n"));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        connection.send(format!("{head}\r\n").as_bytes()).await;
    }
}

/// `Upload-Metadata` of pairs.
pub(crate) fn metadata(pairs: &[(&str, &str)]) -> String {
    let pair = |(key, value): &(&str, &str)| format!("{key} {}", STANDARD.encode(value));
    pairs.iter().map(pair).collect::<Vec<_>>().join(",")
}

/// The id at the end of an address.
pub(crate) fn id(url: &str) -> &str {
    url.split('?').next().unwrap().rsplit('/').next().unwrap()
}

/// Waits until an unfinished upload has so many bytes on the disk: then a request that was sent on a connection of
/// its own is under way for certain.
pub(crate) async fn is_on_the_disk(server: &TestServer, bytes: u64) {
    let size = |path: &std::path::PathBuf| path.metadata().map_or(0, |meta| meta.len());
    let what = format!("{bytes} bytes are on the disk");
    until(&what, || server.spool().iter().any(|path| path.is_file() && size(path) >= bytes)).await;
}
