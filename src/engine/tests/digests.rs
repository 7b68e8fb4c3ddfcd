//! Which digest a file gets: its slot's, also when it goes on elsewhere, and what was declared is always compared.

use super::*;

impl Rig {
    fn of_kind(kind: DigestKind) -> Self {
        let mut rig = Self::files();
        rig.has_kind(kind);
        rig
    }

    /// From now on the slot says this.
    fn has_kind(&mut self, kind: DigestKind) {
        let options = Declaration::new().max_entries(100).max_file_size(64_000_000).digest(kind);
        self.to.slot = Arc::new(Slot::declare("files", options).unwrap());
    }

    /// Sends the first part of a file of which perhaps a SHA-256 is declared, and lets it rest.
    async fn begun_declaring(
        &self,
        bytes: &[u8],
        sent: usize,
        declared: Option<Sha256Digest>,
    ) -> EntryId {
        let facts = ClientFacts { client_sha256: declared, ..facts("a.bin", bytes.len()) };
        let id = self.offer(facts).await.unwrap().id;
        let mut lease = self.engine.claim(id, &self.caller).await.unwrap();
        lease.write(chunk(0, &bytes[..sent])).await.unwrap();
        lease.release().await.unwrap();
        id
    }

    async fn ended_with(&self, id: EntryId, bytes: &[u8]) -> Result<Entry, UploadError> {
        let mut lease = self.engine.claim(id, &self.caller).await.unwrap();
        let at = usize::try_from(lease.offset()).unwrap();
        lease.write(chunk(at as u64, &bytes[at..])).await.unwrap();
        lease.finish().await
    }
}

/// What a file of these bytes gets.
fn expected(kind: DigestKind, is_declared: bool, bytes: &[u8]) -> Option<Digest> {
    match kind {
        DigestKind::Blake3 => Some(Digest::Blake3((*::blake3::hash(bytes).as_bytes()).into())),
        DigestKind::None if !is_declared => None,
        DigestKind::Sha256 | DigestKind::None => Some(digest(bytes)),
    }
}

#[tokio::test]
async fn a_file_of_any_size_has_the_digest_of_its_slot() {
    for kind in DigestKind::ALL {
        let rig = Rig::of_kind(kind);
        for size in [0, 5, 70_000, 3_000_000] {
            let bytes = noise(size);
            let entry = rig.upload("a.bin", &bytes).await.unwrap();
            assert_eq!(entry.digest, expected(kind, false, &bytes), "{kind} of {size}");
            assert_eq!(rig.read(entry.id).await, bytes);
        }
    }
}

#[tokio::test]
async fn what_is_declared_is_compared_whatever_the_slot_has() {
    let bytes = noise(100_000);
    for kind in DigestKind::ALL {
        for (declared, is_right) in [(sha256(&bytes), true), (sha256(b"other"), false)] {
            let rig = Rig::of_kind(kind);
            let id = rig.begun_declaring(&bytes, 50_000, Some(declared)).await;
            let ended = rig.ended_with(id, &bytes).await;
            if is_right {
                assert_eq!(ended.unwrap().digest, expected(kind, true, &bytes), "{kind}");
            } else {
                assert!(ended.is_err(), "{kind}");
                assert_eq!(rig.code_of(id).await, Some(Code::ChecksumMismatch), "{kind}");
            }
        }
    }
}

#[tokio::test]
async fn an_upload_goes_on_in_a_process_that_has_another_kind() {
    let bytes = noise(300_000);
    let kinds = DigestKind::ALL;
    let all = kinds.iter().flat_map(|a| kinds.iter().flat_map(move |b| kinds.map(|c| [*a, *b, c])));
    for [first, second, third] in all {
        for (declared, is_right) in
            [(None, true), (Some(sha256(&bytes)), true), (Some(sha256(b"other")), false)]
        {
            let case = format!("{first} {second} {third} {declared:?}");
            let rig = Rig::of_kind(first);
            let id = rig.begun_declaring(&bytes, 100_000, declared).await;
            let (mut rig, _) = rig.restarted().await;
            rig.has_kind(second);
            rig.adopt(&rig.to, id).await.unwrap();
            let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
            lease.write(chunk(100_000, &bytes[100_000..200_000])).await.unwrap();
            lease.release().await.unwrap();
            let (mut rig, _) = rig.restarted().await;
            rig.has_kind(third);
            assert_eq!(rig.adopt(&rig.to, id).await.unwrap().offset, 200_000, "{case}");
            let ended = rig.ended_with(id, &bytes).await;
            if is_right {
                let digest = expected(third, declared.is_some(), &bytes);
                assert_eq!(ended.unwrap().digest, digest, "{case}");
                assert_eq!(rig.read(id).await, bytes, "{case}");
            } else {
                assert!(ended.is_err(), "{case}");
                assert_eq!(rig.code_of(id).await, Some(Code::ChecksumMismatch), "{case}");
            }
        }
    }
}

