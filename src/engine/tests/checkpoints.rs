//! When a checkpoint is due, and for whom there is none.

use futures_util::FutureExt;
use tokio::time::advance;

use super::sinks::patient;
use super::*;

/// A little more than the time after which a checkpoint is due.
const LATER: Duration = Duration::from_millis(1_100);

/// Once it was looked after what is due, nothing is due until time has gone by. Whoever waits for it would not wait otherwise, and
/// keep a whole processor busy with that.
async fn nothing_is_due_at_once(rig: &Rig) {
    let id = rig.register("a.bin", 40_000).await;
    let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
    lease.push(chunk(0, &noise(20_000))).unwrap();
    lease.flush();
    while lease.written() < 20_000 {
        lease.changed().await.unwrap();
    }
    lease.release().await.unwrap();
    let live = rig.engine.registry().find(id).unwrap();
    let mut pen = live.pen.lock().await;
    let pen = pen.as_mut().unwrap();
    // As if it were going on: the next byte has not come.
    pen.sync.cut(0);
    let written = pen.written();
    assert_eq!(written, 20_000);
    for _ in 0..3 {
        pen.checkpoint_if_due(rig.engine.parts(), &live);
        pen.sync.settled().await.unwrap();
        pen.sync.cut(0);
        assert!(pen.sync.due(written).now_or_never().is_none(), "due at once");
        advance(LATER).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_never_remembered_is_not_looked_after_again_and_again() {
    let mut rig = Rig::new(Declaration::new());
    rig.to.lifetime = Lifetime::Request;
    nothing_is_due_at_once(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn what_a_writer_of_the_applications_has_is_not_looked_after_again_and_again() {
    for lifetime in [Lifetime::Session, Lifetime::Request] {
        let (mut rig, ..) = patient(true);
        rig.to.lifetime = lifetime;
        nothing_is_due_at_once(&rig).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_remembered_is_looked_after_once_in_its_time() {
    nothing_is_due_at_once(&Rig::files()).await;
}
