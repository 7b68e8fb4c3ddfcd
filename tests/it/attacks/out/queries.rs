//! OUT-06, OUT-07: texts that a database or a listing might take for more than texts.

use serde_json::Value;

use super::super::oracle::Target;
use crate::support::doors::{every_door, sent};
use crate::support::{Upload, Visitor};

const SQL: [&str; 6] = [
    "' OR '1'='1",
    "'; DROP TABLE entries; --",
    "a\"); DELETE FROM outbox; --",
    "%' UNION SELECT * FROM entries --",
    "$1 ?1 :id @id {{id}}",
    "_%\\_[a-z]*",
];

#[actix_web::test]
async fn out_06_sql_in_a_name_is_a_name_by_every_door() {
    let target = Target::start().await;
    for door in every_door() {
        let visitor = target.visitor();
        for (count, text) in SQL.iter().enumerate() {
            let outcome =
                door.send(&visitor, "inbox", "any", &[sent(&format!("{text}.txt"), b"x")]).await;
            assert_eq!(outcome[0].word(), "stored", "{}: {text}", door.name());
            assert_eq!(visitor.listed().await.len(), count + 1, "{}: {text}", door.name());
        }
    }
    target.end().await;
}

#[actix_web::test]
async fn out_06_sql_and_wildcards_in_a_query_are_no_query() {
    let target = Target::start().await;
    let (visitor, other) = (target.visitor(), target.visitor());
    visitor.store("inbox", "any", Upload::bytes("mine.txt", b"x")).await;
    other.store("inbox", "any", Upload::bytes("theirs.txt", b"x")).await;
    for text in SQL.into_iter().chain(["%", "_", "inbo_", "in%", "\0", "inbox\0", "INBOX"]) {
        let text: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
        for field in ["page", "slot", "cursor"] {
            let answer = visitor.get(&format!("api/files?{field}={text}")).await;
            match answer.status {
                200 => assert_eq!(answer.json()["files"], Value::Array(vec![]), "{field}={text}"),
                _ => answer.is_problem(400, "invalid_message"),
            }
        }
        for path in [
            format!("api/files/{text}"),
            format!("api/entries/{text}"),
            format!("_upload/{text}/x"),
        ] {
            assert_eq!(visitor.get(&path).await.status, 404, "{path}");
        }
    }
    assert_eq!(visitor.listed().await.len(), 1, "and everything is still there");
    assert_eq!(other.listed().await.len(), 1);
    target.end().await;
}

async fn listing(visitor: &Visitor, query: &str) -> Result<usize, String> {
    let answer = visitor.get(&format!("api/files?{query}")).await;
    if answer.status == 200 {
        return Ok(answer.json()["files"].as_array().unwrap().len());
    }
    answer.is_problem(400, "invalid_message");
    Err(answer.text())
}

#[actix_web::test]
async fn out_07_what_a_listing_is_asked_is_allowed_or_refused_by_its_name() {
    let target = Target::start().await;
    let visitor = target.visitor();
    for number in 0..3 {
        visitor.store("inbox", "any", Upload::bytes(format!("{number}.txt"), b"x")).await;
    }
    for limit in [
        "0",
        "-1",
        "1001",
        "1000000000",
        "99999999999999999999",
        "1e3",
        "0x10",
        "1;drop",
        "",
        "+1",
        "NaN",
    ] {
        let refused = listing(&visitor, &format!("limit={limit}")).await.expect_err(limit);
        assert!(refused.contains("limit"), "{limit}: {refused}");
    }
    let page = visitor.get("api/files?limit=1").await.json();
    let cursor = page["next"].as_str().unwrap().to_owned();
    let bitten = &cursor[..cursor.len() - 1];
    let upper = cursor.to_uppercase();
    for bad in ["x", "-1", "", "%00", bitten, &*upper, "1 OR 1=1", "../../etc/passwd"] {
        let refused = listing(&visitor, &format!("cursor={}", bad.replace(' ', "+"))).await;
        assert!(refused.as_ref().is_err_and(|why| why.contains("cursor")), "{bad}: {refused:?}");
    }
    assert_eq!(listing(&visitor, &format!("cursor={cursor}")).await, Ok(2));
    // A cursor is a place in one's own list, whoever's id it is.
    let stranger = target.visitor();
    stranger.store("inbox", "any", Upload::bytes("theirs.txt", b"x")).await;
    assert_eq!(listing(&stranger, &format!("cursor={cursor}")).await, Ok(0));
    // What we don't know is not done, and twice is not once.
    for unknown in [
        "sort=1;drop",
        "sort=name",
        "order_by=id",
        "filter=owner",
        "owner=00000000-0000-0000-0000-000000000000",
        "page[]=inbox",
    ] {
        let known = listing(&visitor, unknown).await;
        assert!(known.is_err() || known == Ok(3), "{unknown}: {known:?}");
        assert!(
            listing(&stranger, unknown).await.is_ok_and(|count| count == 1) || known.is_err(),
            "{unknown}"
        );
    }
    assert!(listing(&visitor, "limit=1&limit=2").await.is_err());
    target.end().await;
}
