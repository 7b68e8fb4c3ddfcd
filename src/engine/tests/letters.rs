//! Letters to others are true: written when the row says so, and never when it doesn't.

use serde_json::json;

use super::*;
use crate::catalogue::faulty::FaultyCatalogue;
use crate::catalogue::{Outbox, Waiting};

const EVER: Timestamp = Timestamp::from_millis(i64::MAX);

/// A rig that tells one receiver, on a catalogue that can fail.
fn telling() -> (Rig, FaultyCatalogue<Memory>) {
    let mut rig = Rig::files();
    let catalogue = FaultyCatalogue::new((*rig.catalogue).clone());
    let parts = Parts {
        blobs: Arc::<FaultyStore<MemoryStore>>::clone(&rig.store),
        spool: Some(Arc::<FaultyStore<MemoryStore>>::clone(&rig.store)),
        room: None,
        catalogue: Arc::new(catalogue.clone()),
        checks: vec![Arc::new(MagicBytes)],
        jobs: Jobs::default(),
        clock: Arc::<HandClock>::clone(&rig.clock),
    };
    let bell = tokio::sync::watch::Sender::new(());
    let post = Post { outbox: Arc::new(catalogue.clone()), to: ["a".to_owned()].into(), bell };
    rig.engine = Engine::ruled(parts, Rules { post: Some(post), ..Rules::default() });
    (rig, catalogue)
}

async fn waiting(rig: &Rig) -> Vec<Waiting> {
    rig.catalogue.due("a", EVER, 100).await.unwrap()
}

async fn occasions(rig: &Rig) -> Vec<Occasion> {
    waiting(rig).await.iter().map(|waiting| waiting.letter.occasion).collect()
}

#[tokio::test]
async fn what_is_kept_and_deleted_is_told_and_nothing_else() {
    let (rig, _) = telling();
    let kept = rig.upload("a.txt", b"abc").await.unwrap();
    let taken = rig.upload("b.txt", b"abc").await.unwrap().id;
    let cancelled = rig.upload("c.txt", b"abc").await.unwrap().id;
    assert_eq!(occasions(&rig).await, [], "what is complete is not stored yet");
    rig.engine.consume(kept.id, &rig.caller, Keep::Yes).await.unwrap();
    rig.engine.consume(taken, &rig.caller, Keep::No).await.unwrap();
    rig.engine.cancel(cancelled, &rig.caller).await.unwrap();
    assert_eq!(occasions(&rig).await, [Occasion::Stored]);
    let letter = waiting(&rig).await.remove(0).letter;
    let said: serde_json::Value = serde_json::from_str(&letter.body).unwrap();
    assert_eq!(said["file"]["id"], kept.id.to_string());
    assert_eq!(said["file"]["sha256"], digest(b"abc").to_string());
    assert_eq!((letter.entry, &said["id"]), (kept.id, &letter.id.to_string().into()));

    rig.engine.remove(kept.id, &rig.caller).await.unwrap();
    assert!(rig.engine.remove(kept.id, &rig.caller).await.is_err());
    assert_eq!(occasions(&rig).await, [Occasion::Stored, Occasion::Deleted]);
}

#[tokio::test]
async fn a_letter_has_the_digest_that_its_slot_has() {
    let blake3 = ::blake3::hash(b"abc").to_hex().to_string();
    let whole = |kind| (kind == DigestKind::Sha256).then(|| sha256(b"abc").to_string());
    for kind in DigestKind::ALL {
        let (mut rig, _) = telling();
        let options = Declaration::new().digest(kind);
        rig.to.slot = Arc::new(Slot::declare("files", options).unwrap());
        let id = rig.upload("a.txt", b"abc").await.unwrap().id;
        rig.engine.consume(id, &rig.caller, Keep::Yes).await.unwrap();
        let letter = waiting(&rig).await.remove(0).letter;
        let said: serde_json::Value = serde_json::from_str(&letter.body).unwrap();
        let file = said["file"].as_object().unwrap();
        assert_eq!(file["sha256"], json!(whole(kind)), "{kind}");
        let expected = (kind == DigestKind::Blake3).then(|| json!(blake3));
        assert_eq!(file.get("blake3"), expected.as_ref(), "{kind}");
    }
}

#[tokio::test]
async fn a_file_that_could_not_be_kept_is_not_told_of_whatever_the_database_did() {
    for fault in [Fault::Broken, Fault::NoSpace, Fault::DoneButBroken, Fault::DoneButNoSpace] {
        let (rig, catalogue) = telling();
        let id = rig.upload("a.txt", b"abc").await.unwrap().id;
        catalogue.faults().next(Operation::Settle, fault);
        assert!(rig.engine.consume(id, &rig.caller, Keep::Yes).await.is_err(), "{fault:?}");
        assert_eq!(occasions(&rig).await, [], "{fault:?}");
        let row = rig.catalogue.load(id).await.unwrap().unwrap();
        assert_eq!(*row.state(), EntryState::Complete, "{fault:?}");
        rig.engine.consume(id, &rig.caller, Keep::Yes).await.unwrap();
        assert_eq!(occasions(&rig).await, [Occasion::Stored], "{fault:?}");
    }
}

#[tokio::test]
async fn a_deletion_is_told_of_exactly_when_the_row_is_gone() {
    for (fault, gone) in [(Fault::Broken, false), (Fault::DoneButBroken, true)] {
        let (rig, catalogue) = telling();
        let id = rig.upload("a.txt", b"abc").await.unwrap().id;
        rig.engine.consume(id, &rig.caller, Keep::Yes).await.unwrap();
        catalogue.faults().next(Operation::Forget, fault);
        assert_eq!(rig.engine.remove(id, &rig.caller).await.is_ok(), gone, "{fault:?}");
        assert_eq!(rig.catalogue.load(id).await.unwrap().is_none(), gone, "{fault:?}");
        let told = occasions(&rig).await.contains(&Occasion::Deleted);
        assert_eq!(told, gone, "{fault:?}");
    }
}
