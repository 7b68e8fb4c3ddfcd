//! Declaring slots and admitting files.

use super::*;
use crate::domain::{MB, TicketId, Timestamp};

fn facts(name: &str) -> ClientFacts {
    ClientFacts { client_name: name.to_owned(), client_size: Some(1), ..ClientFacts::default() }
}

fn typed(name: &str, client_type: &str) -> ClientFacts {
    ClientFacts { client_type: Some(client_type.to_owned()), ..facts(name) }
}

fn admit(options: Declaration, facts: &ClientFacts) -> Result<String, Code> {
    let slot = Slot::declare("files", options).unwrap();
    slot.admit(&Usage::default(), facts)
        .map(|name| name.as_str().to_owned())
        .map_err(|rejection| rejection.code())
}

#[test]
fn the_defaults_are_those_of_the_design() {
    let slot = Slot::declare("avatar", Declaration::new()).unwrap();
    assert_eq!(slot.name().as_str(), "avatar");
    assert!(slot.constraints().accept.is_any());
    assert_eq!(slot.constraints().max_entries, 1);
    assert_eq!(slot.constraints().max_file_size, 10 * MB);
    assert_eq!(slot.constraints().min_file_size, 0);
    assert_eq!(slot.constraints().max_total_size, None);
    assert_eq!(slot.chunk_size(), 65_536);
    assert_eq!(slot.start(), Start::Auto);
    assert_eq!(slot.active_content(), ActiveContent::Refuse);
    assert_eq!(slot.digest(), DigestKind::Sha256);
}

#[test]
fn options_are_kept() {
    let options = Declaration::new()
        .accept(".jpg")
        .max_entries(10)
        .max_file_size(20)
        .min_file_size(5)
        .max_total_size(100)
        .chunk_size(1_024)
        .manual()
        .digest(DigestKind::Blake3)
        .allow_active_content();
    let slot = Slot::declare("photos", options).unwrap();
    let constraints = slot.constraints();
    assert_eq!(constraints.accept.to_string(), ".jpg");
    assert_eq!((constraints.max_entries, constraints.max_file_size), (10, 20));
    assert_eq!((constraints.min_file_size, constraints.max_total_size), (5, Some(100)));
    assert_eq!((slot.chunk_size(), slot.start()), (1_024, Start::Manual));
    assert_eq!(slot.active_content(), ActiveContent::Allow);
    assert_eq!(slot.digest(), DigestKind::Blake3);
}

#[test]
fn a_digest_for_all_slots_is_for_those_that_say_none() {
    let digest = |options: Declaration| {
        let options = options.digest_unless_said(DigestKind::None);
        Slot::declare("photos", options).unwrap().digest()
    };
    assert_eq!(digest(Declaration::new()), DigestKind::None);
    assert_eq!(digest(Declaration::new().digest(DigestKind::Sha256)), DigestKind::Sha256);
}

#[test]
fn a_developer_reads_what_was_given_and_what_is_allowed() {
    let new = Declaration::new;
    for (name, options, message) in [
        (
            "Photos",
            new(),
            "\"Photos\" is not a slot name: a lower-case letter, then up to 63 of a-z, 0-9, _ and -",
        ),
        (
            "photos",
            new().accept(".jpg,png"),
            "slot photos: \"png\" is not an accept pattern: write an extension (.jpg), a type \
             (image/png) or a wildcard (image/*)",
        ),
        ("photos", new().max_entries(0), "slot photos: max_entries is 0, allowed is 1 to 10000"),
        (
            "photos",
            new().max_file_size(5).min_file_size(6),
            "slot photos: min_file_size is 6, allowed is 0 to 5",
        ),
        (
            "photos",
            new().chunk_size(1_023),
            "slot photos: chunk_size is 1023, allowed is 1024 to 1000000",
        ),
    ] {
        assert_eq!(Slot::declare(name, options).unwrap_err().to_string(), message);
    }
    assert!(Slot::declare("a", new().max_entries(10_001)).is_err());
    assert!(Slot::declare("a", new().chunk_size(1_000_001)).is_err());
    assert!(Slot::declare("a", new().max_file_size(0)).is_err());
    assert!(Slot::declare("a", new().max_total_size(0)).is_err());
    assert!(Slot::declare("a", new().max_entries(10_000).chunk_size(1_000_000)).is_ok());
}

