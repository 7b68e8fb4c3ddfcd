//! Pieces, and the files that are joined of them.

use super::*;
use crate::blob::{BlobKey, BlobStore, Durability, LocalStore, Spool};

impl Rig {
    async fn register_piece(&self, length: Option<u64>) -> Result<EntryId, Rejection> {
        let reference = EntryRef::try_from(Uuid::new_v4().to_string().as_str()).unwrap();
        let facts = ClientFacts { client_size: length, ..ClientFacts::default() };
        let offered = Offered { id: None, reference, facts, kind: EntryKind::Piece, memo: None };
        let mut answers = self.engine.register(&self.to, vec![offered]).await.unwrap();
        answers.remove(0).map(|entry| entry.id)
    }

    pub(in crate::engine::tests) async fn piece(&self, bytes: &[u8]) -> EntryId {
        let id = self.register_piece(Some(bytes.len() as u64)).await.unwrap();
        if !bytes.is_empty() {
            self.step(id, bytes).await.unwrap();
        }
        id
    }

    pub(in crate::engine::tests) async fn join(
        &self,
        name: &str,
        pieces: &[EntryId],
    ) -> Result<Entry, UploadError> {
        let reference = EntryRef::try_from(Uuid::new_v4().to_string().as_str()).unwrap();
        let facts = ClientFacts { client_name: name.to_owned(), ..ClientFacts::default() };
        let memo = Some("joined".to_owned());
        let offered = Offered { id: None, reference, facts, kind: EntryKind::File, memo };
        let pieces: Vec<_> = pieces.iter().map(|id| (*id, self.to.caller.clone())).collect();
        self.engine.join(&self.to, &pieces, offered).await
    }

    /// How many unfinished blobs there are.
    async fn unfinished(&self) -> usize {
        self.store.leftover().await.unwrap().unfinished.len()
    }
}

#[tokio::test]
async fn pieces_become_a_file_in_the_order_in_which_they_are_named() {
    let rig = Rig::standing_files();
    let bytes = noise(3_000_000);
    let (first, middle, last) = (&bytes[..7], &bytes[7..1_500_000], &bytes[1_500_000..]);
    let [c, a, b, none] = [
        rig.piece(last).await,
        rig.piece(first).await,
        rig.piece(middle).await,
        rig.piece(b"").await,
    ];
    for (pieces, whole) in [
        (vec![a, b, c], bytes.clone()),
        (vec![c, none, b, a, none], [last, middle, first].concat()),
        (vec![a, b, a], [first, middle, first].concat()),
        (vec![a; 1_000], first.repeat(1_000)),
        (vec![none, none], Vec::new()),
        (vec![], Vec::new()),
    ] {
        let entry = rig.join("a.bin", &pieces).await.unwrap();
        assert_eq!(*entry.state(), EntryState::Complete);
        assert_eq!((entry.length, entry.digest), (Some(whole.len() as u64), Some(digest(&whole))));
        assert_eq!((entry.session, entry.memo.as_deref()), (rig.to.session, Some("joined")));
        assert_eq!(rig.read(entry.id).await, whole);
        assert_eq!(rig.catalogue.load(entry.id).await.unwrap(), Some(entry.clone()));
        rig.engine.consume(entry.id, &rig.caller, Keep::Yes).await.unwrap();
    }
    assert_eq!(rig.take_up(b).await.unwrap(), middle.len() as u64, "the pieces stay");
}

