use uuid::Uuid;

use super::*;

const REQUEST: Kind = Kind { opens: false, stranger: false };
const PAGE: Kind = Kind { opens: true, stranger: false };

fn somebody() -> Caller {
    Caller::new(OwnerId::from_uuid(Uuid::new_v4()))
}

fn at(address: &str) -> IpAddr {
    address.parse().unwrap()
}

/// As many of them as come through, of more than a burst.
fn admitted(meters: &Meters, address: &str, caller: &Caller, kind: Kind) -> usize {
    (0..40).filter(|_| meters.admit(at(address), caller, kind).is_ok()).count()
}

#[test]
fn a_burst_comes_through_and_then_a_time_is_said() {
    let address = Rates { requests: Some(1), ..Rates::default() };
    let meters = Meters::new(&Pacing { address, ..Pacing::default() });
    assert_eq!(admitted(&meters, "203.0.113.1", &somebody(), REQUEST), 10);
    let refused = meters.admit(at("203.0.113.1"), &somebody(), REQUEST).unwrap_err();
    assert_eq!(refused.code(), Code::RateLimited);
    assert!(refused.params().contains_key("retry_after"));
    assert_eq!(admitted(&meters, "203.0.113.2", &somebody(), REQUEST), 10, "a neighbour");
}

#[test]
fn a_subscriber_is_one_address_however_many_he_has() {
    let address = Rates { requests: Some(1), ..Rates::default() };
    let meters = Meters::new(&Pacing { address, ..Pacing::default() });
    assert_eq!(admitted(&meters, "2001:db8:1:2::1", &somebody(), REQUEST), 10);
    assert_eq!(admitted(&meters, "2001:db8:1:2:ffff::9", &somebody(), REQUEST), 0);
    assert_eq!(admitted(&meters, "2001:db8:1:3::1", &somebody(), REQUEST), 10);
    assert_eq!(admitted(&meters, "203.0.113.2", &somebody(), REQUEST), 10);
    assert_eq!(admitted(&meters, "::ffff:203.0.113.2", &somebody(), REQUEST), 0);
}

#[test]
fn callers_and_kinds_have_rates_of_their_own() {
    let caller = Rates { sessions: Some(1), new_callers: Some(2), ..Rates::default() };
    let meters = Meters::new(&Pacing { caller, ..Pacing::default() });
    let (anna, bert) = (somebody(), somebody());
    assert_eq!(admitted(&meters, "203.0.113.1", &anna, REQUEST), 40);
    assert_eq!(admitted(&meters, "203.0.113.1", &anna, PAGE), 10);
    assert_eq!(admitted(&meters, "203.0.113.9", &anna, PAGE), 0);
    assert_eq!(admitted(&meters, "203.0.113.1", &bert, PAGE), 10);
    let stranger = Kind { opens: false, stranger: true };
    assert_eq!(admitted(&meters, "203.0.113.1", &bert, stranger), 20);
}

#[test]
fn who_makes_no_difference_any_more_is_forgotten() {
    let counted = Counted::new(1_000_000).unwrap();
    for key in 0..30_000_u32 {
        counted.admit(&key).unwrap();
    }
    assert!(counted.len() < 30_000, "{} keys are remembered", counted.len());
}

#[test]
fn a_body_has_to_bring_a_kibibyte_or_what_its_speed_makes() {
    let least = |min_speed, seconds| {
        let meters = Meters::new(&Pacing { min_speed, ..Pacing::default() });
        meters.least(Duration::from_secs(seconds))
    };
    assert_eq!(least(None, 30), 1_024);
    assert_eq!(least(None, 1), 1_024);
    assert_eq!(least(Some(1_000), 30), 30_000);
    assert_eq!(least(Some(u64::MAX), u64::MAX), usize::MAX);
    assert_eq!(least(Some(1), 0), 1);
}

#[test]
fn a_place_is_free_again_when_its_holder_goes() {
    let holds = Holds { connections: Some(2), sessions: Some(3), caller_sessions: Some(2) };
    let meters = Meters::new(&Pacing { holds, ..Pacing::default() });
    let (anna, bert) = (somebody(), somebody());
    let here = at("203.0.113.1");
    let first = meters.sit_down(here, &anna).unwrap();
    let _second = meters.sit_down(here, &anna).unwrap();
    assert!(meters.sit_down(here, &anna).is_err(), "two for each caller");
    let _third = meters.sit_down(here, &bert).unwrap();
    assert!(meters.sit_down(here, &bert).is_err(), "three for each address");
    drop(first);
    assert!(meters.sit_down(here, &bert).is_ok());
    let nobody = Proxies::default();
    let open: Vec<_> = (0..2).map(|_| meters.connect(here, &nobody).unwrap()).collect();
    assert!(meters.connect(here, &nobody).is_none());
    let ours = Proxies::read(&["203.0.113.1".to_owned()]).unwrap();
    assert!(meters.connect(here, &ours).is_some(), "a proxy brings those of many");
    drop(open);
    assert!(meters.connect(here, &nobody).is_some());
}

#[tokio::test(start_paused = true)]
async fn who_sends_too_fast_waits_until_the_rate_is_kept() {
    let caller = Rates { bytes: Some(1_000), ..Rates::default() };
    let meters = Meters::new(&Pacing { caller, ..Pacing::default() });
    let anna = somebody();
    let tolls = [meters.toll(at("203.0.113.1"), &anna), meters.toll(at("203.0.113.2"), &anna)];
    let begun = tokio::time::Instant::now();
    for _ in 0..10 {
        for toll in &tolls {
            tokio::time::sleep(toll.pay(500)).await;
        }
    }
    // 10,000 bytes, of which those of one second may come at once.
    let seconds = begun.elapsed().as_secs_f64();
    assert!((8.9..9.2).contains(&seconds), "{seconds} s");
    assert_eq!(meters.toll(at("203.0.113.1"), &somebody()).pay(1_000), Duration::ZERO);
}

#[test]
fn who_sends_in_many_requests_pays_for_all_of_them() {
    let caller = Rates { bytes: Some(10_240), ..Rates::default() };
    let meters = Meters::new(&Pacing { caller, ..Pacing::default() });
    let (anna, bert) = (somebody(), somebody());
    let mut wait = Duration::ZERO;
    for _ in 0..50 {
        // Each one is over before the next begins.
        wait = meters.toll(at("203.0.113.1"), &anna).pay(10_240);
    }
    assert!(wait > Duration::from_secs(40), "fifty seconds' worth have to wait for {wait:?}");
    assert_eq!(meters.toll(at("203.0.113.1"), &bert).pay(10_240), Duration::ZERO);
}