#[test]
fn an_admitted_file_gets_its_safe_name() {
    assert_eq!(admit(Declaration::new(), &facts("../../a.jpg")), Ok("a.jpg".to_owned()));
}

#[test]
fn the_name_is_judged_first() {
    let options = || Declaration::new().accept(".jpg");
    assert_eq!(admit(options(), &facts("")), Err(Code::EmptyName));
    assert_eq!(admit(options(), &facts("..")), Err(Code::InvalidName));
    assert_eq!(admit(options(), &facts("a.exe")), Err(Code::NotAccepted));
}

#[test]
fn the_last_extension_decides() {
    let options = || Declaration::new().accept(".jpg");
    assert_eq!(admit(options(), &facts("shell.php.jpg")), Ok("shell_php.jpg".to_owned()));
    assert_eq!(admit(options(), &facts("A.JPG")), Ok("A.JPG".to_owned()));
    for name in ["a.jpg.php", "a.jpg%00.php", "invoice\u{202e}gpj.exe", "jpg", ".jpg"] {
        assert_eq!(admit(options(), &facts(name)), Err(Code::NotAccepted), "{name}");
    }
}

#[test]
fn active_content_is_refused_by_name_and_by_type_even_under_a_wildcard() {
    for facts in [
        typed("a.svg", "image/svg+xml"),
        typed("a.svgz", "image/svg+xml"),
        typed("a.html", "image/png"),
        typed("a.png", "image/svg+xml; charset=utf-8"),
        typed("a.js", "image/png"),
    ] {
        let options = || Declaration::new().accept("image/*");
        assert_eq!(admit(options(), &facts), Err(Code::ActiveContent), "{facts:?}");
        assert!(admit(options().allow_active_content(), &facts).is_ok(), "{facts:?}");
    }
    assert_eq!(admit(Declaration::new(), &facts("page.HTM.")), Err(Code::ActiveContent));
    assert_eq!(admit(Declaration::new().accept(".svg"), &facts("a.svg")), Err(Code::ActiveContent));
    assert!(admit(Declaration::new(), &facts("data.xml")).is_ok());
}

#[test]
fn what_can_not_be_mended_by_a_smaller_file_is_said_first() {
    let options = || Declaration::new().max_file_size(1);
    let large = |name: &str| ClientFacts { client_size: Some(2), ..facts(name) };
    assert_eq!(admit(options(), &large("a.svg")), Err(Code::ActiveContent));
    assert_eq!(admit(options(), &large("a.png")), Err(Code::TooLarge));
}

#[test]
fn a_ticket_narrows_a_slot_and_widens_nothing() {
    let declared = Declaration::new().accept(".png,.jpg").max_file_size(1_000).max_entries(3);
    let slot = Slot::declare("files", declared).unwrap();
    let grant = |accept: &str, max_file_size, count| Grant {
        ticket: TicketId::from_uuid(uuid::Uuid::nil()),
        page: "inbox".parse().unwrap(),
        slot: "files".parse().unwrap(),
        expires_at: Timestamp::from_millis(1),
        max_file_size,
        accept: accept.parse().unwrap(),
        count,
    };
    let narrowed = slot.clone().narrowed(&grant(".png,.gif", Some(10), Some(2)));
    let constraints = narrowed.constraints();
    assert_eq!((constraints.max_file_size, constraints.max_entries), (10, 3));
    let admitted = |slot: &Slot, name: &str| slot.admit(&Usage::default(), &facts(name)).is_ok();
    assert_eq!(
        ["a.png", "a.gif", "a.jpg"].map(|name| admitted(&narrowed, name)),
        [true, false, false]
    );
    assert_eq!(slot.clone().narrowed(&grant("", None, None)), slot);
    assert_eq!(slot.clone().narrowed(&grant("", Some(2_000), Some(9))), slot);
}