#[tokio::test]
async fn a_piece_is_never_judged_and_never_complete_and_waits_for_its_join() {
    let mut rig = Rig::standing_files();
    let mut program = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0".to_vec();
    program.resize(20_000, 0);
    let id = rig.register_piece(Some(20_000)).await.unwrap();
    for (between, part) in program.chunks(5_000).enumerate() {
        rig.step(id, part).await.unwrap();
        match between {
            0 => rig.park(),
            1 => rig = rig.restarted().await.0,
            _ => {}
        }
    }
    let lease = rig.engine.claim(id, &rig.caller).await.unwrap();
    assert!(lease.is_full());
    assert!(matches!(lease.finish().await, Err(UploadError::Illegal(_))));
    rig.park();
    rig = rig.restarted().await.0;
    let entry = rig.engine.get(id, &rig.caller).await.unwrap();
    assert_eq!((entry.kind, entry.offset, entry.done()), (EntryKind::Piece, 20_000, false));

    let refused = rig.join("photo.jpg", &[id]).await.unwrap_err();
    assert_eq!(refused.rejection().code(), Code::ContentMismatch, "the file is judged");
    assert_eq!(rig.unfinished().await, 1, "and never touched the disk");
    assert_eq!(rig.join("tool.bin", &[id]).await.unwrap().digest, Some(digest(&program)));

    rig.clock.0.fetch_add(3_600_000, Ordering::SeqCst);
    rig.engine.sweep(Duration::from_secs(60)).await.unwrap();
    assert!(rig.catalogue.load(id).await.unwrap().is_none(), "it expires as all others do");
    assert_eq!(rig.unfinished().await, 0);
}

#[tokio::test]
async fn only_whole_pieces_of_ones_own_in_the_slot_are_joined() {
    let rig = Rig::standing_files();
    let piece = rig.piece(b"whole").await;
    let unfinished = rig.register_piece(Some(10)).await.unwrap();
    rig.step(unfinished, b"half").await.unwrap();
    let endless = rig.register_piece(None).await.unwrap();
    rig.step(endless, b"perhaps whole").await.unwrap();
    let under_way = rig.register_piece(Some(10)).await.unwrap();
    let mut lease = rig.engine.claim_whole(under_way, &rig.caller).await.unwrap();
    lease.write(chunk(0, b"0123456789")).await.unwrap();
    for part in [unfinished, endless, under_way] {
        let refused = rig.join("a.bin", &[piece, part]).await.unwrap_err();
        assert_eq!(refused.rejection().code(), Code::SizeMismatch);
    }
    lease.release().await.unwrap();
    rig.join("a.bin", &[piece, under_way]).await.unwrap();

    let file = rig.register("a.txt", 3).await;
    let cancelled = rig.piece(b"cancelled").await;
    rig.engine.cancel(cancelled, &rig.caller).await.unwrap();
    for id in [file, cancelled, EntryId::from_uuid(Uuid::now_v7())] {
        assert!(matches!(rig.join("a.bin", &[piece, id]).await, Err(UploadError::NotFound)));
    }
    let stranger = Caller::new(OwnerId::from_uuid(Uuid::new_v4()));
    let slot = Arc::new(Slot::declare("other", Declaration::new()).unwrap());
    let page = PageName::try_from("other").unwrap();
    let offered = || Offered::from((EntryRef::try_from("x").unwrap(), facts("a.bin", 0)));
    for to in [
        Registration { caller: stranger, ..rig.to.clone() },
        Registration { slot, ..rig.to.clone() },
        Registration { page, ..rig.to.clone() },
    ] {
        let refused = rig.engine.join(&to, &[(piece, to.caller.clone())], offered()).await;
        assert!(matches!(refused, Err(UploadError::NotFound)), "{refused:?}");
    }
}

#[tokio::test]
async fn the_slots_rules_hold_for_what_is_joined() {
    let options = Declaration::new().accept(".txt").max_entries(2);
    let rig = Rig::standing(options.max_file_size(10_000).min_file_size(10).max_total_size(15_000));
    assert_eq!(rig.register_piece(Some(10_001)).await.unwrap_err().code(), Code::TooLarge);
    let [half, little] = [rig.piece(&[b'a'; 5_000]).await, rig.piece(b"abc").await];
    for (name, pieces, code) in [
        ("a.txt", vec![half, half, little], Code::TooLarge),
        ("a.txt", vec![little, little], Code::TooSmall),
        ("a.exe", vec![half], Code::NotAccepted),
        ("", vec![half], Code::EmptyName),
    ] {
        let refused = rig.join(name, &pieces).await.unwrap_err();
        assert_eq!(refused.rejection().code(), code, "{name}");
    }
    rig.join("a.txt", &[half, half]).await.unwrap();
    let total = rig.join("b.txt", &[half, little]).await.unwrap_err();
    assert_eq!(total.rejection().code(), Code::TotalTooLarge);
    let last = rig.join("b.txt", &[half]).await.unwrap();
    let many = rig.join("c.txt", &[little; 4]).await.unwrap_err();
    assert_eq!(many.rejection().code(), Code::TooManyFiles);
    // What the application has taken makes room, as after any upload.
    rig.engine.consume(last.id, &rig.caller, Keep::No).await.unwrap();
    rig.join("c.txt", &[little; 4]).await.unwrap();
}