#[tokio::test]
async fn bytes_are_read_again_only_for_a_digest_whose_state_is_unknown() {
    let bytes = noise(5_000_000);
    for (kind, declared, remembered, read) in [
        (DigestKind::Sha256, None, true, 1),
        (DigestKind::Blake3, None, false, 6),
        (DigestKind::Blake3, Some(sha256(&bytes)), false, 6),
        (DigestKind::None, None, false, 1),
        (DigestKind::None, Some(sha256(&bytes)), true, 1),
    ] {
        let case = format!("{kind} {declared:?}");
        let rig = Rig::of_kind(kind);
        let id = rig.begun_declaring(&bytes, 4_500_000, declared).await;
        let row = rig.catalogue.load(id).await.unwrap().unwrap();
        assert_eq!((row.offset, row.partial_digest.is_some()), (4_500_000, remembered), "{case}");
        let (rig, _) = rig.restarted().await;
        let before = rig.store.seen(Operation::Read);
        rig.adopt(&rig.to, id).await.unwrap();
        // The head is looked at again; the rest are pieces of a mebibyte.
        assert_eq!(rig.store.seen(Operation::Read) - before, read, "{case}");
        let digest = expected(kind, declared.is_some(), &bytes);
        assert_eq!(rig.ended_with(id, &bytes).await.unwrap().digest, digest, "{case}");
    }
}

#[tokio::test]
async fn bytes_that_can_not_be_read_again_are_not_called_verified() {
    let bytes = noise(300_000);
    for declared in [None, Some(sha256(&bytes))] {
        let rig = Rig::of_kind(DigestKind::Blake3);
        let id = rig.begun_declaring(&bytes, 200_000, declared).await;
        let (rig, _) = rig.restarted().await;
        rig.store.faults().of(Operation::Read, rig.store.seen(Operation::Read) + 2, Fault::Broken);
        assert!(rig.adopt(&rig.to, id).await.is_err());
        rig.adopt(&rig.to, id).await.unwrap();
        let digest = expected(DigestKind::Blake3, declared.is_some(), &bytes);
        assert_eq!(rig.ended_with(id, &bytes).await.unwrap().digest, digest);
    }
}

#[tokio::test]
async fn what_is_taken_back_is_no_part_of_any_digest() {
    let bytes = noise(200_000);
    for kind in DigestKind::ALL {
        let mut rig = Rig::of_kind(kind);
        rig.to.session = Engine::standing_session(&rig.caller, &rig.to.page);
        let id = rig.begun_declaring(&bytes, 100_000, None).await;
        let mut lease = rig.engine.claim_whole(id, &rig.caller).await.unwrap();
        lease.write(chunk(100_000, &[7; 70_000])).await.unwrap();
        lease.rewind().await.unwrap();
        let entry = rig.ended_with(id, &bytes).await.unwrap();
        assert_eq!(entry.digest, expected(kind, false, &bytes), "{kind}");
    }
}

#[tokio::test]
async fn a_file_joined_of_pieces_has_the_digest_of_its_slot_and_its_pieces_have_none() {
    let bytes = noise(200_000);
    for kind in DigestKind::ALL {
        let mut rig = Rig::of_kind(kind);
        rig.to.session = Engine::standing_session(&rig.caller, &rig.to.page);
        let mut pieces = Vec::new();
        for half in [&bytes[..90_000], &bytes[90_000..]] {
            let offered = Offered {
                kind: EntryKind::Piece,
                ..(
                    EntryRef::try_from(Uuid::new_v4().to_string().as_str()).unwrap(),
                    facts("p", half.len()),
                )
                    .into()
            };
            let id =
                rig.engine.register(&rig.to, vec![offered]).await.unwrap().remove(0).unwrap().id;
            let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
            lease.write(chunk(0, half)).await.unwrap();
            lease.release().await.unwrap();
            let row = rig.catalogue.load(id).await.unwrap().unwrap();
            assert!(row.partial_digest.is_none() && row.digest.is_none(), "{kind}");
            pieces.push((id, rig.caller.clone()));
        }
        let offered = (EntryRef::try_from("whole").unwrap(), facts("a.bin", 0)).into();
        let entry = rig.engine.join(&rig.to, &pieces, offered).await.unwrap();
        assert_eq!(entry.digest, expected(kind, false, &bytes), "{kind}");
        assert_eq!(rig.read(entry.id).await, bytes, "{kind}");
    }
}

