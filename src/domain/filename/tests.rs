//! The hostile names of ATTACKS.md (NAM, TYP-02) and the algebra of sanitising.

use proptest::prelude::*;

use super::*;

fn name(raw: &str) -> String {
    FileName::sanitise(raw).unwrap().as_str().to_owned()
}

fn refused(raw: &str) -> Code {
    FileName::sanitise(raw).unwrap_err().code()
}

#[test]
fn ordinary_names_stay_as_they_are() {
    for raw in [
        "photo.jpg",
        "Ferien auf Rügen (2).jpeg",
        "レポート.pdf",
        "отчёт.docx",
        "a",
        "README",
        "archive.tar.gz",
        "50% off & more; it's 'fine'.txt",
        "-rf",
        "--help",
        "`id`.png",
        "$(id)",
        ";id",
        "{{7+7}}",
        "${jndi_ldap}.log",
        "=cmd'!A1.csv",
        "👨\u{200d}👩\u{200d}👧.png",
        "نامه\u{200c}ها.pdf",
    ] {
        assert_eq!(name(raw), raw);
    }
}

#[test]
fn only_the_last_component_of_a_path_counts() {
    for (raw, expected) in [
        ("../../../../tmp/pwn", "pwn"),
        ("/etc/cron.d/x", "x"),
        ("//host/x", "x"),
        ("file:///x", "x"),
        (r"..\..\windows\win.ini", "win.ini"),
        (r"C:\x.txt", "x.txt"),
        ("C:x", "x"),
        (r"\\srv\share\x", "x"),
        (r"\\?\C:\x", "x"),
        (r"C:\fakepath\photo.jpg", "photo.jpg"),
        (".ssh/authorized_keys", "authorized_keys"),
        ("javascript:alert(1)//.png", "png"),
    ] {
        assert_eq!(name(raw), expected, "{raw}");
    }
}

#[test]
fn names_that_are_only_dots_or_nothing_are_refused() {
    for raw in ["..", ".", "./../.", "/..", "...", ". .", " .. "] {
        assert_eq!(refused(raw), Code::InvalidName, "{raw:?}");
    }
    for raw in ["", " ", "\t\r\n", "a/", r"..\", "C:", "\u{200b}", "\u{202e}\u{a0}"] {
        assert_eq!(refused(raw), Code::EmptyName, "{raw:?}");
    }
}

#[test]
fn percent_signs_are_not_decoded_a_second_time() {
    for raw in ["a%2f..%2fb", "%2e%2e%2fx", "..%252fx"] {
        assert_eq!(name(raw), raw.trim_start_matches('.'));
    }
}

#[test]
fn nul_is_refused_wherever_it_stands() {
    for raw in ["a.png\0.php", "\0", "dir\0/a.png"] {
        assert_eq!(refused(raw), Code::InvalidName, "{raw:?}");
    }
}

#[test]
fn controls_and_invisible_characters_go() {
    for (raw, expected) in [
        ("a\r\nSet-Cookie: x=y.txt", "aSet-Cookie_ x=y.txt"),
        ("a\tb\u{1b}[31m\u{7}.txt", "ab[31m.txt"),
        ("a\u{85}\u{9b}b.txt", "ab.txt"),
        ("so\u{ad}ft.txt", "soft.txt"),
        ("\u{feff}bom.txt", "bom.txt"),
        ("line\u{2028}para\u{2029}.txt", "linepara.txt"),
        ("ex\u{200d}e.ex\u{200c}e", "exe.exe"),
        ("tag\u{e0041}.txt", "tag.txt"),
    ] {
        assert_eq!(name(raw), expected, "{raw:?}");
    }
}

#[test]
fn a_right_to_left_mark_hides_no_extension() {
    let file = FileName::sanitise("invoice\u{202e}fdp.exe").unwrap();
    assert_eq!((file.as_str(), file.extension()), ("invoicefdp.exe", Some("exe")));
}

#[test]
fn device_names_of_windows_get_an_underscore() {
    for (raw, expected) in [
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("COM1", "_COM1"),
        ("LPT9.tar.gz", "_LPT9.tar.gz"),
        ("aux ", "_aux"),
        ("con .txt", "_con .txt"),
        ("com¹.txt", "_com¹.txt"),
        ("CONIN$", "_CONIN$"),
        ("COM10", "COM10"),
        ("console.log", "console.log"),
        ("_CON", "_CON"),
    ] {
        assert_eq!(name(raw), expected, "{raw}");
    }
}

#[test]
fn dots_and_spaces_at_the_ends_go_before_the_extension_is_judged() {
    for (raw, expected, extension) in [
        ("shell.php.", "shell.php", Some("php")),
        ("a.png ", "a.png", Some("png")),
        ("a.png\u{a0}. .", "a.png", Some("png")),
        (".htaccess", "htaccess", None),
        ("..hidden.tar.GZ", "hidden.tar.GZ", Some("gz")),
        ("A.JPG", "A.JPG", Some("jpg")),
        ("a.jpg%00.php", "a.jpg%00.php", Some("php")),
        ("x.php::$DATA", "x.php__$DATA", Some("php__$data")),
    ] {
        let file = FileName::sanitise(raw).unwrap();
        assert_eq!((file.as_str(), file.extension()), (expected, extension), "{raw}");
    }
}

