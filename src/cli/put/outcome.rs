//! How the upload of a file ended, for people and for programs.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::plan::Item;
use super::trouble::{Trouble, Words};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// The server has it, whole.
    Stored,
    /// The server said no.
    Refused,
    /// It could not be sent, or not be compared.
    Failed,
}

impl Status {
    fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Outcome {
    pub(super) path: PathBuf,
    pub(super) name: String,
    pub(super) size: Option<u64>,
    pub(super) sha256: Option<String>,
    /// Where it is served.
    pub(super) url: Option<String>,
    pub(super) id: Option<String>,
    /// Bytes that this run sent, and from where on, if an earlier one had begun.
    pub(super) sent: u64,
    pub(super) resumed_at: Option<u64>,
    pub(super) status: Status,
    pub(super) error: Option<Words>,
}

impl Outcome {
    /// Before anything is known.
    pub(super) fn of(item: &Item) -> Self {
        let name = item.relative.clone().unwrap_or_else(|| item.name.clone());
        Self {
            path: item.path.clone(),
            name,
            size: None,
            sha256: None,
            url: None,
            id: None,
            sent: 0,
            resumed_at: None,
            status: Status::Failed,
            error: None,
        }
    }

    /// Something that was named and can't even be looked at.
    pub(super) fn lost(path: &Path, why: String) -> Self {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let kind = super::plan::Kind::File(0);
        let item = Item { path: path.to_owned(), name, relative: None, kind };
        Self::of(&item).ended(Err(Trouble::Failed(why)))
    }

    pub(super) fn ended(mut self, result: Result<(), Trouble>) -> Self {
        let said = |message: String| Words { status: None, code: None, message };
        (self.status, self.error) = match result {
            Ok(()) => (Status::Stored, None),
            Err(Trouble::Refused(words)) => (Status::Refused, Some(words)),
            Err(Trouble::Failed(why) | Trouble::Passing { why, .. }) => {
                (Status::Failed, Some(said(why)))
            }
            Err(Trouble::Gone(_)) => {
                (Status::Failed, Some(said("The server no longer has this upload.".to_owned())))
            }
        };
        self
    }

    pub(super) fn json(&self) -> Value {
        let mut value = json!({
            "path": self.path.to_string_lossy(),
            "name": self.name,
            "size": self.size,
            "sha256": self.sha256,
            "url": self.url,
            "id": self.id,
            "sent": self.sent,
            "resumed_at": self.resumed_at,
            "status": self.status.as_str(),
        });
        if let Some(Words { status, code, message }) = &self.error {
            value["error"] = json!({ "status": status, "code": code, "message": message });
        }
        value
    }
}

/// What became of all of them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) stored: u64,
    pub(super) refused: u64,
    pub(super) failed: u64,
    /// Bytes of stored files, and bytes that this run sent.
    pub(super) bytes: u64,
    pub(super) sent: u64,
    /// Links, and what is no file.
    pub(super) left_out: u64,
}

impl Tally {
    pub(super) fn count(&mut self, outcome: &Outcome) {
        self.sent += outcome.sent;
        match outcome.status {
            Status::Stored => {
                self.stored += 1;
                self.bytes += outcome.size.unwrap_or(0);
            }
            Status::Refused => self.refused += 1,
            Status::Failed => self.failed += 1,
        }
    }

    pub(super) fn is_well(&self) -> bool {
        self.refused == 0 && self.failed == 0
    }

    pub(super) fn json(&self, seconds: f64, interrupted: bool, error: Option<&str>) -> Value {
        let mut summary = json!({
            "stored": self.stored,
            "refused": self.refused,
            "failed": self.failed,
            "bytes": self.bytes,
            "sent": self.sent,
            "left_out": self.left_out,
            "seconds": (seconds * 1_000.0).round() / 1_000.0,
            "interrupted": interrupted,
        });
        if let Some(error) = error {
            summary["error"] = error.into();
        }
        json!({ "summary": summary })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::put::plan::Kind;

    fn outcome(result: Result<(), Trouble>) -> Outcome {
        let item = Item {
            path: "d/a.txt".into(),
            name: "a.txt".into(),
            relative: Some("d/a.txt".into()),
            kind: Kind::File(3),
        };
        let begun = Outcome { size: Some(3), sent: 2, resumed_at: Some(1), ..Outcome::of(&item) };
        begun.ended(result)
    }

    #[test]
    fn a_program_is_told_everything_by_name() {
        assert_eq!(
            outcome(Ok(())).json(),
            json!({
                "path": "d/a.txt", "name": "d/a.txt", "size": 3, "sha256": null, "url": null, "id": null,
                "sent": 2, "resumed_at": 1, "status": "stored",
            })
        );
        let (status, code) = (Some(415), Some("not_accepted".to_owned()));
        let words = Words { status, code, message: "No.".to_owned() };
        let refused = outcome(Err(Trouble::Refused(words))).json();
        assert_eq!(refused["status"], "refused");
        let error = json!({ "status": 415, "code": "not_accepted", "message": "No." });
        assert_eq!(refused["error"], error);
    }

    #[test]
    fn all_of_them_are_counted() {
        let mut tally = Tally::default();
        tally.count(&outcome(Ok(())));
        assert!(tally.is_well());
        tally.count(&outcome(Err(Trouble::Gone(None))));
        let words = Words { status: None, code: None, message: String::new() };
        tally.count(&outcome(Err(Trouble::Refused(words))));
        assert!(!tally.is_well());
        let summary = &tally.json(1.23456, false, None)["summary"];
        let expected = json!({
            "stored": 1, "refused": 1, "failed": 1, "bytes": 3, "sent": 6, "left_out": 0,
            "seconds": 1.235, "interrupted": false,
        });
        assert_eq!(*summary, expected);
    }
}
