//! News: who watches hears of each change of what is watched, and of nothing else.

use futures_util::FutureExt;

use super::*;

/// What has changed so far; nothing to wait for.
fn heard(watch: &mut Watch) -> Vec<News> {
    watch.next().now_or_never().flatten().unwrap_or_default()
}

/// The names of the ends in it.
fn ends(news: &[News]) -> Vec<&'static str> {
    news.iter().filter_map(|news| Some(news.end.as_ref()?.state().as_str())).collect()
}

impl Rig {
    /// Watches the page as somebody else's session.
    fn watch(&self) -> Watch {
        let besides = SessionId::from_uuid(Uuid::now_v7());
        self.engine.watch(&self.caller, About::Page { page: self.to.page.clone(), besides })
    }
}

#[tokio::test]
async fn each_step_of_an_upload_is_news() {
    let rig = Rig::files();
    let mut watch = rig.watch();
    assert!(heard(&mut watch).is_empty());
    let id = rig.register("a.bin", 1_000_000).await;
    let moved = vec![News { id, end: None }];
    assert_eq!(heard(&mut watch), moved, "registered");
    let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
    lease.write(chunk(0, &noise(600_000))).await.unwrap();
    while lease.written() < 500_000 {
        lease.changed().await.unwrap();
    }
    assert_eq!(watch.next().await.unwrap(), moved, "got further");
    lease.write(chunk(600_000, &noise(400_000))).await.unwrap();
    lease.finish().await.unwrap();
    assert_eq!(heard(&mut watch), moved, "complete");
    assert!(heard(&mut watch).is_empty());
    rig.engine.consume(id, &rig.caller, Keep::Yes).await.unwrap();
    let news = heard(&mut watch);
    assert_eq!(ends(&news), ["consumed"]);
    let end = news[0].end.as_deref().unwrap();
    assert!(StoredFile::of(end).is_some_and(|file| file.size == 1_000_000), "{end:?}");
}

#[tokio::test]
async fn every_end_is_told_however_it_came() {
    let rig = Rig::files();
    let mut watch = rig.watch();
    let cancelled = rig.register("a.txt", 3).await;
    rig.engine.cancel(cancelled, &rig.caller).await.unwrap();
    assert_eq!(ends(&heard(&mut watch)), ["cancelled"]);
    rig.upload("b.txt", b"abc").await.unwrap();
    let refused = rig.upload("c.txt", b"abc").await.unwrap().id;
    rig.engine.refuse(refused, &rig.caller, Rejection::new(Code::Infected)).await.unwrap();
    assert_eq!(ends(&heard(&mut watch)), ["failed"]);
    let lying = rig.register("d.txt", 3).await;
    let mut lease = rig.engine.claim(lying, &rig.caller).await.unwrap();
    lease.push(chunk(0, b"more than declared")).unwrap_err();
    assert!(lease.finish().await.is_err());
    assert_eq!(ends(&heard(&mut watch)), ["failed"]);
    rig.register("e.txt", 3).await;
    rig.clock.0.store(10_000, Ordering::SeqCst);
    rig.engine.sweep(Duration::from_secs(5)).await.unwrap();
    assert_eq!(ends(&heard(&mut watch)), ["expired", "expired"]);
    rig.register("f.txt", 3).await;
    rig.engine.abandon(rig.to.session).await;
    assert_eq!(ends(&heard(&mut watch)), ["cancelled"]);
}

#[tokio::test]
async fn an_end_is_told_of_what_only_the_catalogue_remembers() {
    let rig = Rig::files();
    let [cancelled, expired] = [rig.register("a.txt", 3).await, rig.register("b.txt", 3).await];
    for id in [cancelled, expired] {
        rig.engine.registry().forget(rig.to.session, id);
    }
    let mut watch = rig.watch();
    rig.engine.cancel(cancelled, &rig.caller).await.unwrap();
    assert_eq!(ends(&heard(&mut watch)), ["cancelled"]);
    rig.clock.0.store(10_000, Ordering::SeqCst);
    rig.engine.sweep(Duration::from_secs(5)).await.unwrap();
    assert_eq!(ends(&heard(&mut watch)), ["expired"]);
}

#[tokio::test]
async fn nobody_hears_of_another_caller_page_or_of_his_own_session() {
    let rig = Rig::files();
    let stranger = Caller::new(OwnerId::from_uuid(Uuid::new_v4()));
    let (page, other) = (rig.to.page.clone(), PageName::try_from("photos").unwrap());
    let besides = SessionId::from_uuid(Uuid::now_v7());
    let id = rig.register("a.txt", 3).await;
    let mut deaf = [
        rig.engine.watch(&stranger, About::Page { page: page.clone(), besides }),
        rig.engine.watch(&stranger, About::Entry(id)),
        rig.engine.watch(&rig.caller, About::Page { page: other, besides }),
        rig.engine.watch(&rig.caller, About::Page { page, besides: rig.to.session }),
        rig.engine.watch(&rig.caller, About::Entry(EntryId::from_uuid(Uuid::now_v7()))),
    ];
    let mut one = rig.engine.watch(&rig.caller, About::Entry(id));
    rig.register("b.txt", 3).await;
    rig.engine.cancel(id, &rig.caller).await.unwrap();
    assert_eq!(ends(&heard(&mut one)), ["cancelled"]);
    for watch in &mut deaf {
        assert!(heard(watch).is_empty(), "{watch:?}");
    }
}

