//! Names, types, lists and ids of anybody. Each property is an invariant that the type promises in its own file.

use proptest::prelude::*;

use super::*;
use crate::fuzz::{cases, text_like};

/// The table NAM of the attacks, and names that people have.
const NAMES: &[&str] = &[
    "../../../../tmp/pwn",
    "/etc/cron.d/x",
    "//host/x",
    "file:///x",
    "..",
    "./../.",
    "..\\",
    "   ",
    "..\\..\\windows\\win.ini",
    "C:\\x.txt",
    "C:x",
    "\\\\srv\\share\\x",
    "\\\\?\\C:\\x",
    "a%2f..%2fb",
    "..%252fx",
    "a.png\0.php",
    "a\r\nb\t\u{1b}\u{7}\u{85}.txt",
    "invoice\u{202e}fdp.exe",
    "CON",
    "nul.txt",
    "LPT9.tar.gz",
    "aux ",
    "COM\u{b9}.x",
    "shell.php.",
    ".htaccess",
    ".ssh/authorized_keys",
    "shell.php.jpg",
    "a.jpg.pHp5",
    "<img src=x onerror=alert(1)>.png",
    "\"><svg onload=x>",
    "{{7*7}}",
    "${jndi:x}",
    "=cmd|'/c calc'!A1.csv",
    "-rf",
    "$(id)",
    "a; filename=\"x.html",
    "e\u{301}\u{200d}\u{1f468}.jpg",
    "\u{ff0e}\u{ff0e}\u{ff0f}x",
    "holiday photo 1.jpeg",
    "archive.tar.gz",
    "\u{feff}x",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.txt",
];
const PATHS: &[&str] = &[
    "holiday/day 1/a.jpg",
    "a/../../b.txt",
    "a//b",
    "d/d/d/d/d/d/d/d/d/d/x",
    "a\\b",
    "C:/x",
    "/etc/passwd",
    "aux/nul.txt",
    "./a",
];
const LISTS: &[&str] = &[
    ".jpg,.png",
    "image/*, .PDF",
    "*/*",
    ".tar.gz",
    "text/plain; charset=utf-8,image/svg+xml",
    "image/",
    ".",
    ". jpg",
];
const TYPES: &[&str] = &[
    "image/png",
    " IMAGE/PNG ; q=1",
    "text/html;\"><script>",
    "application/vnd.oasis.opendocument.text",
    "a/b/c",
    "text/pl\r\nX: y",
];
const IDS: &[&str] = &[
    "0193e0a0-5b7c-7c3a-8f00-0123456789ab",
    "0193E0A0-5B7C-7C3A-8F00-0123456789AB",
    "{0193e0a0-5b7c-7c3a-8f00-0123456789ab}",
    "..%2fa0-5b7c-7c3a-8f00-0123456789abcdef",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "photos",
    "c1",
];

proptest! {
    #![proptest_config(cases(1_500))]

    #[test]
    fn a_name_is_safe_and_stays_what_it_is(raw in text_like(NAMES)) {
        let Ok(name) = FileName::sanitise(&raw) else { return Ok(()) };
        let text = name.as_str();
        prop_assert!((1..=255).contains(&text.len()));
        prop_assert!(!text.contains(['/', '\\', ':', '\0', '"', '<', '>', '|', '?', '*']), "{:?}", text);
        let hidden = |c: char| c.is_control() || c == '\u{202e}';
        prop_assert!(!text.contains(hidden));
        prop_assert!(!text.starts_with('.') && !text.ends_with(['.', ' ']), "{:?}", text);
        prop_assert_eq!(&FileName::sanitise(text).unwrap(), &name);
        let extension = text.rsplit_once('.').map(|(_, end)| end.to_lowercase());
        prop_assert_eq!(name.extension(), extension.as_deref());
        // A page, a header and a log line can carry it as it is.
        prop_assert_eq!(text.lines().count(), 1);
    }

    #[test]
    fn a_path_stays_inside_and_what_it_is(raw in text_like(PATHS)) {
        let Ok(path) = RelativePath::sanitise(&raw) else { return Ok(()) };
        let text = path.as_str();
        prop_assert!((1..=1_024).contains(&text.len()));
        let components: Vec<_> = text.split('/').collect();
        prop_assert!(components.len() <= 32);
        for component in components {
            let name = FileName::sanitise(component).unwrap();
            prop_assert_eq!(name.as_str(), component);
        }
        prop_assert_eq!(&RelativePath::sanitise(text).unwrap(), &path);
    }

    #[test]
    fn an_accept_list_is_read_as_it_is_written_again(list in text_like(LISTS), name in text_like(NAMES), kind in text_like(TYPES)) {
        let Ok(accept) = list.parse::<Accept>() else { return Ok(()) };
        let written = accept.to_string();
        prop_assert_eq!(&written.parse::<Accept>().unwrap(), &accept, "{}", written);
        // What was said of its patterns can't break out of an attribute.
        prop_assert!(!written.contains(['"', '<', '>', '\n']), "{}", written);
        prop_assert!(!accept.describe().is_empty());
        if let Ok(name) = FileName::sanitise(&name) {
            let by = accept.matches(&name, &kind);
            prop_assert_eq!(accept.is_any(), by == Some(By::Anything));
            prop_assert!(by != Some(By::Type) || accept.allows_type(&kind));
        }
    }

    #[test]
    fn a_type_is_two_tokens(text in text_like(TYPES)) {
        let Some(kind) = MediaType::parse(&text) else { return Ok(()) };
        prop_assert_eq!(&MediaType::parse(kind.as_str()).unwrap(), &kind);
        prop_assert_eq!(kind.as_str().matches('/').count(), 1);
        prop_assert!(kind.as_str().bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>();,".contains(&byte)));
    }

    #[test]
    fn an_id_and_a_short_name_have_one_spelling(text in text_like(IDS)) {
        if let Ok(id) = text.parse::<EntryId>() {
            prop_assert_eq!(id.to_string(), &text[..]);
        }
        if let Ok(name) = text.parse::<SlotName>() {
            prop_assert_eq!(name.as_str(), &text);
            prop_assert!(text.len() <= 64 && !text.contains(['/', '.', '%']));
        }
        if let Ok(reference) = text.parse::<EntryRef>() {
            prop_assert_eq!(reference.as_str(), &text);
        }
        if let Ok(digest) = text.parse::<Digest>() {
            let written = digest.to_string();
            prop_assert_eq!(written.to_lowercase(), text.to_lowercase());
            prop_assert_eq!(written.parse(), Ok(digest));
        }
        if let Ok(digest) = text.parse::<Sha256Digest>() {
            prop_assert_eq!(digest.to_string(), text.to_lowercase());
        }
        // An error is no echo.
        if let Err(error) = text.parse::<PageName>() {
            prop_assert!(error.to_string().len() < 1_000);
        }
    }

    #[test]
    fn times_and_sizes_never_wrap(at in any::<i64>(), millis in any::<u64>(), offset in any::<u64>(), length in 0..100_usize) {
        let (at, time) = (Timestamp::from_millis(at), std::time::Duration::from_millis(millis));
        if let Some(later) = at.checked_add(time) {
            prop_assert_eq!(later.since(at), time);
        }
        if let Some(earlier) = at.checked_sub(time) {
            prop_assert_eq!(at.since(earlier), time);
        }
        let chunk = Chunk::new(offset, vec![0; length]);
        prop_assert_eq!(chunk.end().map(u128::from), Some(u128::from(offset) + length as u128).filter(|end| *end <= u128::from(u64::MAX)));
        prop_assert!(HumanSize(offset).to_string().len() < 12);
    }
}
