//! Rates: who goes too fast is told when to come again, and nobody else is.

use longshore::Rates;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, Visitor};

async fn asks_from(visitor: &Visitor, address: &str) -> Answer {
    visitor.get_with("api/files", &[("x-forwarded-for", address)]).await
}

#[actix_web::test]
async fn res_03_who_asks_too_often_is_told_when_to_come_again_and_a_neighbour_is_not() {
    let rates = Rates { requests: Some(1), ..Rates::default() };
    let app =
        TestApp::with(|builder| builder.rates_per_address(rates).trusted_proxy("127.0.0.1")).await;
    let visitor = app.visitor();
    let mut refused = 0;
    for _ in 0..60 {
        // What a client makes up in front of its proxy's word doesn't make it somebody else.
        let answer = asks_from(&visitor, &format!("198.51.100.{refused}, 203.0.113.9")).await;
        if answer.status != 200 {
            answer.is_problem(429, "rate_limited");
            let seconds: u64 = answer.header("retry-after").expect("a time").parse().unwrap();
            assert!((1..=10).contains(&seconds), "{seconds} s");
            assert_eq!(answer.json()["params"]["retry_after"], seconds);
            refused += 1;
        }
    }
    assert!(refused > 0, "sixty requests came through where ten may come at once");
    assert_eq!(asks_from(&visitor, "203.0.113.10").await.status, 200);
    app.end().await;
}

#[actix_web::test]
async fn res_05_strangers_of_one_address_have_a_rate_and_those_who_are_known_have_not() {
    let rates = Rates { new_callers: Some(1), ..Rates::default() };
    let app = TestApp::with(|builder| builder.rates_per_address(rates)).await;
    let known = app.visitor();
    known.get("inbox").await;
    let mut taken = 0;
    for _ in 0..60 {
        let stranger = app.visitor();
        let answer = stranger.post("inbox", crate::support::Form::new().text("_event", "nothing"));
        let answer = answer.await;
        if answer.status == 429 {
            answer.is_problem(429, "rate_limited");
        } else {
            taken += 1;
        }
    }
    assert!(taken < 60, "sixty strangers came through where ten may come at once");
    known.store("inbox", "any", crate::support::Upload::text("a.txt", "a")).await;
    app.end().await;
}

/// Whoever offers a message full of files, leaves, and comes back as somebody else, gets no further than all strangers of
/// the address together may. Who is known pays for nothing of it.
#[actix_web::test]
async fn res_05_files_that_live_pages_offer_have_a_rate_and_strangers_a_tenth_of_it() {
    let rates = Rates { files: Some(1), ..Rates::default() };
    let app = TestApp::with(|builder| builder.rates_per_address(rates)).await;
    let known = app.visitor();
    known.get("inbox").await;
    let offers: Vec<Value> =
        (0..900).map(|n| json!({ "ref": format!("c{n}"), "name": "a.txt", "size": 9 })).collect();
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..5 {
        let mut live = app.visitor().live("inbox").await;
        live.say(&json!({ "type": "register", "slot": "any", "entries": &offers })).await;
        let answer = live.hear("registered").await;
        taken += answer["entries"].as_array().map_or(0, Vec::len);
        for error in answer["errors"].as_array().unwrap() {
            if error["code"] == "rate_limited" {
                assert!(error["params"]["retry_after"].as_u64().is_some_and(|wait| wait > 0));
                refused += 1;
            }
        }
        live.disconnect();
    }
    assert_eq!(
        (taken, refused),
        (20, 4 * 900),
        "the first message comes in, as far as its slot goes"
    );
    let mut live = known.live("inbox").await;
    let stored = live.upload("any", crate::support::Upload::text("a.txt", "a")).await;
    assert!(stored.is_complete());
    live.disconnect();
    app.end().await;
}

/// What a page may drop at once is not held up by a rate, and neither are those who come after it.
#[actix_web::test]
async fn res_05_a_page_with_a_thousand_files_is_not_held_up_by_the_usual_rates() {
    let app = TestApp::start().await;
    let mut live = app.visitor().live("inbox").await;
    let offers: Vec<Value> =
        (0..900).map(|n| json!({ "ref": format!("c{n}"), "name": "a.txt", "size": 9 })).collect();
    live.say(&json!({ "type": "register", "slot": "any", "entries": offers })).await;
    let answer = live.hear("registered").await;
    let refused = answer["errors"].as_array().unwrap();
    assert_eq!(refused.len(), 880);
    assert!(refused.iter().all(|error| error["code"] == "too_many_files"), "{}", refused[0]);
    live.disconnect();
    app.end().await;
}
