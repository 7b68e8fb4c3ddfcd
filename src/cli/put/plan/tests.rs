use std::os::unix::fs::symlink;

use super::*;

const ALL: Taste = Taste { recurse: true, hidden: true, follow: false };

/// Paths of what is found, relative ones for files of folders; with `!` for trouble and `~` for what is left out.
fn found(arguments: &[&Path], taste: Taste) -> Vec<String> {
    let arguments: Vec<OsString> = arguments.iter().map(|path| (*path).into()).collect();
    let mut all = Vec::new();
    walk(&arguments, None, taste, &mut |found| {
        all.push(match found {
            Found::Item(item) => item.relative.unwrap_or(item.name),
            Found::Trouble(path, _) => format!("!{}", text(path.file_name())),
            Found::LeftOut => "~".to_owned(),
        });
        true
    });
    all
}

fn scene() -> tempfile::TempDir {
    let scene = tempfile::tempdir().unwrap();
    let top = scene.path().join("top");
    fs::create_dir_all(top.join("deep/.git")).unwrap();
    for name in ["b.txt", "a.txt", ".hidden", "deep/c.txt", "deep/.git/d"] {
        fs::write(top.join(name), name).unwrap();
    }
    symlink("a.txt", top.join("link")).unwrap();
    scene
}

#[test]
fn a_folder_is_sent_with_its_name_and_all_that_is_in_it() {
    let scene = scene();
    let top = scene.path().join("top");
    let all = ["top/.hidden", "top/a.txt", "top/b.txt", "top/deep/.git/d", "top/deep/c.txt", "~"];
    assert_eq!(found(&[&top], ALL), all);
    let dotted = top.join("deep/..");
    assert_eq!(found(&[&dotted], ALL)[0], "top/.hidden");
}

#[test]
fn what_shall_be_left_out_is() {
    let scene = scene();
    let top = scene.path().join("top");
    let plain = Taste { hidden: false, ..ALL };
    assert_eq!(found(&[&top], plain), ["top/a.txt", "top/b.txt", "top/deep/c.txt", "~"]);
    let flat = Taste { recurse: false, ..plain };
    assert_eq!(found(&[&top], flat), ["top/a.txt", "top/b.txt", "~"]);
    let follow = Taste { follow: true, ..plain };
    let all = ["top/a.txt", "top/b.txt", "top/deep/c.txt", "top/link"];
    assert_eq!(found(&[&top], follow), all);
}

#[test]
fn a_named_link_is_followed_and_the_same_file_is_sent_once() {
    let scene = scene();
    let (link, file) = (scene.path().join("top/link"), scene.path().join("top/a.txt"));
    assert_eq!(found(&[&link], ALL), ["link"]);
    assert_eq!(found(&[&file, &link, &file], ALL), ["a.txt"]);
}

#[test]
fn a_link_that_leads_back_is_trouble_and_not_an_endless_walk() {
    let scene = scene();
    let top = scene.path().join("top");
    symlink(&top, top.join("deep/again")).unwrap();
    let follow = Taste { follow: true, ..ALL };
    assert!(found(&[&top], follow).contains(&"!again".to_owned()));
}

#[test]
fn what_is_not_there_is_trouble_and_the_others_are_sent() {
    let scene = scene();
    let (gone, there) = (scene.path().join("gone"), scene.path().join("top/a.txt"));
    assert_eq!(found(&[&gone, Path::new("/dev/null"), &there], ALL), ["!gone", "!null", "a.txt"]);
}

#[test]
fn a_name_of_broken_text_is_sent_as_well_as_it_can_be_written() {
    use std::os::unix::ffi::OsStrExt;
    let scene = tempfile::tempdir().unwrap();
    fs::write(scene.path().join(OsStr::from_bytes(b"a\xff.txt")), "x").unwrap();
    let names = found(&[scene.path()], ALL);
    assert!(names[0].ends_with("/a\u{fffd}.txt"), "{names:?}");
}

#[test]
fn a_walk_stops_when_it_is_told_to() {
    let scene = scene();
    let mut count = 0;
    walk(&[scene.path().join("top").into()], None, ALL, &mut |_| {
        count += 1;
        count < 2
    });
    assert_eq!(count, 2);
}
