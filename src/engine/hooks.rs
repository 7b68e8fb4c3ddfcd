//! What an application hangs on a slot: rules of its own, and a place of its own for the bytes.
//!
//! The slot itself is pure and says what may come; these are calls into the application, so they may
//! wait, fail and panic. None of that may hurt anything but the one entry it is about.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::Engine;
use crate::checks::{Check, Subject, Verdict};
use crate::domain::{Code, Entry, Rejection};
use crate::sink::UploadWriter;

/// Makes the writer of an entry.
pub type MakeWriter = Arc<dyn Fn(&Entry) -> Box<dyn UploadWriter> + Send + Sync>;
/// Looks at an entry that the slot's rules have admitted, before it is registered.
pub type Validate = Arc<dyn Fn(Entry) -> BoxFuture<'static, Result<(), Rejection>> + Send + Sync>;

/// What an application hangs on a slot.
#[derive(Clone, Default)]
pub struct Hooks {
    /// Where the bytes go, if not into the store.
    pub writer: Option<MakeWriter>,
    /// Asked in order when a file is registered; the first refusal counts.
    pub validators: Vec<Validate>,
    /// Asked in order behind the checks of all slots.
    pub checks: Vec<Arc<dyn Check>>,
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("writer", &self.writer.is_some())
            .field("validators", &self.validators.len())
            .field("checks", &self.checks)
            .finish()
    }
}

impl Hooks {
    /// Asks the validators.
    pub(super) async fn validate(&self, entry: &Entry) -> Result<(), Rejection> {
        for validator in &self.validators {
            let answer = contained(|| validator(entry.clone())).await;
            answer.unwrap_or_else(|panic| {
                tracing::error!(entry.id = %entry.id, panic, "a validator panicked");
                Err(Rejection::new(Code::CheckFailed))
            })?;
        }
        Ok(())
    }
}

impl Engine {
    /// Whether every check of all slots could look at a file now.
    pub(crate) async fn checks_can_look(&self) -> bool {
        for check in &self.parts().checks {
            if !contained(|| check.can_look()).await.unwrap_or(false) {
                return false;
            }
        }
        true
    }
}

/// Asks one check.
pub(super) async fn ask(check: &dyn Check, subject: Subject<'_>) -> Verdict {
    let entry = subject.entry.id;
    contained(|| check.check(subject)).await.unwrap_or_else(|panic| {
        tracing::error!(entry.id = %entry, check = check.name(), panic, "a check panicked");
        Verdict::Refuse(Rejection::new(Code::CheckFailed))
    })
}

/// Runs code of the application's; a panic in it ends here, as its text.
pub(crate) async fn contained<F: Future>(run: impl FnOnce() -> F) -> Result<F::Output, String> {
    // The call itself may panic too, before it has given a future.
    let future = AssertUnwindSafe(async move { run().await });
    future.catch_unwind().await.map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        text.unwrap_or_else(|| "no message".to_owned())
    })
}
