//! How much may wait in a lease that is not written.

use futures_util::FutureExt;

use super::queue::BATCH;
use super::sinks::patient;
use super::*;

const PIECE: usize = 64 * 1024;

/// How many bytes a lease takes before it makes its door wait.
async fn taken(lease: &mut Lease) -> usize {
    loop {
        let (at, piece) = (lease.offset(), vec![7; PIECE]);
        if lease.write(chunk(at, &piece)).now_or_never().is_none() {
            return usize::try_from(lease.offset()).unwrap();
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_lease_makes_its_door_wait_and_one_of_many_does_so_sooner() {
    let (rig, ..) = patient(false);
    let mut leases = Vec::new();
    for _ in 0..4 {
        let id = rig.register("a.bin", 8_000_000).await;
        leases.push(rig.engine.claim(id, &rig.caller).await.unwrap());
        tokio::task::yield_now().await;
        let bound = if leases.len() <= 2 { 3 * BATCH } else { 3 * BATCH / 2 };
        assert_eq!(taken(leases.last_mut().unwrap()).await, bound + PIECE);
    }
}
