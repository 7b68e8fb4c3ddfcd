//! What lists mean, and their algebra.

use proptest::prelude::*;

use super::*;

fn accept(text: &str) -> Accept {
    text.parse().unwrap()
}

fn by(list: &str, name: &str, claimed: &str) -> Option<By> {
    accept(list).matches(&FileName::sanitise(name).unwrap(), claimed)
}

#[test]
fn extensions_types_and_wildcards_can_be_mixed() {
    let list = ".pdf, image/*,text/plain";
    assert_eq!(by(list, "a.PDF", ""), Some(By::Extension));
    assert_eq!(by(list, "a.bin", "image/webp"), Some(By::Type));
    assert_eq!(by(list, "a", "TEXT/Plain; charset=utf-8"), Some(By::Type));
    assert_eq!(by(list, "a.doc", "application/msword"), None);
    assert_eq!(by(list, "pdf", ""), None);
    assert_eq!(by(list, "a.xpdf", ""), None);
}

#[test]
fn an_empty_list_and_a_full_wildcard_take_anything() {
    for list in ["", " , ,", "*/*", "*", ".jpg,*/*"] {
        assert!(accept(list).is_any(), "{list:?}");
        assert_eq!(by(list, "a", ""), Some(By::Anything));
        assert!(accept(list).allows_type("application/x-anything"));
    }
}

#[test]
fn an_extension_may_have_two_parts() {
    assert_eq!(by(".tar.gz", "a.TAR.GZ", ""), Some(By::Extension));
    assert_eq!(by(".tar.gz", "a.gz", ""), None);
    assert_eq!(by(".gz", "a.tar.gz", ""), Some(By::Extension));
}

#[test]
fn a_claim_that_is_no_type_matches_nothing() {
    for claimed in ["", "image", "image/", "image/*", "image/png\"><script>", "*/*"] {
        assert_eq!(by("image/*,.x", "a.png", claimed), None, "{claimed}");
    }
}

#[test]
fn a_list_without_types_allows_no_type() {
    assert!(!accept(".jpg").allows_type("image/jpeg"));
    assert!(!accept(".jpg").has_types());
    assert!(accept(".jpg,image/png").has_types());
    assert_eq!(
        accept(".jpg,image/png,.TAR.gz").extensions().collect::<Vec<_>>(),
        ["jpg", "tar.gz"]
    );
}

#[test]
fn mistakes_are_named() {
    for text in [
        "jpg", ".", "..jpg", ".jp g", ".jpg;q=1", "image", "image/", "/png", "ima ge/*", "*/png",
        "image*", ".a/b", ".a.", "a/b/c",
    ] {
        let error = text.parse::<Accept>().unwrap_err();
        assert!(error.to_string().starts_with(&format!("{text:?} is not")), "{error}");
    }
}

#[test]
fn lists_are_said_in_words() {
    for (list, words) in [
        ("", "any file"),
        (".jpg,.jpeg,.png,.webp", "JPG, PNG or WebP"),
        ("image/*", "images"),
        ("image/*,.pdf", "images or PDF"),
        ("image/png,image/jpeg", "PNG or JPG"),
        (".pdf,.doc,.docx,.txt", "PDF, DOC, DOCX or TXT"),
        ("video/*,audio/*,text/plain", "videos, audio or text files"),
        ("application/zip,application/*", "ZIP or application/*"),
        ("application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text"),
    ] {
        assert_eq!(accept(list).describe(), words);
    }
}

fn pattern() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\.[a-zA-Z0-9]{1,5}",
        "\\.[a-z]{1,3}\\.[a-z]{1,3}",
        "(image|Video|text|application)/[a-zA-Z0-9][a-zA-Z0-9.+-]{0,8}",
        "(image|VIDEO|text)/\\*",
        "image/png; q=0\\.8",
    ]
}

fn file() -> impl Strategy<Value = (String, String)> {
    (
        "[a-z]{1,3}(\\.[a-zA-Z0-9]{1,4}){0,2}",
        prop_oneof!["(image|video|text|application)/[a-z0-9]{1,3}", "image/png", "[ -~]{0,12}",],
    )
}

#[test]
fn a_list_within_another_takes_what_both_take_and_the_weaker_reason_counts() {
    let both = |inner: &str, outer: &str| accept(inner).within(&accept(outer));
    let by = |list: &Accept, name: &str, claimed: &str| {
        list.matches(&FileName::sanitise(name).unwrap(), claimed)
    };
    let png = both(".png", "image/*");
    assert_eq!(by(&png, "a.png", "image/png"), Some(By::Type));
    assert_eq!(by(&png, "a.png", "text/plain"), None);
    assert_eq!(by(&png, "a.jpg", "image/jpeg"), None);
    assert_eq!(by(&both(".png", ".png,.jpg"), "a.png", ""), Some(By::Extension));
    assert_eq!(by(&both("image/png", ".png"), "a.png", "image/png"), Some(By::Type));
    assert!(!png.allows_type("image/png"), "the inner list has no types");
    assert!(both("image/png", "image/*").allows_type("image/png"));
    assert!(!both("image/png", "image/jpeg").allows_type("image/png"));
    assert_eq!(both("", ".png"), accept(".png"));
    assert_eq!(both(".png", ""), accept(".png"));
    assert_eq!(both(".png", ".png"), accept(".png"));
    assert_eq!(png.to_string(), ".png");
    let three = png.within(&accept(".png,.gif"));
    assert_eq!(by(&three, "a.png", "image/png"), Some(By::Type));
    let none = both(".png", "image/*").within(&accept(".gif"));
    assert_eq!(by(&none, "a.png", "image/png"), None);
}

proptest! {
    #[test]
    fn reading_undoes_writing(patterns in proptest::collection::vec(pattern(), 0..8)) {
        let list = accept(&patterns.join(","));
        prop_assert_eq!(&accept(&list.to_string()), &list);
        prop_assert_eq!(accept(&list.to_string()).to_string(), list.to_string());
    }

    #[test]
    fn neither_case_nor_order_matters(
        mut patterns in proptest::collection::vec(pattern(), 0..8),
        (name, claimed) in file(),
    ) {
        let expected = by(&patterns.join(","), &name, &claimed);
        let upper = patterns.join(" , ").to_uppercase();
        prop_assert_eq!(by(&upper, &name, &claimed), expected);
        prop_assert_eq!(by(&patterns.join(","), &name.to_uppercase(), &claimed.to_uppercase()), expected);
        patterns.reverse();
        prop_assert_eq!(by(&patterns.join(","), &name, &claimed), expected);
    }

    #[test]
    fn a_longer_list_takes_no_less(
        patterns in proptest::collection::vec(pattern(), 1..8), more in pattern(),
        (name, claimed) in file(),
    ) {
        let list = patterns.join(",");
        if by(&list, &name, &claimed).is_some() {
            let longer = format!("{list},{more}");
            prop_assert!(by(&longer, &name, &claimed).is_some());
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>(), name in "[a-z.]{1,9}x", claimed: String) {
        if let Ok(list) = text.parse::<Accept>() {
            list.matches(&FileName::sanitise(&name).unwrap(), &claimed);
            list.describe();
        }
    }
}