#[tokio::test]
async fn who_takes_an_entry_up_is_news_to_all_others() {
    let rig = Rig::files();
    let id = rig.register("a.txt", 3).await;
    let mut watch = rig.watch();
    let to = Registration { session: SessionId::from_uuid(Uuid::now_v7()), ..rig.to.clone() };
    let about = About::Page { page: to.page.clone(), besides: to.session };
    let mut taker = rig.engine.watch(&rig.caller, about);
    let reference = EntryRef::try_from("mine").unwrap();
    rig.engine.adopt(&to, id, reference.clone()).await.unwrap();
    assert_eq!(heard(&mut watch), [News { id, end: None }]);
    assert!(heard(&mut taker).is_empty());
    assert_eq!(rig.engine.elsewhere(&rig.caller, &to.page, to.session), []);
    // From the catalogue, too.
    rig.engine.registry().forget(to.session, id);
    rig.engine.adopt(&to, id, reference).await.unwrap();
    assert_eq!(heard(&mut watch), [News { id, end: None }]);
    assert_eq!(rig.engine.elsewhere(&rig.caller, &to.page, rig.to.session).len(), 1);
}

#[tokio::test]
async fn a_watcher_that_never_asks_holds_a_bounded_number_of_changes_the_newest_ones() {
    let rig = Rig::new(Declaration::new().max_entries(10_000));
    let mut watch = rig.watch();
    let mut one = None;
    let mut last = None;
    for at in 0..1_000 {
        let id = rig.register("a.txt", 3).await;
        last = Some(id);
        if at == 0 {
            one = Some((id, rig.engine.watch(&rig.caller, About::Entry(id))));
        }
    }
    let (first, mut one) = one.unwrap();
    rig.engine.cancel(first, &rig.caller).await.unwrap();
    let news = heard(&mut watch);
    assert_eq!(news.len(), 256);
    assert_eq!(news.last().map(|news| news.id), last);
    // Who watches one entry misses nothing of it.
    assert_eq!(ends(&heard(&mut one)), ["cancelled"]);
}

#[tokio::test]
async fn a_watch_that_is_dropped_is_forgotten() {
    let rig = Rig::files();
    let watches: Vec<Watch> = (0..5).map(|_| rig.watch()).collect();
    assert_eq!(rig.engine.watching(), 5);
    drop(watches);
    assert_eq!(rig.engine.watching(), 0);
    rig.register("a.txt", 3).await;
}

#[tokio::test]
async fn a_closing_engine_sends_away_who_waits_when_they_have_heard_all() {
    let rig = Rig::files();
    let (mut waiting, mut late) = (rig.watch(), rig.watch());
    let waiting = tokio::spawn(async move { waiting.next().await });
    tokio::task::yield_now().await;
    rig.engine.close();
    assert_eq!(waiting.await.unwrap(), None);
    late = {
        drop(late);
        rig.watch()
    };
    assert_eq!(late.next().await, None);
}

#[tokio::test]
async fn what_comes_by_other_ways_is_listed_until_it_has_ended() {
    let rig = Rig::files();
    let mine = SessionId::from_uuid(Uuid::now_v7());
    let listed = |besides: SessionId| {
        let entries = rig.engine.elsewhere(&rig.caller, &rig.to.page, besides);
        entries.iter().map(|entry| entry.name.to_string()).collect::<Vec<_>>()
    };
    let a = rig.register("a.txt", 3).await;
    let b = rig.upload("b.txt", b"abc").await.unwrap().id;
    assert_eq!(listed(mine), ["a.txt", "b.txt"]);
    assert!(listed(rig.to.session).is_empty(), "nobody is elsewhere to himself");
    let stranger = Caller::new(OwnerId::from_uuid(Uuid::new_v4()));
    assert_eq!(rig.engine.elsewhere(&stranger, &rig.to.page, mine), []);
    rig.engine.consume(b, &rig.caller, Keep::Yes).await.unwrap();
    rig.engine.cancel(a, &rig.caller).await.unwrap();
    assert!(listed(mine).is_empty());
}

#[tokio::test]
async fn a_piece_whose_bytes_are_all_here_is_not_listed() {
    let rig = Rig::files();
    let reference = EntryRef::try_from("p").unwrap();
    let piece = Offered {
        id: None,
        kind: crate::domain::EntryKind::Piece,
        ..Offered::from((reference, facts("piece", 3)))
    };
    let id = rig.engine.register(&rig.to, vec![piece]).await.unwrap().remove(0).unwrap().id;
    let mine = SessionId::from_uuid(Uuid::now_v7());
    assert_eq!(rig.engine.elsewhere(&rig.caller, &rig.to.page, mine).len(), 1);
    let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
    lease.write(chunk(0, b"abc")).await.unwrap();
    lease.release().await.unwrap();
    assert_eq!(rig.engine.elsewhere(&rig.caller, &rig.to.page, mine), []);
}
