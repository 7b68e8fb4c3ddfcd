//! What can go wrong with an upload, by what there is to do about it.

use std::time::Duration;

use serde_json::Value;

use super::http::{Broken, Reply};

/// The most that is shown of what a server says.
const LONGEST: usize = 300;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The server won't have it. Asking again would be the same question.
    Refused(Words),
    /// It can't be, and the server didn't say so.
    Failed(String),
    /// It may go better in a while.
    Passing { why: String, wait: Option<Duration>, reached: bool },
    /// There is no such upload, or no longer; with a reason if the server gave one.
    Gone(Option<Words>),
}

/// What a server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) status: Option<u16>,
    pub(super) code: Option<String>,
    pub(super) message: String,
}

impl Words {
    /// True if a server ended an upload for good: it said why, and it was the file.
    pub(super) fn is_final(&self) -> bool {
        const PASSING: &[&str] = &[
            "busy",
            "check_failed",
            "expired",
            "shutting_down",
            "storage_error",
            "superseded",
            "timed_out",
            "unknown_entry",
        ];
        self.code.as_deref().is_some_and(|code| !PASSING.contains(&code))
    }
}

/// What was asked when a server said no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// A new upload.
    Creation,
    /// One that it had.
    Upload,
    /// Anything else.
    Facts,
}

impl Trouble {
    /// What an answer that is no success means.
    pub(super) fn with(reply: &Reply, about: About) -> Self {
        let passing =
            || Self::Passing { why: words(reply).message, wait: wait(reply), reached: true };
        match reply.status {
            404 | 410 if about != About::Creation => Self::Gone(reason(reply)),
            // tus allows this for uploads that are over.
            403 if about == About::Upload => Self::Gone(reason(reply)),
            // 423 and 460 are tus's: another request has it, and the bytes came broken.
            408 | 425 | 429 | 460 | 500 | 502..=504 | 520..=599 => passing(),
            409 | 423 if about == About::Upload => passing(),
            412 => Self::Failed("The server does not speak tus 1.0.0.".to_owned()),
            300..=399 => Self::Failed(format!(
                "The server answers {} and sends us elsewhere, where we do not go.",
                reply.status
            )),
            _ => Self::Refused(words(reply)),
        }
    }

    /// An answer that should not be one.
    pub(super) fn odd(reply: &Reply, what: &str) -> Self {
        Self::Failed(format!("The server answered {} {what}, which is not tus.", reply.status))
    }
}

impl From<Broken> for Trouble {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Unreachable(why) => Self::Passing { why, wait: None, reached: false },
            Broken::Cut(why) => Self::Passing { why, wait: None, reached: true },
            Broken::Hopeless(why) => Self::Failed(why),
        }
    }
}

/// The server's own message: that of problem details, or else the first line of a text.
fn words(reply: &Reply) -> Words {
    let json: Option<Value> = serde_json::from_str(&reply.body).ok();
    let text = |names: &[&str]| {
        let values = names.iter().filter_map(|name| json.as_ref()?.get(*name)?.as_str());
        values.map(str::to_owned).find(|text| !text.is_empty())
    };
    let is_text = json.is_none() && !reply.body.trim_start().starts_with('<');
    let line = is_text.then(|| reply.body.trim().lines().next().unwrap_or_default().to_owned());
    let message = text(&["detail", "message", "title", "error"]).or(line);
    let message = message.filter(|message| !message.is_empty());
    Words {
        status: Some(reply.status),
        code: text(&["code"]),
        message: message.map_or_else(
            || format!("The server answers {}.", reply.status),
            |message| plain(&message),
        ),
    }
}

/// Why an upload is gone, where that is more than that it is, and no fault that another try may not meet.
fn reason(reply: &Reply) -> Option<Words> {
    Some(words(reply)).filter(Words::is_final)
}

fn wait(reply: &Reply) -> Option<Duration> {
    reply.header("retry-after")?.trim().parse().ok().map(Duration::from_secs)
}

/// A stranger's text as it may be shown on a terminal: no control characters, no end of screens.
pub(super) fn plain(text: &str) -> String {
    let harmless = |char: char| match char {
        '\n' | '\t' | '\r' => ' ',
        char if char.is_control() => '\u{fffd}',
        char => char,
    };
    let mut plain: String = text.chars().take(LONGEST).map(harmless).collect();
    if text.chars().nth(LONGEST).is_some() {
        plain.push('…');
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        Reply { status, headers: ureq::http::HeaderMap::new(), body: body.to_owned() }
    }

    #[test]
    fn every_answer_has_its_meaning() {
        let kind = |status, about| match Trouble::with(&reply(status, ""), about) {
            Trouble::Refused(_) => "refused",
            Trouble::Failed(_) => "failed",
            Trouble::Passing { .. } => "passing",
            Trouble::Gone(_) => "gone",
        };
        for (status, of_creation, of_upload) in [
            (303, "failed", "failed"),
            (400, "refused", "refused"),
            (401, "refused", "refused"),
            (403, "refused", "gone"),
            (404, "refused", "gone"),
            (408, "passing", "passing"),
            (409, "refused", "passing"),
            (410, "refused", "gone"),
            (412, "failed", "failed"),
            (413, "refused", "refused"),
            (415, "refused", "refused"),
            (422, "refused", "refused"),
            (423, "refused", "passing"),
            (429, "passing", "passing"),
            (460, "passing", "passing"),
            (500, "passing", "passing"),
            (501, "refused", "refused"),
            (503, "passing", "passing"),
            (507, "refused", "refused"),
            (524, "passing", "passing"),
        ] {
            assert_eq!(kind(status, About::Creation), of_creation, "{status}");
            assert_eq!(kind(status, About::Upload), of_upload, "{status}");
        }
    }

    #[test]
    fn the_servers_own_words_are_shown() {
        let long = "x".repeat(1_000);
        for (body, code, message) in [
            (
                r#"{"title":"T","code":"too_large","detail":"Too large."}"#,
                Some("too_large"),
                "Too large.",
            ),
            (r#"{"title":"T"}"#, None, "T"),
            ("ERR_X: no\nmore", None, "ERR_X: no"),
            ("<html>nginx</html>", None, "The server answers 413."),
            ("", None, "The server answers 413."),
            ("{}", None, "The server answers 413."),
            ("a\u{1b}[31mb\u{7}", None, "a\u{fffd}[31mb\u{fffd}"),
            (&long, None, &format!("{}…", "x".repeat(300))),
        ] {
            let words = words(&reply(413, body));
            assert_eq!((words.code.as_deref(), words.message.as_str()), (code, message), "{body}");
        }
    }

    #[test]
    fn an_upload_that_is_gone_may_have_a_reason() {
        let gone = |body: &str| match Trouble::with(&reply(410, body), About::Upload) {
            Trouble::Gone(words) => words.map(|words| words.message),
            other => panic!("{other:?}"),
        };
        assert_eq!(gone(r#"{"code":"too_large","detail":"No."}"#).as_deref(), Some("No."));
        assert_eq!(gone(r#"{"code":"expired","detail":"Over."}"#), None);
        assert_eq!(gone(r#"{"code":"storage_error","detail":"Try again."}"#), None);
        assert_eq!(gone("gone"), None);
    }

    #[test]
    fn a_server_may_say_how_long_to_wait() {
        let mut reply = reply(503, "");
        reply.headers.insert("retry-after", "7".parse().unwrap());
        assert_eq!(wait(&reply), Some(Duration::from_secs(7)));
        reply.headers.insert("retry-after", "soon".parse().unwrap());
        assert_eq!(wait(&reply), None);
    }
}