#[tokio::test]
async fn a_join_that_fails_leaves_the_pieces_and_nothing_else() {
    for operation in [
        Operation::Reopen,
        Operation::Create,
        Operation::Read,
        Operation::Copy,
        Operation::Write,
        Operation::Publish,
    ] {
        let rig = Rig::standing_files();
        let bytes = noise(2_500_000);
        let piece = rig.piece(&bytes).await;
        rig.store.next(operation, Fault::NoSpace);
        let full = rig.join("a.bin", &[piece, piece]).await.unwrap_err();
        assert_eq!(full.rejection().code(), Code::DiskFull, "{operation:?}");
        assert_eq!(rig.unfinished().await, 1, "{operation:?}");
        assert_eq!(rig.engine.entries(rig.to.session).len(), 1);
        let again = rig.join("a.bin", &[piece, piece]).await.unwrap();
        assert_eq!(again.digest, Some(digest(&bytes.repeat(2))));
    }
}

#[tokio::test]
async fn a_join_goes_on_when_whoever_asked_for_it_is_gone() {
    let rig = Rig::standing_files();
    let piece = rig.piece(&noise(2_500_000)).await;
    {
        let pieces = [piece];
        let mut joining = Box::pin(rig.join("a.bin", &pieces));
        assert!(futures_util::poll!(&mut joining).is_pending());
    }
    let joined = async {
        loop {
            let entries = rig.engine.entries(rig.to.session);
            if let Some(entry) = entries.into_iter().find(Entry::done) {
                return entry;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let entry = tokio::time::timeout(Duration::from_secs(60), joined).await.unwrap();
    assert_eq!(entry.length, Some(2_500_000));
}

#[tokio::test]
async fn pieces_go_to_the_applications_writer_when_they_are_joined_from_the_store() {
    // Pieces have no writer: what is joined of them has.
    let rig = Rig::standing_files();
    let bytes = noise(300_000);
    let piece = rig.piece(&bytes).await;
    let mut to = rig.to.clone();
    let writer: MakeWriter = Arc::new(|_: &Entry| Box::new(super::heads::Gone));
    to.hooks = Arc::new(Hooks { writer: Some(writer), ..Hooks::default() });
    let offered = Offered::from((EntryRef::try_from("x").unwrap(), facts("a.bin", 0)));
    let named = (piece, to.caller.clone());
    let entry = rig.engine.join(&to, &[named.clone(), named], offered).await.unwrap();
    assert_eq!(entry.digest, Some(digest(&bytes.repeat(2))));
    assert!(entry.writer_result.is_some());
}

#[tokio::test]
async fn on_a_disk_the_kernel_copies_and_the_digest_is_that_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::standing_files();
    let store = Arc::new(LocalStore::open(folder.path(), Durability::Os).unwrap());
    rig.engine = Engine::new(Parts {
        blobs: Arc::<LocalStore>::clone(&store),
        spool: Some(Arc::<LocalStore>::clone(&store)),
        room: None,
        catalogue: Arc::<Memory>::clone(&rig.catalogue),
        checks: vec![Arc::new(MagicBytes)],
        jobs: Jobs::default(),
        clock: Arc::<HandClock>::clone(&rig.clock),
    });
    let bytes = noise(5_000_001);
    let [first, last] =
        [rig.piece(&bytes[..1_234_567]).await, rig.piece(&bytes[1_234_567..]).await];
    let entry = rig.join("a.bin", &[first, last]).await.unwrap();
    assert_eq!(entry.digest, Some(digest(&bytes)));
    let (_, blob) = rig.engine.open(entry.id, &rig.caller).await.unwrap();
    assert!(blob.read().await.unwrap() == bytes);
    let key = BlobKey { session: rig.to.session, id: first };
    assert_eq!(store.reopen(key).await.unwrap().1, 1_234_567);
}
