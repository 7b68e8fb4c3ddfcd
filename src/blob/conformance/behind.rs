//! Writes that nobody waits for yet.

use bytes::Bytes;

use super::{BlobStore, content, create, key};

pub(super) async fn writes_that_nobody_waits_for_yet_land_in_their_order(store: &impl BlobStore) {
    let key = key();
    let mut writer = create(store, key).await;
    let (mut landings, mut expected) = (Vec::new(), Vec::new());
    for number in 0..20_u8 {
        let piece = Bytes::from(vec![number; 3_000]);
        // Each one overwrites the second half of the one before it.
        let at = u64::from(number) * 1_500;
        expected.truncate(usize::from(number) * 1_500);
        expected.extend_from_slice(&piece);
        match writer.write_behind(at, std::slice::from_ref(&piece)) {
            // Every third one has nobody who ever asks for its answer.
            Some(landing) if number % 3 > 0 => landings.push(landing),
            Some(_) => {}
            None => writer.write_at(at, &[piece]).await.expect("writing"),
        }
    }
    let read = writer.read_at(0, expected.len() + 1).await.expect("reading behind all of them");
    assert_eq!(read, expected, "in the order in which they were asked for");
    for landing in landings {
        landing.await.expect("writing");
    }
    writer.publish().await.expect("publishing");
    assert_eq!(content(store.open(key.id).await.expect("opening")), expected);
}
