//! Rates: who goes too fast is told when to come again, and nobody else is.

use longshore::Rates;

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
