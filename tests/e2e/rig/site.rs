//! [`Site`]: what all clients of a rig share: where the server is, and a place for what they count and complain of.

use std::cell::{Cell, RefCell};

use tokio::sync::watch;

use super::{End, Figures, File};

/// What the worst blow of a rig may take away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// Nothing: a process dies, and what it wrote stays (RELIABILITY rule: `kill -9` loses no page).
    Nothing,
    /// What was not synced.
    Unsynced,
}

#[derive(Debug)]
pub(crate) struct Site {
    /// The server's address, or that of a proxy in front of it.
    pub(crate) url: String,
    pub(crate) loss: Loss,
    pub(crate) figures: RefCell<Figures>,
    /// The server is losing its disk, so it may say so.
    pub(crate) in_trouble: Cell<bool>,
    broken: RefCell<Vec<String>>,
    answers: watch::Sender<u64>,
}

impl Site {
    pub(crate) fn new(url: String, loss: Loss) -> Self {
        Self {
            url,
            loss,
            figures: RefCell::default(),
            in_trouble: Cell::new(false),
            broken: RefCell::default(),
            answers: watch::Sender::new(0),
        }
    }

    /// A promise was broken. The round goes on, because the next sentences may explain this one.
    pub(crate) fn broken(&self, what: String) {
        self.broken.borrow_mut().push(what);
    }

    pub(crate) fn is_broken(&self) -> bool {
        !self.broken.borrow().is_empty()
    }

    pub(crate) fn count(&self, count: impl FnOnce(&mut Figures)) {
        count(&mut self.figures.borrow_mut());
    }

    /// A client heard "complete".
    pub(crate) fn completed(&self, file: &mut File, id: &str, url: &str, sha256: &str) {
        if file.is_complete() {
            return;
        }
        if sha256 != file.sha256() {
            self.broken(format!("complete with other bytes: {file:?} has {sha256}"));
        }
        file.id = Some(id.to_owned());
        file.end = Some(End::Complete { url: url.to_owned() });
        self.count(|figures| {
            figures.uploads += 1;
            figures.bytes += file.size();
        });
        self.answers.send_modify(|answers| *answers += 1);
    }

    /// Waits for so many more answers "complete".
    pub(crate) async fn answers(&self, more: u64) {
        let mut answers = self.answers.subscribe();
        let wanted = *answers.borrow() + more;
        let _ = answers.wait_for(|answers| *answers >= wanted).await;
    }

    /// Where an unfinished file goes on, by the server's word.
    pub(crate) fn goes_on(&self, file: &mut File, offset: u64) {
        if offset > file.sent {
            self.broken(format!("more than was sent: goes on at {offset}: {file:?}"));
        }
        let least = if self.loss == Loss::Nothing { file.told.max(file.acked) } else { file.told };
        if offset < least {
            self.broken(format!("an offset went back: goes on at {offset}, not {least}: {file:?}"));
        }
        if file.sent > 0 {
            self.count(|figures| {
                figures.resumes += u64::from(offset > 0);
                figures.twice += file.sent.saturating_sub(offset);
            });
        }
        file.told = file.told.max(offset);
        file.acked = offset;
    }

    /// Panics if a promise was broken.
    pub(crate) fn judge(&self) {
        let broken = self.broken.borrow();
        assert!(broken.is_empty(), "{} promises broken:\n{}", broken.len(), broken.join("\n"));
    }
}
