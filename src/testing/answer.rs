//! What the server answered.

use actix_web::http::header::HeaderMap;
use actix_web::web::Bytes;
use serde_json::Value;

/// A whole response.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header lines.
    pub headers: HeaderMap,
    /// The bytes behind them.
    pub body: Bytes,
}

impl Answer {
    /// The first header line of this name, if it is there and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; panics with what it is if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON but {}: {}", self.status, self.text()))
    }

    /// The code of a problem, or of the first error of a form's answer; empty if there is none.
    #[must_use]
    pub fn code(&self) -> String {
        let json = self.json();
        let code = json["code"].as_str().or_else(|| json["errors"][0]["code"].as_str());
        code.unwrap_or_default().to_owned()
    }

    /// Asserts that this is a problem of RFC 9457 with that status and code.
    pub fn is_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let json = self.json();
        assert_eq!((json["status"].as_u64(), &json["code"]), (Some(status.into()), &code.into()));
        assert!(json["title"].is_string() && json["detail"].is_string(), "{json}");
        assert!(json["type"].is_string(), "{json}");
    }
}
