//! `EntryState`: where in its life an upload is, and the one table of how it may go on.
//!
//! States kept as booleans ("done", "cancelled", "valid") contradict each other as soon as two
//! things happen at once. Here there is one value and one function; what the table doesn't allow is
//! an error value that the caller must look at.
//!
//! INVARIANT: `Complete` is reached only through `Verifying`, and nothing leaves a terminal state.

use crate::domain::Rejection;

/// Where an entry is in its life. New entries are `Registered`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum EntryState {
    /// Admitted; no byte has come.
    #[default]
    Registered,
    /// Bytes are coming.
    Receiving,
    /// All bytes are there; checks look at them and they are being made durable.
    Verifying,
    /// Durable and stored, waiting to be consumed.
    Complete,
    /// Taken over by the application.
    Consumed,
    /// Given up by its owner.
    Cancelled,
    /// Given up by the server: nobody went on with it, or nobody consumed it.
    Expired,
    /// Refused or broken; the rejection says why.
    Failed(Rejection),
}

/// What may happen to an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transition {
    /// Bytes begin to come.
    Receive,
    /// The last byte has come.
    Verify,
    /// Checked and durable.
    Complete,
    /// The application has taken it.
    Consume,
    /// Its owner gives it up.
    Cancel,
    /// The server gives it up.
    Expire,
    /// It is refused or broke.
    Fail(Rejection),
}

/// A transition that the table doesn't allow. The entry is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an entry that is {} can't {}", from.as_str(), transition.verb())]
pub struct IllegalTransition {
    /// The state in which the entry is and stays.
    pub from: EntryState,
    /// What was asked for.
    pub transition: Transition,
}

impl EntryState {
    /// The state after a transition.
    ///
    /// # Errors
    /// [`IllegalTransition`] for every pair that isn't in the table below, repetitions included.
    pub fn apply(&self, transition: Transition) -> Result<Self, IllegalTransition> {
        use EntryState as S;
        use Transition as T;
        let next = match (self, transition) {
            (S::Registered, T::Receive) => S::Receiving,
            (S::Receiving, T::Verify) => S::Verifying,
            (S::Verifying, T::Complete) => S::Complete,
            (S::Complete, T::Consume) => S::Consumed,
            (S::Registered | S::Receiving | S::Verifying | S::Complete, T::Cancel) => S::Cancelled,
            (S::Registered | S::Receiving | S::Verifying | S::Complete, T::Expire) => S::Expired,
            (S::Registered | S::Receiving | S::Verifying | S::Complete, T::Fail(rejection)) => {
                S::Failed(rejection)
            }
            (_, transition) => return Err(IllegalTransition { from: self.clone(), transition }),
        };
        Ok(next)
    }

    /// Whether an entry may still become something without the application: registered, receiving
    /// or verifying.
    pub fn is_active(&self) -> bool {
        matches!(self, Self::Registered | Self::Receiving | Self::Verifying)
    }

    /// Whether the upload is over, well or badly. The opposite of [`is_active`](Self::is_active).
    pub fn is_settled(&self) -> bool {
        !self.is_active()
    }

    /// Whether nothing can happen to it any more: consumed, cancelled, expired or failed.
    pub fn is_terminal(&self) -> bool {
        self.is_settled() && *self != Self::Complete
    }

    /// The state's name in rows and logs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Receiving => "receiving",
            Self::Verifying => "verifying",
            Self::Complete => "complete",
            Self::Consumed => "consumed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Failed(_) => "failed",
        }
    }

    /// The state as `longshore.v1` and the JSON API say it.
    pub fn wire(&self) -> &'static str {
        match self {
            Self::Registered | Self::Receiving => "uploading",
            Self::Verifying => "verifying",
            Self::Complete | Self::Consumed => "complete",
            Self::Cancelled => "cancelled",
            Self::Expired | Self::Failed(_) => "error",
        }
    }

    /// The state that a catalogue has kept as a name and, for `failed`, a rejection. `None` for an
    /// unknown name, a failure without its reason, or a reason without failure.
    pub fn restore(name: &str, rejection: Option<Rejection>) -> Option<Self> {
        match (name, rejection) {
            ("registered", None) => Some(Self::Registered),
            ("receiving", None) => Some(Self::Receiving),
            ("verifying", None) => Some(Self::Verifying),
            ("complete", None) => Some(Self::Complete),
            ("consumed", None) => Some(Self::Consumed),
            ("cancelled", None) => Some(Self::Cancelled),
            ("expired", None) => Some(Self::Expired),
            ("failed", Some(rejection)) => Some(Self::Failed(rejection)),
            _ => None,
        }
    }
}

impl Transition {
    fn verb(&self) -> &'static str {
        match self {
            Self::Receive => "receive bytes",
            Self::Verify => "be verified",
            Self::Complete => "be completed",
            Self::Consume => "be consumed",
            Self::Cancel => "be cancelled",
            Self::Expire => "expire",
            Self::Fail(_) => "fail",
        }
    }
}

#[cfg(test)]
mod tests;
