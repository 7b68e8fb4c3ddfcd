//! A visitor: an HTTP client with a cookie jar, which says where its requests come from, as browsers do.

use std::cell::RefCell;
use std::fmt;
use std::time::Duration;

use actix_web::http::header::HeaderMap;
use actix_web::http::{Method, header};
use awc::error::WsClientError;
use serde_json::Value;

use super::{Answer, Form, LivePage, TestServer, Upload, within};

/// Longer than anything is waited for, so that the wait's own words are told.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The largest answer that is read, in bytes.
const LARGEST: usize = 128 << 20;

/// Somebody with a browser: stays the same caller, because they keep the server's cookie.
///
/// A path is given from where Longshore is mounted (`"notes"`, `"api/files"`), or from the root of the application
/// (`"/notes"`). Redirects are not followed, so that a test can see them.
///
/// A clone is another browser with the same cookie.
#[derive(Clone)]
pub struct Visitor {
    http: awc::Client,
    base: String,
    /// Where Longshore is mounted.
    prefix: String,
    cookie: RefCell<Option<String>>,
    origin: Option<String>,
    bearer: Option<String>,
}

impl fmt::Debug for Visitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Visitor");
        debug.field("base", &self.base).field("cookie", &self.cookie.borrow());
        debug.field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl Visitor {
    pub(super) fn new(server: &TestServer) -> Self {
        Self { prefix: server.uploads().prefix().to_owned(), ..Self::at(server.origin()) }
    }

    /// A visitor of any server, by its origin: `http://127.0.0.1:8080`. One that another process runs, perhaps,
    /// or one behind something that breaks the way to it.
    pub fn at(origin: impl Into<String>) -> Self {
        let http = awc::Client::builder().disable_redirects().timeout(TIMEOUT).finish();
        let base = origin.into();
        let (prefix, origin) = (String::new(), Some(base.clone()));
        Self { http, base, prefix, cookie: RefCell::new(None), origin, bearer: None }
    }

    /// The same visitor on a page of another site (`Some`), or with a program that says nothing of where its
    /// requests come from (`None`).
    #[must_use]
    pub fn coming_from(&self, origin: Option<&str>) -> Self {
        Self { origin: origin.map(str::to_owned), ..self.clone() }
    }

    /// A browser with this cookie, whoever it belongs to.
    #[must_use]
    pub fn with_cookie(&self, cookie: &str) -> Self {
        Self { cookie: RefCell::new(Some(cookie.to_owned())), ..self.clone() }
    }

    /// The same visitor showing a bearer token with each request, as a program does: without a cookie, and saying
    /// nothing of where it comes from.
    #[must_use]
    pub fn with_bearer(&self, token: &str) -> Self {
        let bearer = Some(format!("Bearer {token}"));
        Self { cookie: RefCell::new(None), origin: None, bearer, ..self.clone() }
    }

    /// The same visitor on new connections, after the server was started again: old ones are kept for the next
    /// request, and a dead one is only found out by it.
    #[must_use]
    pub fn reconnected(&self) -> Self {
        Self { http: Self::at(&*self.base).http, ..self.clone() }
    }

    /// The cookie, as `name=value`; none before the first answer.
    #[must_use]
    pub fn cookie(&self) -> Option<String> {
        self.cookie.borrow().clone()
    }

    /// Asks for a path.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Vec::new()).await
    }

    /// Asks for a path with these header lines.
    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, path, headers, Vec::new()).await
    }

    /// Asks for the header lines of a path.
    pub async fn head(&self, path: &str) -> Answer {
        self.send(Method::HEAD, path, &[], Vec::new()).await
    }

    /// Deletes what is at a path.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], Vec::new()).await
    }

    /// Posts a form as a script does; the answer is JSON (`docs/http.md`).
    pub async fn post(&self, path: &str, form: Form) -> Answer {
        self.send(Method::POST, path, &[("content-type", &Form::content_type())], form.body()).await
    }

    /// Posts a form as a browser without JavaScript does; the answer leads back to the page.
    pub async fn submit(&self, path: &str, form: Form) -> Answer {
        let accept = ("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
        let kind = Form::content_type();
        self.send(Method::POST, path, &[("content-type", &*kind), accept], form.body()).await
    }

    /// Stores a file through a page's form, and answers what the server says of it. Panics if it is refused.
    pub async fn store(&self, page: &str, slot: &str, upload: Upload) -> Value {
        let json = self.post(page, Form::new().upload(slot, &upload)).await.json();
        assert_eq!(json["success"], true, "`{}` was not stored: {json}", upload.name());
        json["files"][0].clone()
    }

    /// The stored files of this visitor, newest first.
    pub async fn listed(&self) -> Vec<Value> {
        let json = self.get("api/files").await.json();
        json["files"].as_array().unwrap_or_else(|| panic!("no list of files: {json}")).clone()
    }

    /// Sends any request. Panics if the connection ends without an answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        let answer = self.try_send(method.clone(), path, headers, body).await;
        answer.unwrap_or_else(|| panic!("{method} {path}: the connection ended without an answer"))
    }

    /// Sends any request; nothing if the connection ends without an answer.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Option<Answer> {
        let mut request = self.http.request(method.clone(), self.url(path));
        if let Some(cookie) = self.cookie() {
            request = request.insert_header((header::COOKIE, cookie));
        }
        if let Some(origin) = self.origin.as_deref().filter(|_| !method.is_safe()) {
            request = request.insert_header((header::ORIGIN, origin));
        }
        if let Some(bearer) = &self.bearer {
            request = request.insert_header((header::AUTHORIZATION, &**bearer));
        }
        for header in headers {
            request = request.append_header(*header);
        }
        let what = format!("an answer to {method} {path}");
        let mut response = within(&what, request.send_body(body)).await.ok()?;
        let answer = Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: within(&what, response.body().limit(LARGEST)).await.ok()?,
        };
        self.keep_cookie(&answer.headers);
        Some(answer)
    }

    /// A request for a path, by this visitor.
    pub(super) fn request(&self, path: &str) -> awc::ClientRequest {
        let request = self.http.get(self.url(path));
        match self.cookie() {
            Some(cookie) => request.insert_header((header::COOKIE, cookie)),
            None => request,
        }
    }

    fn url(&self, path: &str) -> String {
        if path.starts_with('/') {
            format!("{}{path}", self.base)
        } else {
            format!("{}{}/{path}", self.base, self.prefix)
        }
    }

    fn keep_cookie(&self, headers: &HeaderMap) {
        let cookie = headers.get(header::SET_COOKIE).and_then(|cookie| cookie.to_str().ok());
        if let Some(pair) = cookie.and_then(|cookie| cookie.split(';').next()) {
            *self.cookie.borrow_mut() = Some(pair.to_owned());
        }
    }

    /// Opens a live page, and says hello.
    pub async fn live(&self, page: &str) -> LivePage {
        let live = self.connect(page).await;
        let mut live = live.unwrap_or_else(|status| panic!("no live page `{page}` but {status}"));
        live.say_hello(false).await;
        live
    }

    /// Opens a live page and says nothing; [`LivePage::say_hello`] comes next.
    ///
    /// # Errors
    /// The status with which the handshake was refused.
    pub async fn connect(&self, page: &str) -> Result<LivePage, u16> {
        match self.try_connect(page).await {
            Ok(page) => Ok(page),
            Err(WsClientError::InvalidResponseStatus(status)) => Err(status.as_u16()),
            Err(error) => panic!("no handshake: {error}"),
        }
    }

    /// The same with a server that may not be there.
    ///
    /// # Errors
    /// Why there is no connection.
    pub async fn try_connect(&self, page: &str) -> Result<LivePage, WsClientError> {
        let url = self.url(&format!("{page}/ws")).replacen("http", "ws", 1);
        let mut request = self.http.ws(url).protocols(["longshore.v1"]).max_frame_size(4 << 20);
        if let Some(cookie) = self.cookie() {
            request = request.header(header::COOKIE, cookie);
        }
        if let Some(origin) = &self.origin {
            request = request.origin(origin);
        }
        if let Some(bearer) = &self.bearer {
            request = request.header(header::AUTHORIZATION, &**bearer);
        }
        let (response, socket) = within("a handshake", request.connect()).await?;
        self.keep_cookie(response.headers());
        Ok(LivePage::over(socket))
    }
}
