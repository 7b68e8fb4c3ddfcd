//! `Rejection`: why a file or a request was refused, for the machine and for the person.
//!
//! The same refusal is shown beside a file, sent over a socket, put into problem details and kept
//! in a row. It carries the stable code, a sentence that a person can act on, and the numbers
//! behind it for clients that write their own sentences.
//!
//! INVARIANT: nothing internal (paths, SQL, errors of the system) ever stands in a message.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{Accept, Code, HumanSize, wording::grouped};

/// A number or a text behind a rejection. Serialised as just that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Param {
    /// A number: bytes, files, seconds.
    Number(u64),
    /// A text, such as an accept list.
    Text(String),
}

/// The names under which parameters are known. A row may come from a newer version that knows
/// more; those are left out when it is read.
const PARAM_NAMES: &[&str] = &[
    "accept",
    "claimed",
    "expected",
    "found",
    "got",
    "length",
    "limit",
    "max",
    "min",
    "offset",
    "reason",
    "retry_after",
    "size",
    "used",
    "what",
];

/// A refusal: code, sentence, parameters. `Display` is the sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize)]
#[error("{message}")]
pub struct Rejection {
    code: Code,
    message: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    params: BTreeMap<&'static str, Param>,
}

impl Rejection {
    /// Two files of one session may not have the same reference.
    #[must_use]
    pub fn reference_in_use() -> Self {
        Self::new(Code::InvalidMessage)
            .with_message("This reference is already in use for another file.")
    }

    /// A ticket's time is over.
    #[must_use]
    pub fn ticket_expired() -> Self {
        Self::new(Code::Expired).with_message("This ticket has expired.")
    }

    /// A refusal with the code's own sentence.
    pub fn new(code: Code) -> Self {
        Self { code, message: code.sentence().to_owned(), params: BTreeMap::new() }
    }

    /// The same with another sentence: plain, without blame, ending in a full stop.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// The same with a number behind it.
    #[must_use]
    pub fn with_param(mut self, name: &'static str, value: u64) -> Self {
        self.params.insert(name, Param::Number(value));
        self
    }

    /// The same with a text behind it.
    #[must_use]
    pub fn with_text(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.params.insert(name, Param::Text(value.into()));
        self
    }

    /// A refusal by a rule of the application's own, in its words: `not_accepted`.
    pub fn because(message: impl Into<String>) -> Self {
        Self::new(Code::NotAccepted).with_message(message)
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The sentence for a person.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The numbers and texts behind it.
    pub fn params(&self) -> &BTreeMap<&'static str, Param> {
        &self.params
    }

    /// `too_large`: the size in bytes where known, and the limit in bytes.
    pub fn too_large(size: Option<u64>, max: u64) -> Self {
        let limit = HumanSize(max);
        let message = match size {
            None => format!("This file is over the limit of {limit}."),
            Some(size) if said_alike(size, max) => {
                let over = HumanSize(size.saturating_sub(max));
                format!("This file is {over} over the limit of {limit}.")
            }
            Some(size) => format!("{} is over the limit of {limit}.", HumanSize(size)),
        };
        Self::new(Code::TooLarge).with_message(message).with_size(size).with_param("max", max)
    }

    /// `too_small`: the size and the minimum in bytes.
    pub fn too_small(size: u64, min: u64) -> Self {
        let limit = HumanSize(min);
        let message = if size == 0 {
            format!("This file is empty. It must have at least {limit}.")
        } else if said_alike(size, min) {
            let under = HumanSize(min.saturating_sub(size));
            format!("This file is {under} under the minimum of {limit}.")
        } else {
            format!("{} is under the minimum of {limit}.", HumanSize(size))
        };
        Self::new(Code::TooSmall).with_message(message).with_size(Some(size)).with_param("min", min)
    }

    /// `too_many_files`: how many the slot takes.
    pub fn too_many_files(max: u32) -> Self {
        let message = match max {
            1 => "Only one file can be uploaded here.".to_owned(),
            _ => format!("Only {} files can be uploaded here.", grouped(u64::from(max))),
        };
        Self::new(Code::TooManyFiles).with_message(message).with_param("max", u64::from(max))
    }

    /// `total_too_large`: the limit of all files of the slot together, in bytes.
    pub fn total_too_large(max: u64) -> Self {
        let message = format!("Together the files are over the limit of {}.", HumanSize(max));
        Self::new(Code::TotalTooLarge).with_message(message).with_param("max", max)
    }

    /// `not_accepted`: what the slot takes.
    pub fn not_accepted(accept: &Accept) -> Self {
        let message = format!("Only {} can be uploaded here.", accept.describe());
        Self::new(Code::NotAccepted).with_message(message).with_text("accept", accept.to_string())
    }

    /// `content_mismatch`: both with their article, as in "a JPG image" and "a Windows program".
    pub fn content_mismatch(claimed: &str, found: &str) -> Self {
        Self::new(Code::ContentMismatch)
            .with_message(format!("This is {found}, not {claimed}."))
            .with_text("claimed", claimed)
            .with_text("found", found)
    }

