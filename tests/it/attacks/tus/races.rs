//! Two that write one upload.

use futures_util::future::join;
use longshore::testing::raw::RawConnection;
use longshore::testing::samples::text;

use super::super::oracle::Target;
use crate::support::doors::{Hands, Kind};
use crate::support::tus::{BYTES, Tus, is_on_the_disk};

/// How often two meet at each of the three doors.
const ROUNDS: u8 = 120;

/// Of two that write at one offset one wins at most, and no byte of the other is among his.
#[actix_web::test]
async fn tus_07_of_two_writers_at_one_offset_one_wins() {
    for kind in [Kind::Tus, Kind::Draft, Kind::Pond] {
        let target = Target::start().await;
        let mut wins = 0;
        for round in 0..ROUNDS {
            let visitor = target.visitor();
            visitor.get("inbox").await;
            let size = [60, 9_000, 40_000][usize::from(round) % 3];
            let mut hands = Hands::begin(kind, &visitor, "any", "a.txt", size + 10).await.unwrap();
            let bytes = |byte: u8| vec![byte; usize::try_from(size).unwrap()];
            let (a, b) = (bytes(b'a'), bytes(b'b'));
            let (one, two) = join(hands.request(0, &a), hands.request(0, &b)).await;
            // FilePond's chunk that is there already is no conflict, whatever is in it: it counts once.
            let won = usize::from(one.is_ok()) + usize::from(two.is_ok());
            assert!(kind == Kind::Pond || won <= 1, "{kind:?}: {one:?} {two:?}");
            wins += usize::from(won > 0);
            let at = hands.offset().await.unwrap();
            assert!(won == 0 || at == size, "{kind:?}: {at} of {size}");
            let rest = vec![b'c'; usize::try_from(size + 10 - at).unwrap()];
            hands.put(at, &rest).await.unwrap();
            let listed = visitor.listed().await;
            let stored = visitor.get(listed[0]["url"].as_str().unwrap()).await.body;
            let first = &stored[..usize::try_from(at).unwrap()];
            assert!(first.windows(2).all(|two| two[0] == two[1]), "{kind:?}: two are mixed");
            if kind != Kind::Pond && won == 1 {
                assert_eq!(first[0], if one.is_ok() { b'a' } else { b'b' }, "{kind:?}");
            }
        }
        assert!(wins > 0, "{kind:?}: nobody ever won");
        target.end().await;
    }
}

#[actix_web::test]
async fn tus_08_who_was_overtaken_writes_no_byte_more() {
    let target = Target::start().await;
    let tus = Tus::of(&target).await;
    let whole = text(900_000);
    let url = tus.create("any", 900_000).await;
    let headers = [BYTES, ("upload-offset", "0"), ("content-length", "900000")];
    let mut stalled: RawConnection = tus.raw(&target, "PATCH", &url, &headers).await;
    stalled.send(&vec![b'?'; 800_000]).await;
    is_on_the_disk(&target, 500_000).await;
    let at = usize::try_from(tus.offset(&url).await).unwrap();
    tus.brings(&url, at as u64, &whole[at..899_999]).await;
    // It wakes up, and sends what it had to say.
    stalled.send_what_goes(&vec![b'?'; 100_000]).await;
    let told = stalled.try_answer().await.map(|answer| answer.status);
    assert!([None, Some(409)].contains(&told), "{told:?}");
    tus.brings(&url, 899_999, &whole[899_999..]).await;
    let expected = [&vec![b'?'; at][..], &whole[at..]].concat();
    assert!(tus.stored().await == expected, "it wrote later");
    target.end().await;
}
