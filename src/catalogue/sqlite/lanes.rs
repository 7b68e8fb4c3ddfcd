//! Two lanes to the writer: what somebody waits for, and cleaning up.
//!
//! Whoever cleans up may have thousands of rows to remove, and nobody waits for them. Behind each other in one lane
//! everybody's uploads would wait for that. So each group takes whatever waits in the foreground and one piece of
//! cleaning up. A piece alone waits a moment for somebody to share a commit with: the disk has one head, and syncs that
//! nobody needs now slow down those that somebody waits for, of files too. Neither lane can starve the other.
//! And a group waits a moment for changes that are [known to come](Coming).

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::coming::Coming;
use super::writer::{Change, Request};

/// How many changes may wait in a lane before senders wait too.
const WAITING_CHANGES: usize = 1_024;
/// The most changes in one transaction: enough to make its sync cheap for each of them, few enough
/// that nobody waits long for the others.
const GROUP: usize = 256;
/// So long a piece of cleaning up waits for company.
const COMPANY: Duration = Duration::from_millis(25);

/// Where changes are sent.
#[derive(Clone, Debug)]
pub(super) struct Sending {
    pub(super) foreground: mpsc::Sender<Request>,
    background: mpsc::Sender<Request>,
    pub(super) coming: Coming,
}

/// Where they arrive.
#[derive(Debug)]
pub(super) struct Receiving {
    foreground: mpsc::Receiver<Request>,
    background: mpsc::Receiver<Request>,
    coming: Coming,
}

/// Both ends of both lanes.
pub(super) fn lanes() -> (Sending, Receiving) {
    let (foreground, first) = mpsc::channel(WAITING_CHANGES);
    let (background, second) = mpsc::channel(WAITING_CHANGES);
    let coming = Coming::default();
    let sending = Sending { foreground, background, coming: coming.clone() };
    (sending, Receiving { foreground: first, background: second, coming })
}

impl Sending {
    /// The lane of a change.
    pub(super) fn of(&self, change: &Change) -> &mpsc::Sender<Request> {
        match change {
            Change::RemoveAll(_) => &self.background,
            _ => &self.foreground,
        }
    }
}

impl Receiving {
    /// Waits for the next group; false if nothing can come any more.
    pub(super) async fn next(&mut self, group: &mut Vec<Request>) -> bool {
        tokio::select! {
            biased;
            count = self.foreground.recv_many(group, GROUP) => match self.background.try_recv() {
                Ok(piece) => group.push(piece),
                // Closed, and all that was sent is taken.
                Err(_) if count == 0 => match self.background.recv().await {
                    Some(piece) => group.push(piece),
                    None => return false,
                },
                Err(_) => {}
            },
            Some(piece) = self.background.recv() => {
                group.push(piece);
                // Nothing is lost when nobody comes.
                let _ = timeout(COMPANY, self.foreground.recv_many(group, GROUP)).await;
            }
        }
        if group.len() < GROUP && self.coming.all_here().await {
            while group.len() < GROUP
                && let Ok(request) = self.foreground.try_recv()
            {
                group.push(request);
            }
        }
        true
    }

    /// Takes nothing more; what was sent already is still given out.
    pub(super) fn close(&mut self) {
        self.foreground.close();
        self.background.close();
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;
    use crate::catalogue::sqlite::coming::MOMENT;
    use crate::domain::EntryId;

    fn request(change: Change) -> Request {
        Request::Change { change, answer: oneshot::channel().0 }
    }

    fn id() -> EntryId {
        EntryId::from_uuid(uuid::Uuid::now_v7())
    }

    fn cleaned(group: &[Request]) -> usize {
        let cleans =
            |one: &&Request| matches!(one, Request::Change { change: Change::RemoveAll(_), .. });
        group.iter().filter(cleans).count()
    }

    async fn send(to: &Sending, change: Change) {
        to.of(&change).send(request(change)).await.unwrap();
    }

    #[tokio::test]
    async fn one_piece_of_cleaning_up_goes_with_each_group_whatever_waits() {
        let (to, mut lanes) = lanes();
        for _ in 0..10 {
            send(&to, Change::RemoveAll(vec![id()])).await;
        }
        for _ in 0..GROUP + 5 {
            send(&to, Change::Remove(id())).await;
        }
        let mut sizes = Vec::new();
        for _ in 0..4 {
            let mut group = Vec::new();
            assert!(lanes.next(&mut group).await);
            assert_eq!(cleaned(&group), 1);
            sizes.push(group.len());
        }
        assert_eq!(
            sizes,
            [GROUP + 1, 6, 1, 1],
            "the foreground first, and never nothing behind it"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn cleaning_up_alone_waits_for_company_and_not_for_ever() {
        let (to, mut lanes) = lanes();
        send(&to, Change::RemoveAll(vec![id()])).await;
        let mut group = Vec::new();
        assert!(lanes.next(&mut group).await);
        assert_eq!((group.len(), cleaned(&group)), (1, 1));
        send(&to, Change::RemoveAll(vec![id()])).await;
        let (mut group, late) = (Vec::new(), to.clone());
        let company = async move {
            tokio::time::sleep(COMPANY / 2).await;
            send(&late, Change::Remove(id())).await;
        };
        let (found, ()) = tokio::join!(lanes.next(&mut group), company);
        assert!(found);
        assert_eq!((group.len(), cleaned(&group)), (2, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_group_waits_for_what_is_announced_and_takes_it_along() {
        let (to, mut lanes) = lanes();
        let (now, soon) = (id(), id());
        to.coming.announce(soon);
        send(&to, Change::Remove(now)).await;
        let (mut group, late) = (Vec::new(), to.clone());
        let coming = async move {
            tokio::time::sleep(MOMENT / 3).await;
            send(&late, Change::Remove(soon)).await;
            late.coming.is_here(soon);
        };
        let (found, ()) = tokio::join!(lanes.next(&mut group), coming);
        assert!(found);
        assert_eq!(group.len(), 2);
    }

    #[tokio::test]
    async fn what_was_sent_before_the_close_is_given_out_from_both_lanes() {
        let (to, mut lanes) = lanes();
        for _ in 0..3 {
            send(&to, Change::RemoveAll(vec![id()])).await;
        }
        send(&to, Change::Remove(id())).await;
        lanes.close();
        let (mut groups, mut all) = (0, Vec::new());
        while lanes.next(&mut all).await {
            groups += 1;
        }
        assert_eq!((all.len(), cleaned(&all), groups), (4, 3, 3));
        assert!(to.foreground.send(request(Change::Remove(id()))).await.is_err());
    }
}
