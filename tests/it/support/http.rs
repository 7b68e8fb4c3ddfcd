//! A visitor: an HTTP client with a cookie jar, which says where its requests come from, as browsers do.

use std::cell::RefCell;
use std::time::Duration;

use actix_web::http::header::HeaderMap;
use actix_web::http::{Method, header};
use actix_web::web::Bytes;
use serde_json::Value;

use super::wait::within;
use super::{Form, LivePage, TestApp};

/// Somebody with a browser, or with curl.
#[derive(Clone)]
pub(crate) struct Visitor {
    http: awc::Client,
    base: String,
    cookie: RefCell<Option<String>>,
    origin: Option<String>,
}

impl Visitor {
    pub(crate) fn new(app: &TestApp) -> Self {
        let http =
            awc::Client::builder().disable_redirects().timeout(Duration::from_secs(60)).finish();
        let (base, origin) = (app.origin(), Some(app.origin()));
        Self { http, base, cookie: RefCell::new(None), origin }
    }

    /// The same, as from a page of another site (`Some`) or from no page at all (`None`).
    pub(crate) fn coming_from(&self, origin: Option<&str>) -> Self {
        Self { origin: origin.map(str::to_owned), ..self.clone() }
    }

    pub(crate) fn with_cookie(&self, cookie: &str) -> Self {
        Self { cookie: RefCell::new(Some(cookie.to_owned())), ..self.clone() }
    }

    pub(crate) fn cookie(&self) -> Option<String> {
        self.cookie.borrow().clone()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Vec::new()).await
    }

    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, path, headers, Vec::new()).await
    }

    pub(crate) async fn head(&self, path: &str) -> Answer {
        self.send(Method::HEAD, path, &[], Vec::new()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], Vec::new()).await
    }

    /// Posts a form to the page `inbox`, as a script does.
    pub(crate) async fn post(&self, form: Form) -> Answer {
        self.post_to("/inbox", form).await
    }

    pub(crate) async fn post_to(&self, path: &str, form: Form) -> Answer {
        self.send(Method::POST, path, &[("content-type", &Form::content_type())], form.body()).await
    }

    /// Posts a form as a browser without JavaScript does.
    pub(crate) async fn submit(&self, path: &str, form: Form) -> Answer {
        let accept = ("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
        self.send(
            Method::POST,
            path,
            &[("content-type", &Form::content_type()), accept],
            form.body(),
        )
        .await
    }

    /// Stores a file through the form, and answers what the server says of it.
    pub(crate) async fn store(&self, slot: &str, name: &str, bytes: &[u8]) -> Value {
        let answer = self.post(Form::new().file(slot, name, bytes)).await;
        let json = answer.json();
        assert_eq!(json["success"], true, "{json}");
        json["files"][0].clone()
    }

    /// The stored files of this visitor.
    pub(crate) async fn listed(&self) -> Vec<Value> {
        let json = self.get("/api/files").await.json();
        json["files"].as_array().expect("a list of files").clone()
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        let answer = self.try_send(method, path, headers, body).await;
        answer.expect("an answer before the connection ends")
    }

    /// Nothing if the connection ends without an answer.
    pub(crate) async fn try_send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Option<Answer> {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.base));
        if let Some(cookie) = self.cookie() {
            request = request.insert_header((header::COOKIE, cookie));
        }
        if let Some(origin) = self.origin.as_deref().filter(|_| !method.is_safe()) {
            request = request.insert_header((header::ORIGIN, origin));
        }
        for header in headers {
            request = request.append_header(*header);
        }
        let mut response = within(path, request.send_body(body)).await.ok()?;
        let answer = Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: within(path, response.body().limit(128 << 20)).await.ok()?,
        };
        self.keep_cookie(&answer.headers);
        Some(answer)
    }

    fn keep_cookie(&self, headers: &HeaderMap) {
        let cookie = headers.get(header::SET_COOKIE).and_then(|cookie| cookie.to_str().ok());
        if let Some(pair) = cookie.and_then(|cookie| cookie.split(';').next()) {
            *self.cookie.borrow_mut() = Some(pair.to_owned());
        }
    }

    /// Opens a live page, and says hello.
    pub(crate) async fn live(&self, page: &str) -> LivePage {
        let mut live = self.connect(page).await.expect("a live page");
        live.say_hello(false).await;
        live
    }

    /// Opens a live page and says nothing. The error is the status of a refused handshake.
    pub(crate) async fn connect(&self, page: &str) -> Result<LivePage, u16> {
        let url = format!("{}/{page}/ws", self.base).replacen("http", "ws", 1);
        let mut request = self.http.ws(url).protocols(["longshore.v1"]).max_frame_size(4 << 20);
        if let Some(cookie) = self.cookie() {
            request = request.header(header::COOKIE, cookie);
        }
        if let Some(origin) = &self.origin {
            request = request.origin(origin);
        }
        match within("a handshake", request.connect()).await {
            Ok((response, socket)) => {
                self.keep_cookie(response.headers());
                Ok(LivePage::new(socket))
            }
            Err(awc::error::WsClientError::InvalidResponseStatus(status)) => Err(status.as_u16()),
            Err(error) => panic!("no handshake: {error}"),
        }
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON but {}: {}", self.status, self.text()))
    }

    /// The code of a problem, or of the first error of a form's answer.
    pub(crate) fn code(&self) -> String {
        let json = self.json();
        let code = json["code"].as_str().or_else(|| json["errors"][0]["code"].as_str());
        code.unwrap_or_default().to_owned()
    }

    /// Asserts that this is a problem of RFC 9457 with that status and our code.
    pub(crate) fn is_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let json = self.json();
        assert_eq!((json["status"].as_u64(), &json["code"]), (Some(status.into()), &code.into()));
        assert!(json["title"].is_string() && json["detail"].is_string(), "{json}");
        assert!(json["type"].is_string(), "{json}");
    }
}
