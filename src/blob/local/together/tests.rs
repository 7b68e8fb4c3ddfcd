use bytes::Bytes;
use futures_util::future::join_all;
use tempfile::TempDir;
use tokio::runtime::Builder;
use uuid::Uuid;

use super::*;
use crate::blob::Durability;
use crate::domain::EntryId;

fn place(durability: Durability) -> (TempDir, Arc<Root>) {
    let place = tempfile::tempdir().unwrap();
    let root = Root::open(place.path(), durability).unwrap();
    (place, Arc::new(root))
}

fn little(content: &str) -> Little {
    let bytes = Bytes::copy_from_slice(content.as_bytes());
    Little { id: EntryId::from_uuid(Uuid::now_v7()), pieces: vec![bytes.clone(), bytes] }
}

fn names(root: &Root) -> (usize, usize) {
    (root.files.names().unwrap().len(), root.spool.names().unwrap().len())
}

#[tokio::test]
async fn all_who_come_at_once_are_stored_and_what_becomes_of_one_is_nothing_to_the_others() {
    for durability in [Durability::Always, Durability::Os] {
        let (_place, root) = place(durability);
        let together = Together::of(Arc::clone(&root));
        let taken = little("first");
        let again = Little { id: taken.id, pieces: little("second").pieces };
        together.put(taken).await.unwrap().unwrap();
        let mut all: Vec<Little> =
            (0..3 * MOST).map(|number| little(&number.to_string())).collect();
        let ids: Vec<EntryId> = all.iter().map(|little| little.id).collect();
        all.insert(MOST / 2, again);
        let outcomes = join_all(all.into_iter().map(|little| together.put(little))).await;
        for (at, outcome) in outcomes.into_iter().enumerate() {
            match at == MOST / 2 {
                true => assert!(matches!(outcome, Ok(Err(BlobError::AlreadyExists)))),
                false => outcome.unwrap().unwrap(),
            }
        }
        for (number, id) in ids.iter().enumerate() {
            let stored = std::fs::read(root.files.path().join(id.to_string())).unwrap();
            assert_eq!(stored, number.to_string().repeat(2).as_bytes());
        }
        assert_eq!(names(&root), (3 * MOST + 1, 0), "{durability:?}");
    }
}

#[tokio::test]
async fn who_goes_away_is_stored_all_the_same() {
    let (_place, root) = place(Durability::Always);
    let together = Together::of(Arc::clone(&root));
    drop(together.put(little("gone")));
    // Behind the other one, or beside it.
    together.put(little("here")).await.unwrap().unwrap();
    assert_eq!(names(&root), (2, 0));
}

#[tokio::test]
async fn without_its_folders_nothing_is_stored_and_everybody_is_told() {
    let (place, root) = place(Durability::Always);
    let together = Together::of(Arc::clone(&root));
    std::fs::rename(place.path().join("files"), place.path().join("elsewhere")).unwrap();
    let put = join_all((0..3).map(|_| together.put(little("x")))).await;
    assert!(put.iter().all(|put| matches!(put, Ok(Err(BlobError::Io { .. })))));
    assert_eq!(names(&root), (0, 0));
}

#[tokio::test]
async fn a_file_that_is_being_made_is_not_disturbed_by_another_of_its_name() {
    for durability in [Durability::Always, Durability::Os] {
        let (_place, root) = place(durability);
        let together = Together::of(Arc::clone(&root));
        for round in 0..20 {
            let first = little(&round.to_string());
            let twins: Vec<Little> = (0..2 * MANY)
                .map(|_| Little { id: first.id, pieces: first.pieces.clone() })
                .collect();
            let put = join_all(twins.into_iter().map(|twin| together.put(twin))).await;
            let stored = put.iter().filter(|put| matches!(put, Ok(Ok(())))).count();
            let refused = |put: &&Result<_, _>| matches!(put, Ok(Err(BlobError::AlreadyExists)));
            assert_eq!((stored, put.iter().filter(refused).count()), (1, 2 * MANY - 1));
        }
        assert_eq!(names(&root), (20, 0), "{durability:?}");
    }
}

#[test]
fn a_second_job_begins_where_the_first_one_waits_for_the_disk() {
    let (_place, root) = place(Durability::Always);
    let mut queue = Queue::default();
    let come = |count: usize, queue: &mut Queue| {
        for _ in 0..count {
            queue.waiting.push((little("x"), oneshot::channel().0));
        }
    };
    come(1, &mut queue);
    assert!(queue.wants_a_job(root.syncs()));
    queue.jobs = 1;
    come(MANY - 2, &mut queue);
    assert!(!queue.wants_a_job(true), "too few");
    come(1, &mut queue);
    assert!(queue.wants_a_job(true));
    assert!(!queue.wants_a_job(false), "nobody waits for a disk");
    queue.jobs = 2;
    come(MOST, &mut queue);
    assert!(!queue.wants_a_job(true));
}

#[test]
fn nobody_waits_for_a_job_whose_runtime_has_gone() {
    let (_place, root) = place(Durability::Os);
    let together = Together::of(Arc::clone(&root));
    let gone = Builder::new_current_thread().build().unwrap();
    let handle = gone.handle().clone();
    gone.shutdown_background();
    let lost = {
        let _entered = handle.enter();
        together.put(little("lost"))
    };
    let runtime = Builder::new_current_thread().build().unwrap();
    assert!(runtime.block_on(lost).is_err());
    runtime.block_on(async { together.put(little("later")).await.unwrap().unwrap() });
    assert_eq!(names(&root), (1, 0));
}