#[tokio::test]
async fn a_piece_that_becomes_a_file_has_the_digest_of_its_slot() {
    let bytes = noise(100_000);
    for kind in DigestKind::ALL {
        for (declared, is_right) in
            [(None, true), (Some(sha256(&bytes)), true), (Some(sha256(b"other")), false)]
        {
            let mut rig = Rig::of_kind(kind);
            rig.to.session = Engine::standing_session(&rig.caller, &rig.to.page);
            let id = EntryId::from_uuid(Uuid::now_v7());
            rig.engine.register_piece(&rig.to, id, String::new()).await.unwrap();
            let facts = ClientFacts { client_sha256: declared, ..facts("a.bin", bytes.len()) };
            rig.engine.name(&rig.to, id, facts).await.unwrap();
            let ended = rig.ended_with(id, &bytes).await;
            if is_right {
                let digest = expected(kind, declared.is_some(), &bytes);
                assert_eq!(ended.unwrap().digest, digest, "{kind} {declared:?}");
            } else {
                assert!(ended.is_err(), "{kind}");
                assert_eq!(rig.code_of(id).await, Some(Code::ChecksumMismatch), "{kind}");
            }
        }
    }
}

#[tokio::test]
async fn a_page_with_another_kind_that_takes_an_upload_over_gets_its_own_digest() {
    let bytes = noise(2_500_000);
    for (first, second) in DigestKind::ALL.iter().flat_map(|a| DigestKind::ALL.map(|b| (*a, b))) {
        for (declared, is_right) in
            [(None, true), (Some(sha256(&bytes)), true), (Some(sha256(b"other")), false)]
        {
            let mut rig = Rig::of_kind(first);
            let id = rig.begun_declaring(&bytes, 1_500_000, declared).await;
            rig.has_kind(second);
            rig.adopt(&rig.elsewhere(), id).await.unwrap();
            let ended = rig.ended_with(id, &bytes).await;
            if is_right {
                let digest = expected(second, declared.is_some(), &bytes);
                assert_eq!(ended.unwrap().digest, digest, "{first} {second} {declared:?}");
                assert_eq!(rig.read(id).await, bytes);
            } else {
                assert!(ended.is_err(), "{first} {second}");
                assert_eq!(rig.code_of(id).await, Some(Code::ChecksumMismatch));
            }
        }
    }
}

/// Sends the next bytes and asks that they be written.
fn pushed(lease: &mut Lease, bytes: &[u8], count: usize) {
    let at = usize::try_from(lease.offset()).unwrap();
    lease.push(chunk(at as u64, &bytes[at..at + count])).unwrap();
    lease.flush();
}

async fn told_of_all(lease: &mut Lease) {
    while lease.written() < lease.offset() {
        lease.changed().await.unwrap();
    }
}

#[tokio::test]
async fn marks_come_to_the_end_of_what_was_sent_among_many_and_when_the_others_have_gone() {
    const PIECE: usize = 600_000;
    let rig = Rig::files();
    let bytes = noise(6 * PIECE);
    let mut leases = Vec::new();
    for _ in 0..6 {
        let id = rig.register("a.bin", bytes.len()).await;
        leases.push(rig.engine.claim(id, &rig.caller).await.unwrap());
    }
    // Whoever sends stops until he is told of what he has sent, as one at the end of his window does.
    for _ in 0..2 {
        leases.iter_mut().for_each(|lease| pushed(lease, &bytes, PIECE));
        for lease in &mut leases {
            told_of_all(lease).await;
        }
    }
    for mut lease in leases {
        pushed(&mut lease, &bytes, PIECE);
        // Somewhere between its write and its digest the others' number falls below what is many.
        tokio::task::yield_now().await;
        for _ in 0..3 {
            told_of_all(&mut lease).await;
            pushed(&mut lease, &bytes, PIECE);
        }
        told_of_all(&mut lease).await;
        assert_eq!(lease.finish().await.unwrap().digest, Some(digest(&bytes)));
    }
}

#[tokio::test]
async fn what_was_sent_among_many_and_is_let_go_of_is_told_of_and_kept() {
    const SENT: usize = 1_300_000;
    let rig = Rig::files();
    let bytes = noise(2 * SENT);
    let mut leases = Vec::new();
    for _ in 0..5 {
        let id = rig.register("a.bin", bytes.len()).await;
        leases.push((id, rig.engine.claim(id, &rig.caller).await.unwrap()));
    }
    leases.iter_mut().for_each(|(_, lease)| pushed(lease, &bytes, SENT));
    for (id, lease) in leases {
        lease.release().await.unwrap();
        let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
        assert_eq!(lease.offset(), SENT as u64);
        pushed(&mut lease, &bytes, SENT);
        assert_eq!(lease.finish().await.unwrap().digest, Some(digest(&bytes)));
    }
}
