//! What a test must not leave behind is named.

use super::*;

#[tokio::test]
async fn a_lease_is_under_way_until_it_is_released() {
    let rig = Rig::files();
    let id = rig.register("a.txt", 3).await;
    assert_eq!(rig.engine.under_way().await.unwrap(), [""; 0], "a registered entry holds nothing");
    let lease = rig.engine.claim(id, &rig.caller).await.unwrap();
    let held = rig.engine.under_way().await.unwrap();
    assert!(held.iter().any(|words| words.contains(&id.to_string())), "{held:?}");
    lease.release().await.unwrap();
    assert_eq!(rig.engine.under_way().await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn bytes_that_no_row_explains_lie_around() {
    let rig = Rig::files();
    let id = rig.upload("a.txt", b"abc").await.unwrap().id;
    assert_eq!(rig.engine.under_way().await.unwrap(), [""; 0]);
    rig.catalogue.remove(id).await.unwrap();
    assert_eq!(rig.engine.under_way().await.unwrap(), [format!("the file {id} has no row")]);
}