    /// `active_content`: what it is with its article, as in "an SVG image".
    pub fn active_content(found: &str) -> Self {
        Self::new(Code::ActiveContent)
            .with_message(format!(
                "This is {found}, which can run scripts. It can't be uploaded here."
            ))
            .with_text("found", found)
    }

    /// `size_mismatch`: the announced length and what came, in bytes.
    pub fn size_mismatch(expected: u64, got: u64) -> Self {
        let message = match got.cmp(&expected) {
            std::cmp::Ordering::Less => "The file ended before its announced size. Try again.",
            _ => "The file went on past its announced size. Try again.",
        };
        Self::new(Code::SizeMismatch)
            .with_message(message)
            .with_param("expected", expected)
            .with_param("got", got)
    }

    /// `offset_mismatch`: where the upload is and where the client wanted to go on, in bytes.
    pub fn offset_mismatch(expected: u64, got: u64) -> Self {
        Self::new(Code::OffsetMismatch).with_param("expected", expected).with_param("got", got)
    }

    fn with_size(self, size: Option<u64>) -> Self {
        match size {
            Some(size) => self.with_param("size", size),
            None => self,
        }
    }
}

impl From<Code> for Rejection {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl<'de> Deserialize<'de> for Rejection {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Row {
            code: Code,
            message: String,
            #[serde(default)]
            params: BTreeMap<String, Param>,
        }
        let Row { code, message, params } = Row::deserialize(deserializer)?;
        let known = |name: String| PARAM_NAMES.iter().copied().find(|known| *known == name);
        let params = params.into_iter().filter_map(|(name, value)| Some((known(name)?, value)));
        Ok(Self { code, message, params: params.collect() })
    }
}

/// Whether rounding makes a size and its limit read the same.
fn said_alike(size: u64, limit: u64) -> bool {
    HumanSize(size).to_string() == HumanSize(limit).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{KB, MB};

    #[test]
    fn sentences_tell_a_person_what_is_wrong() {
        let images: Accept = ".jpg,.png,.webp".parse().unwrap();
        for (rejection, sentence) in [
            (Rejection::too_large(Some(12_400_000), 5 * MB), "12.4 MB is over the limit of 5 MB."),
            (
                Rejection::too_large(Some(5_000_001), 5 * MB),
                "This file is 1 byte over the limit of 5 MB.",
            ),
            (Rejection::too_large(None, 5 * MB), "This file is over the limit of 5 MB."),
            (Rejection::too_small(10, KB), "10 bytes is under the minimum of 1 kB."),
            (Rejection::too_small(999_999, MB), "This file is 1 byte under the minimum of 1 MB."),
            (Rejection::too_small(0, KB), "This file is empty. It must have at least 1 kB."),
            (Rejection::too_many_files(1), "Only one file can be uploaded here."),
            (Rejection::too_many_files(1_000), "Only 1,000 files can be uploaded here."),
            (
                Rejection::total_too_large(100 * MB),
                "Together the files are over the limit of 100 MB.",
            ),
            (Rejection::not_accepted(&images), "Only JPG, PNG or WebP can be uploaded here."),
            (
                Rejection::content_mismatch("a JPG image", "a Windows program"),
                "This is a Windows program, not a JPG image.",
            ),
            (
                Rejection::active_content("an SVG image"),
                "This is an SVG image, which can run scripts. It can't be uploaded here.",
            ),
        ] {
            assert_eq!(rejection.to_string(), sentence);
        }
    }

    #[test]
    fn a_machine_reads_code_and_numbers() {
        let rejection = Rejection::too_large(Some(12), 10);
        assert_eq!(
            serde_json::to_value(&rejection).unwrap(),
            serde_json::json!({
                "code": "too_large",
                "message": "12 bytes is over the limit of 10 bytes.",
                "params": {"max": 10, "size": 12},
            })
        );
    }

    #[test]
    fn every_rejection_is_read_back_from_a_row() {
        let accept: Accept = "image/*".parse().unwrap();
        for rejection in [
            Rejection::new(Code::Infected).with_text("reason", "EICAR"),
            Rejection::too_small(1, 2),
            Rejection::not_accepted(&accept),
            Rejection::content_mismatch("a", "b"),
            Rejection::size_mismatch(10, 9),
            Rejection::offset_mismatch(10, 9),
            Rejection::new(Code::RateLimited).with_param("retry_after", 30),
            Rejection::new(Code::QuotaExceeded).with_text("what", "bytes").with_param("used", 3),
        ] {
            let row = serde_json::to_string(&rejection).unwrap();
            assert_eq!(serde_json::from_str::<Rejection>(&row).unwrap(), rejection);
        }
    }

    #[test]
    fn a_row_of_a_newer_version_is_read_without_what_is_unknown() {
        let row = r#"{"code":"too_large","message":"m","params":{"max":1,"colour":"red"}}"#;
        let rejection: Rejection = serde_json::from_str(row).unwrap();
        assert_eq!(rejection.params().len(), 1);
    }
}
