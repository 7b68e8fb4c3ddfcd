//! Cookies that somebody has baked at home.

use actix_web::http::header::{COOKIE as HEADER, HeaderValue};
use actix_web::test::TestRequest;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::fuzz::{cases, text_like};

const COOKIES: &[&str] = &[
    "longshore=019aa5e2-9b02-7a11-8c55-7e0b6c3d4f10",
    "a=b; longshore=%2b019aa5e2-9b02-7a11-8c55-7e0b6c3d4f10; longshore=",
    "longshore=\"quoted\"; $Path=/",
    "longshore=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=019aa5e2-9b02-7a11-8c55-7e0b6c3d4f10",
];

/// Whom the cookies of a request make known, if that can be sent at all.
fn known(cookies: &str, key: &Key) -> Option<OwnerId> {
    let value = HeaderValue::from_bytes(cookies.as_bytes()).ok()?;
    signed(&TestRequest::get().insert_header((HEADER, value)).to_http_request(), key)
}

proptest! {
    #![proptest_config(cases(1_500))]

    /// Whatever is done to a cookie, it makes its own owner known or nobody.
    #[test]
    fn a_cookie_is_of_the_owner_that_we_signed_or_of_nobody(
        made_up in text_like(COOKIES),
        owner in any::<u128>(),
        cut in 0..90_usize,
        put in text_like(COOKIES),
    ) {
        let key = Key::from(&[7; 64]);
        let owner = OwnerId::from_uuid(Uuid::from_u128(owner));
        let mut jar = CookieJar::new();
        jar.signed_mut(&key).add(Cookie::new(COOKIE, owner.to_string()));
        let ours = jar.get(COOKIE).unwrap().encoded().to_string();
        prop_assert_eq!(known(&ours, &key), Some(owner));
        prop_assert_eq!(known(&ours, &Key::from(&[8; 64])), None);
        prop_assert_eq!(known(&made_up, &key), None);
        let cut = cut.min(ours.len());
        let cut = (0..=cut).rev().find(|at| ours.is_char_boundary(*at)).unwrap_or(0);
        let spliced = format!("{}{put}{}", &ours[..cut], &ours[cut..]);
        for cookies in [ours[..cut].to_owned(), spliced, format!("{made_up}; {ours}"), format!("{ours}; {put}")] {
            let found = known(&cookies, &key);
            prop_assert!(found.is_none_or(|found| found == owner), "{} is {:?}", cookies, found);
        }
    }
}
