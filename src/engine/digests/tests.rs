use super::*;
use crate::catalogue::conformance::full_entry;
use crate::domain::Declaration;

fn entry(kind: EntryKind, declared: Option<Sha256Digest>) -> Entry {
    let mut entry = full_entry();
    (entry.kind, entry.facts.client_sha256) = (kind, declared);
    entry
}

fn needs(kind: DigestKind, is_declared: bool) -> Needs {
    let slot = Slot::declare("files", Declaration::new().digest(kind)).unwrap();
    let declared = is_declared.then(|| Sha256Digest::from_bytes([7; 32]));
    Needs::of(&slot, &entry(EntryKind::File, declared))
}

fn of(needs: Needs, bytes: &[u8]) -> Digests {
    let mut running = needs.start();
    running.update(bytes);
    running.finish()
}

fn sha256(bytes: &[u8]) -> Sha256Digest {
    <[u8; 32]>::from(Sha256::digest(bytes)).into()
}

fn blake3(bytes: &[u8]) -> Blake3Digest {
    (*::blake3::hash(bytes).as_bytes()).into()
}

#[test]
fn a_slot_gets_its_kind_and_nothing_that_nobody_asks_for() {
    let (sha256, blake3) = (Some(sha256(b"abc")), Some(blake3(b"abc")));
    for (kind, declared, computed, kept) in [
        (DigestKind::Sha256, false, (sha256, None), sha256.map(Digest::from)),
        (DigestKind::Sha256, true, (sha256, None), sha256.map(Digest::from)),
        (DigestKind::Blake3, false, (None, blake3), blake3.map(Digest::from)),
        (DigestKind::Blake3, true, (sha256, blake3), blake3.map(Digest::from)),
        (DigestKind::None, false, (None, None), None),
        (DigestKind::None, true, (sha256, None), sha256.map(Digest::from)),
    ] {
        let digests = of(needs(kind, declared), b"abc");
        assert_eq!((digests.sha256, digests.blake3), computed, "{kind} {declared}");
        assert_eq!(digests.kept(), kept, "{kind} {declared}");
    }
}

#[test]
fn a_piece_is_hashed_with_the_file_that_it_is_joined_into() {
    for kind in DigestKind::ALL {
        let slot = Slot::declare("files", Declaration::new().digest(kind)).unwrap();
        assert!(Needs::of(&slot, &entry(EntryKind::Piece, None)).is_nothing(), "{kind}");
    }
}

#[test]
fn what_was_declared_is_confirmed_by_the_same_sha_256_and_by_nothing_else() {
    let right = Some(sha256(b"abc"));
    for kind in DigestKind::ALL {
        let digests = of(needs(kind, true), b"abc");
        assert!(digests.confirm(right), "{kind}");
        assert!(!digests.confirm(Some(sha256(b"abd"))), "{kind}");
    }
    for kind in [DigestKind::Blake3, DigestKind::None] {
        let digests = of(needs(kind, false), b"abc");
        assert!(digests.confirm(None), "{kind}");
        assert!(!digests.confirm(right), "nobody computed it: {kind}");
    }
}

#[test]
fn a_sha_256_alone_goes_on_from_its_state_and_a_blake3_from_the_beginning() {
    let mut first = needs(DigestKind::Sha256, false).start();
    first.update(b"ab");
    let state = first.partial();
    assert!(state.is_some());
    for (kind, declared, goes_on) in [
        (DigestKind::Sha256, false, true),
        (DigestKind::None, true, true),
        (DigestKind::Blake3, false, false),
        (DigestKind::Blake3, true, false),
    ] {
        let needs = needs(kind, declared);
        assert_eq!(needs.start().partial().is_some(), goes_on, "{kind} {declared}");
        let running = needs.go_on(state.as_ref());
        assert_eq!(running.is_some(), goes_on, "{kind} {declared}");
        if let Some(mut running) = running {
            running.update(b"c");
            assert!(running.finish().confirm(Some(sha256(b"abc"))), "{kind} {declared}");
        }
        assert!(needs.go_on(None).is_none(), "{kind} {declared}");
        let broken = PartialDigest::new([1, 2, 3]);
        assert!(needs.go_on(Some(&broken)).is_none(), "{kind} {declared}");
    }
}

#[test]
fn of_nothing_nothing_is_remembered_and_nothing_read_again() {
    let needs = needs(DigestKind::None, false);
    assert!(needs.start().is_nothing() && needs.start().partial().is_none());
    let state = PartialDigest::new([1, 2, 3]);
    for state in [None, Some(&state)] {
        assert!(needs.go_on(state).is_some_and(|running| running.is_nothing()));
    }
}
