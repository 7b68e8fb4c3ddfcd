//! Rows that are about to come are announced to the catalogue.

use futures_util::future::join_all;

use super::listening::{Heard, Listening};
use super::*;

fn rig(lifetime: Lifetime) -> (Rig, Arc<Listening>) {
    let catalogue = Arc::new(Listening::default());
    let mut rig = Rig::files();
    rig.to.lifetime = lifetime;
    rig.engine = rig.engine_with(Arc::<Listening>::clone(&catalogue));
    (rig, catalogue)
}

#[tokio::test]
async fn little_files_that_are_ready_together_are_announced_before_the_first_row_comes() {
    let (rig, catalogue) = rig(Lifetime::Session);
    let uploads = (0..8).map(|number| {
        let (rig, name) = (&rig, format!("{number}.txt"));
        async move { rig.upload(&name, b"some words").await.unwrap().id }
    });
    let ids = join_all(uploads).await;
    let heard = catalogue.heard.lock().unwrap();
    let first_row = heard.iter().position(|heard| matches!(heard, Heard::Settled(_))).unwrap();
    assert_eq!((first_row, heard.len()), (8, 16), "{heard:?}");
    for id in ids {
        assert!(heard.contains(&Heard::Announced(id)) && heard.contains(&Heard::Settled(id)));
    }
}

#[tokio::test]
async fn nobody_waits_for_the_rows_of_a_form_with_several_files() {
    let (rig, catalogue) = rig(Lifetime::Request);
    let first = rig.upload("first.txt", b"some words").await.unwrap().id;
    rig.upload("second.txt", b"and others").await.unwrap();
    assert_eq!(*catalogue.heard.lock().unwrap(), [Heard::Announced(first)]);
}

#[tokio::test]
async fn a_large_file_is_not_announced_because_its_sync_takes_its_time() {
    let (rig, catalogue) = rig(Lifetime::Session);
    let large = rig.upload("large.bin", &noise(100_000)).await.unwrap().id;
    assert_eq!(*catalogue.heard.lock().unwrap(), [Heard::Settled(large)]);
}