#[test]
fn an_extension_that_servers_run_is_not_kept_inside_a_name() {
    for (raw, expected) in [
        ("shell.php.jpg", "shell_php.jpg"),
        ("a.PhP5.x.png", "a_PhP5.x.png"),
        ("a.jpg.php", "a.jpg.php"),
        ("php.ini", "php.ini"),
        ("a.phpx.jpg", "a.phpx.jpg"),
    ] {
        assert_eq!(name(raw), expected);
    }
}

#[test]
fn characters_that_windows_forbids_become_underscores() {
    assert_eq!(name("<img src=x onerror=alert(1)>.png"), "_img src=x onerror=alert(1)_.png");
    assert_eq!(name("\"><svg onload=…>"), "___svg onload=…_");
    assert_eq!(name("a:b|c?d*.txt"), "b_c_d_.txt");
    assert_eq!(name("10:30.txt"), "10_30.txt");
}

#[test]
fn a_joiner_that_joins_nothing_any_more_goes() {
    assert_eq!(name("\u{fc}\u{200d}\u{a0}"), "\u{fc}");
    let cut = format!("{}🚢\u{200d}🚢.png", "x".repeat(244));
    assert_eq!(name(&cut), format!("{}🚢.png", "x".repeat(244)));
}

#[test]
fn a_name_is_composed() {
    assert_eq!(name("Mu\u{308}ller.txt"), "M\u{fc}ller.txt");
}

#[test]
fn long_names_are_cut_on_a_character_and_keep_their_extension() {
    for length in [254, 255, 256, 4_096, 65_536] {
        let file = FileName::sanitise(&format!("{}.jpeg", "x".repeat(length - 5))).unwrap();
        assert_eq!(file.as_str().len(), length.min(255));
        assert_eq!(file.extension(), Some("jpeg"));
    }
    let emoji = FileName::sanitise(&format!("{}.png", "🚢".repeat(255))).unwrap();
    assert_eq!(emoji.as_str(), format!("{}.png", "🚢".repeat(62)));
    let sentence = format!("a. {}", "b".repeat(300));
    assert_eq!(name(&sentence).len(), 255);
    // What cutting uncovers is judged like everything else.
    assert_eq!(name(&format!("con{}x.jpg", " ".repeat(300))).len(), 255);
    assert!(name(&format!("con{}x.jpg", " ".repeat(300))).starts_with("_con "));
}

/// Names with much of what is special in them.
fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => any::<char>().prop_map(String::from),
        2 => "[a-zA-Z0-9. ]{1,6}",
        2 => proptest::sample::select(vec![
            "/", "\\", "..", ".", "C:", ":", " ", "con", "COM1", ".php", ".jpg", "\u{202e}",
            "\u{200d}", "\u{200c}", "\u{301}", "é", "🚢", "<", "\u{338}", "\r\n", "\u{212a}",
        ]).prop_map(str::to_owned),
        1 => (1_usize..300).prop_map(|n| "y".repeat(n)),
        1 => (1_usize..300).prop_map(|n| " ".repeat(n)),
        1 => (1_usize..90).prop_map(|n| "ü".repeat(n)),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_safe_name_is_safe_whatever_came(raw in nasty()) {
        let Ok(file) = FileName::sanitise(&raw) else { return Ok(()) };
        let text = file.as_str();
        prop_assert!((1..=255).contains(&text.len()));
        prop_assert!(!text.contains(['/', '\\', '\0', ':', '<', '>', '"', '|', '?', '*']));
        let bidi = ['\u{200e}', '\u{200f}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}'];
        prop_assert!(!text.chars().any(|c| c.is_control() || bidi.contains(&c)));
        prop_assert!(!text.starts_with(['.', ' ']) && !text.ends_with(['.', ' ']));
        prop_assert!(!is_device(text));
        let composed: String = text.nfc().collect();
        prop_assert_eq!(composed, text);
    }

    #[test]
    fn sanitising_twice_is_sanitising_once(raw in nasty()) {
        let Ok(once) = FileName::sanitise(&raw) else { return Ok(()) };
        prop_assert_eq!(FileName::sanitise(once.as_str()), Ok(once.clone()), "{:?}", raw);
    }

    #[test]
    fn cutting_keeps_the_extension(stem in "[a-zü🚢 ]{1,400}", extension in "[a-z0-9]{1,16}") {
        let file = FileName::sanitise(&format!("x{stem}x.{extension}")).unwrap();
        prop_assert_eq!(file.extension(), Some(extension.as_str()));
        prop_assert!(file.as_str().len() <= 255);
    }
}
