//! Chunks whose file is joined, on a disk that fails when they are removed.

use longshore::testing::samples::text;
use longshore::testing::{Fault, FaultyStore, FrailStore, Operation};

use super::drop::Drop;
use crate::support::{TestApp, Upload};

#[actix_web::test]
async fn a_chunk_whose_removal_fails_once_is_gone_all_the_same() {
    for fault in Fault::ERRORS {
        let store = FaultyStore::new(FrailStore::new());
        let app = TestApp::with(|builder| builder.store(store.clone())).await;
        let visitor = app.visitor();
        visitor.get("/inbox").await;
        for nth in 1..=3 {
            // Each of them once: the second time it works.
            store.faults().of(Operation::Abort, 2 * nth - 1, fault);
        }
        let drop = Drop::new(&visitor, "inbox", "once");
        drop.all(&Upload::bytes("a.txt", text(250_000)), 100_000).await.unwrap();
        app.settles().await;
        assert!(store.seen(Operation::Abort) >= 3, "{fault:?}");
        assert_eq!(store.inner().unfinished(), [], "{fault:?}");
        app.stop().await;
    }
}
