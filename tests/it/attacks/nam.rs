//! NAM: names and paths.

use super::oracle::Target;
use crate::support::doors::{doors_of_few_words, every_door, sent};

/// `/tmp/pwn` is four folders up from wherever we might write.
#[actix_web::test]
async fn nam_01_a_path_climbs_nowhere() {
    for door in every_door().into_iter().chain(doors_of_few_words()) {
        let target = Target::start().await;
        let visitor = target.visitor();
        for climbs in ["../../../../tmp/pwn", "../../pwn", "..\\..\\pwn", "a/../../../pwn"] {
            let outcomes = door.send(&visitor, "inbox", "any", &[sent(climbs, "x")]).await;
            assert_eq!(outcomes[0].word(), "stored", "{}: {climbs}", door.name());
            assert_eq!(visitor.listed().await[0]["name"], "pwn", "{}: {climbs}", door.name());
        }
        target.end().await;
    }
}
