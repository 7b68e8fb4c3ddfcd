//! What became of a form post, kept for the page that the browser is sent back to.
//!
//! Bounded in number and in time, and shown to its owner only. A notice survives a reload of the page and
//! not a restart of the server.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use uuid::Uuid;

use crate::domain::Caller;

const KEPT: usize = 1_024;
const FOR: Duration = Duration::from_secs(600);

#[derive(Debug, Default)]
pub(crate) struct Notices(Mutex<VecDeque<Notice>>);

#[derive(Debug)]
struct Notice {
    id: Uuid,
    caller: Caller,
    made: Instant,
    text: Value,
}

impl Notices {
    /// Keeps a notice, and answers the id under which its owner finds it.
    pub(crate) fn put(&self, caller: Caller, text: Value) -> Uuid {
        let mut notices = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while notices.len() >= KEPT {
            notices.pop_front();
        }
        let id = Uuid::new_v4();
        notices.push_back(Notice { id, caller, made: Instant::now(), text });
        id
    }

    pub(crate) fn get(&self, id: Uuid, caller: &Caller) -> Option<Value> {
        let notices = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let notice = notices.iter().find(|notice| notice.id == id && notice.caller == *caller)?;
        (notice.made.elapsed() < FOR).then(|| notice.text.clone())
    }
}
