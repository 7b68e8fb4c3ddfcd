//! A browser with a jar that knows where a cookie belongs.

use std::cell::RefCell;
use std::net::SocketAddr;

use actix_web::cookie::Cookie;
use actix_web::http::{Method, header};
use longshore::testing::{Form, LivePage, within};
use serde_json::Value;

/// What a browser says when it wants a page.
pub(crate) const BROWSER: (&str, &str) =
    ("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");

/// A browser: it sends a cookie where the cookie's path says, and nowhere else.
pub(crate) struct Browser {
    http: awc::Client,
    at: SocketAddr,
    pub(crate) jar: RefCell<Vec<Cookie<'static>>>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) kind: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        // What templates escape is what a browser reads.
        String::from_utf8_lossy(&self.body).replace("&#x2F;", "/")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }
}

impl Browser {
    pub(crate) fn new(at: SocketAddr) -> Self {
        let http = awc::Client::builder().disable_redirects().finish();
        Self { http, at, jar: RefCell::default() }
    }

    /// The `Cookie` header for a path (RFC 6265, 5.1.4 and 5.4).
    pub(crate) fn cookies(&self, path: &str) -> String {
        let path = path.split('?').next().unwrap();
        let goes = |cookie: &&Cookie<'static>| {
            let rest = path.strip_prefix(cookie.path().unwrap());
            rest.is_some_and(|rest| {
                rest.is_empty() || rest.starts_with('/') || cookie.path() == Some("/")
            })
        };
        let jar = self.jar.borrow();
        let pairs: Vec<_> = jar.iter().filter(goes).map(|c| c.stripped().to_string()).collect();
        pairs.join("; ")
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Vec::new()).await
    }

    pub(crate) async fn see(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[BROWSER], Vec::new()).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        let changes = !method.is_safe();
        let mut request = self.http.request(method, format!("http://{}{path}", self.at));
        let cookies = self.cookies(path);
        if !cookies.is_empty() {
            request = request.insert_header((header::COOKIE, cookies));
        }
        if changes {
            request = request.insert_header((header::ORIGIN, format!("http://{}", self.at)));
        }
        for header in headers {
            request = request.insert_header(*header);
        }
        let mut response = within(path, request.send_body(body)).await.unwrap();
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let cookie = Cookie::parse(cookie.to_str().unwrap().to_owned()).unwrap();
            assert!(cookie.path().is_some(), "{cookie} says where it belongs");
            let mut jar = self.jar.borrow_mut();
            jar.retain(|old| (old.name(), old.path()) != (cookie.name(), cookie.path()));
            jar.push(cookie);
        }
        let named = |name| response.headers().get(name).map(|v| v.to_str().unwrap().to_owned());
        Answer {
            status: response.status().as_u16(),
            location: named(header::LOCATION),
            kind: named(header::CONTENT_TYPE).unwrap_or_default(),
            body: within(path, response.body()).await.unwrap().to_vec(),
        }
    }

    pub(crate) async fn post(&self, path: &str, accept: &[(&str, &str)], form: Form) -> Answer {
        let kind = Form::content_type();
        let headers = [&[("content-type", &*kind)], accept].concat();
        self.send(Method::POST, path, &headers, form.body()).await
    }

    pub(crate) async fn live(&self, path: &str) -> LivePage {
        let request = self.http.ws(format!("ws://{}{path}", self.at)).protocols(["longshore.v1"]);
        let request = request
            .header(header::COOKIE, self.cookies(path))
            .origin(format!("http://{}", self.at));
        let (_, socket) = within("a handshake", request.connect()).await.expect("a live page");
        let mut live = LivePage::over(socket);
        live.say_hello(false).await;
        live
    }
}
