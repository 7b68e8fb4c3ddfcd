//! Ends that meet an entry while it goes from one holder to the next: whoever ends it ends what the next one has.

use super::world::World;
use super::*;

impl Rig {
    /// Runs a verb that has found the entry with its old holder, and has its turn when a new one has taken it up.
    async fn while_taken_up<T>(&self, id: EntryId, verb: impl Future<Output = T>) -> T {
        let live = self.engine.registry().get(id, &self.caller).unwrap();
        let held = Arc::clone(&live.commit).lock_owned().await;
        let there = self.elsewhere();
        let release = async {
            // Both stand in line by then, in this order.
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            drop(held);
        };
        let late = async {
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            verb.await
        };
        let (taken, ended, ()) = tokio::join!(self.adopt(&there, id), late, release);
        taken.unwrap();
        ended
    }

    async fn has_nothing_left(&self, id: EntryId) {
        assert!(matches!(self.engine.claim(id, &self.caller).await, Err(UploadError::NotFound)));
        self.has_no_bytes(id).await;
    }

    async fn has_no_bytes(&self, id: EntryId) {
        assert!(self.catalogue.load(id).await.unwrap().is_none());
        let left = self.store.leftover().await.unwrap();
        assert!(left.unfinished.is_empty() && left.published.is_empty(), "{left:?}");
    }
}

#[tokio::test]
async fn what_is_cancelled_while_somebody_takes_it_up_is_gone() {
    let rig = Rig::files();
    let id = rig.begin(&noise(200_000), 100_000).await;
    let cancelled = rig.while_taken_up(id, rig.engine.cancel(id, &rig.caller)).await;
    assert_eq!(*cancelled.unwrap().state(), EntryState::Cancelled);
    rig.has_nothing_left(id).await;
    assert!(rig.engine.registry().miscounted().is_empty());
}

#[tokio::test]
async fn what_is_complete_and_cancelled_while_another_page_shows_it_is_gone() {
    let rig = Rig::files();
    let id = rig.upload("a.txt", b"abc").await.unwrap().id;
    let cancelled = rig.while_taken_up(id, rig.engine.cancel(id, &rig.caller)).await;
    assert_eq!(*cancelled.unwrap().state(), EntryState::Cancelled);
    rig.has_nothing_left(id).await;
}

#[tokio::test]
async fn what_is_refused_while_somebody_takes_it_up_is_gone() {
    let rig = Rig::files();
    let id = rig.begin(&noise(200_000), 100_000).await;
    let reason = Rejection::new(Code::StorageError);
    rig.while_taken_up(id, rig.engine.refuse(id, &rig.caller, reason)).await.unwrap();
    assert_eq!(rig.code_of(id).await, Some(Code::StorageError));
    rig.has_no_bytes(id).await;
}

#[tokio::test]
async fn what_is_kept_while_another_page_shows_it_is_that_ones_no_more() {
    let rig = Rig::files();
    let id = rig.upload("a.txt", b"abc").await.unwrap().id;
    let kept = rig.while_taken_up(id, rig.engine.consume(id, &rig.caller, Keep::Yes)).await;
    assert!(kept.unwrap().kept_at.is_some());
    let again = rig.engine.consume(id, &rig.caller, Keep::Yes).await;
    assert!(again.is_err(), "{again:?}");
    assert_eq!(rig.read(id).await, b"abc");
}

#[tokio::test]
async fn the_sweep_leaves_what_somebody_takes_up_to_him() {
    let rig = Rig::files();
    let bytes = noise(200_000);
    let id = rig.begin(&bytes, 100_000).await;
    rig.clock.0.store(10_000, Ordering::SeqCst);
    let swept = rig.while_taken_up(id, rig.engine.sweep(Duration::from_secs(5))).await;
    assert_eq!(swept.unwrap(), Swept::default());
    rig.send_rest(id, &bytes).await;
}

/// Both sides give way at each step of the store and the catalogue, so that one finds what the other has half done.
#[test]
fn what_only_a_row_remembers_is_gone_once_it_is_cancelled_however_somebody_takes_it_up() {
    let rig = Rig::files();
    let standing = Registration { session: SessionId::standing([7; 16]), ..rig.to.clone() };
    for to in [rig.elsewhere(), standing.clone()] {
        for late in 0..60 {
            let world = World::default();
            let before = world.start();
            let begun = before.run(&world, begin(&before.engine, &standing)).unwrap();
            drop(before);
            let now = world.start();
            let adopt = async {
                let taken = now.engine.adopt(&to, begun.id, begun.reference.clone()).await;
                let lease = match taken {
                    Ok(_) => now.engine.claim(begun.id, &to.caller).await,
                    Err(error) => Err(error),
                };
                if let Ok(mut lease) = lease {
                    let _ = lease.write(chunk(10_000, &noise(1_000))).await;
                    let _ = lease.release().await;
                }
            };
            let cancel = async {
                for _ in 0..late {
                    tokio::task::yield_now().await;
                }
                now.engine.cancel(begun.id, &to.caller).await
            };
            let both = async { tokio::join!(adopt, cancel).1 };
            let cancelled = now.run(&world, both).unwrap();
            assert!(cancelled.is_ok(), "{late}: {cancelled:?}");
            now.rest();
            assert!(world.rows().is_empty(), "{late}: {:?}", world.rows());
            assert_eq!(world.unexplained(), [""; 0], "{late}");
            let claimed = now.run(&world, now.engine.claim(begun.id, &to.caller)).unwrap();
            assert!(matches!(claimed, Err(UploadError::NotFound)), "{late}: {claimed:?}");
        }
    }
}

/// An upload of which a half is here.
async fn begin(engine: &Engine, to: &Registration) -> Entry {
    let reference = EntryRef::try_from("half").unwrap();
    let offered = vec![(reference, facts("a.bin", 20_000))];
    let entry = engine.register(to, offered).await.unwrap().remove(0).unwrap();
    let mut lease = engine.claim(entry.id, &to.caller).await.unwrap();
    lease.write(chunk(0, &noise(10_000))).await.unwrap();
    lease.release().await.unwrap();
    entry
}
