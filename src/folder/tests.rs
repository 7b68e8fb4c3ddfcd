use std::os::unix::fs::symlink;

use super::*;

fn place() -> (tempfile::TempDir, Folder) {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::open_or_make(&place.path().join("ours")).unwrap();
    fs::write(place.path().join("precious"), "precious").unwrap();
    (place, folder)
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn the_way_around_a_missing_rename_does_not_replace_either() {
    let place = tempfile::tempdir().unwrap();
    let from = Folder::open_or_make(&place.path().join("from")).unwrap();
    let to = Folder::open_or_make(&place.path().join("to")).unwrap();
    fs::write(from.path().join("part"), "new").unwrap();
    from.link_into("part", &to, "file").unwrap();
    assert!(!from.path().join("part").exists());
    assert_eq!(fs::read(to.path().join("file")).unwrap(), b"new");

    fs::write(from.path().join("part"), "newer").unwrap();
    let refused = from.link_into("part", &to, "file").unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read(to.path().join("file")).unwrap(), b"new");
    assert!(from.path().join("part").exists());
}

#[test]
fn a_name_of_more_than_one_component_is_no_name() {
    let (place, folder) = place();
    for name in ["", ".", "..", "../precious", "/etc/passwd", "a/b", "a/", "nul\0"] {
        let refusals = [
            folder.create(name).map(drop),
            folder.open_or_create(name).map(drop),
            folder.open_to_read(name).map(drop),
            folder.open_to_read_at_once(name).map(drop),
            folder.open_to_write(name).map(drop),
            folder.open_folder(name).map(drop),
            folder.make_folder(name),
            folder.remove(name),
            folder.remove_empty(name).map(drop),
            folder.replace(name, "x"),
            folder.replace("x", name),
            folder.move_into("x", &folder, name),
            folder.kind(name).map(drop),
        ];
        for (at, refused) in refusals.into_iter().enumerate() {
            let kind = refused.expect_err(name).kind();
            assert_eq!(kind, io::ErrorKind::InvalidInput, "{name:?}: {at}");
        }
    }
    assert_eq!(fs::read(place.path().join("precious")).unwrap(), b"precious");
}

#[test]
fn a_link_is_not_followed_and_is_what_is_removed() {
    let (place, folder) = place();
    let precious = place.path().join("precious");
    symlink(&precious, folder.path().join("link")).unwrap();
    symlink(place.path(), folder.path().join("way")).unwrap();
    assert!(folder.create("link").is_err());
    assert!(folder.open_or_create("link").is_err());
    assert!(folder.open_to_read("link").is_err());
    assert!(folder.open_to_write("link").is_err());
    assert!(folder.open_folder("way").is_err());
    assert!(folder.own_folder("way").unwrap_err().to_string().contains("is a symbolic link"));
    assert_eq!(folder.kind("link").unwrap(), Kind::Other);
    folder.remove("link").unwrap();
    folder.remove("way").unwrap();
    assert_eq!(fs::read(precious).unwrap(), b"precious");
}

#[test]
fn a_pipe_in_the_place_of_a_file_keeps_nobody_waiting() {
    let (_place, folder) = place();
    let made = std::process::Command::new("mkfifo").arg(folder.path().join("pipe")).status();
    assert!(made.unwrap().success());
    // Without O_NONBLOCK this would wait for somebody who writes.
    drop(folder.open_to_read("pipe"));
    assert_eq!(folder.kind("pipe").unwrap(), Kind::Other);
}

#[test]
fn what_was_open_to_others_is_ours_alone() {
    let (_place, folder) = place();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("file"), "kept").unwrap();
    fs::set_permissions(path("file"), Permissions::from_mode(0o6777)).unwrap();
    folder.open_or_create("file").unwrap();
    assert_eq!((mode(&path("file")), fs::read(path("file")).unwrap()), (0o600, b"kept".to_vec()));
    fs::create_dir(path("sub")).unwrap();
    fs::set_permissions(path("sub"), Permissions::from_mode(0o777)).unwrap();
    folder.own_folder("sub").unwrap();
    assert_eq!(mode(&path("sub")), 0o700);
}

#[test]
fn a_folder_knows_whether_its_path_still_leads_to_it() {
    let (place, folder) = place();
    folder.ensure_in_place().unwrap();
    let away = place.path().join("away");
    fs::rename(folder.path(), &away).unwrap();
    assert_eq!(folder.ensure_in_place().unwrap_err().kind(), io::ErrorKind::Other);
    fs::create_dir(folder.path()).unwrap();
    assert!(folder.ensure_in_place().unwrap_err().to_string().contains("another one"));
    fs::remove_dir(folder.path()).unwrap();
    symlink(&away, folder.path()).unwrap();
    assert!(folder.ensure_in_place().is_err(), "a link to it is not it");
    fs::remove_file(folder.path()).unwrap();
    fs::rename(&away, folder.path()).unwrap();
    folder.ensure_in_place().unwrap();
}

#[test]
fn names_are_those_of_the_folder_that_was_opened() {
    let (place, folder) = place();
    fs::write(folder.path().join("a"), "12345").unwrap();
    fs::create_dir(folder.path().join("b")).unwrap();
    fs::rename(folder.path(), place.path().join("away")).unwrap();
    symlink(place.path(), folder.path()).unwrap();
    let mut names = folder.names().unwrap();
    names.sort();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(folder.kind("a").unwrap(), Kind::File(5));
    assert_eq!(folder.kind("b").unwrap(), Kind::Folder);
}

#[test]
fn what_is_opened_at_once_is_what_is_opened_otherwise() {
    let (place, folder) = place();
    fs::write(folder.path().join("file"), "bytes").unwrap();
    symlink(place.path().join("precious"), folder.path().join("link")).unwrap();
    folder.open_to_read("file").unwrap();
    // A kernel without this call refuses, and so may one whose memory is short.
    if let Ok(mut file) = folder.open_to_read_at_once("file") {
        assert_eq!(io::read_to_string(&mut file).unwrap(), "bytes");
    }
    assert!(folder.open_to_read_at_once("link").is_err(), "a link is not followed");
    assert!(folder.open_to_read_at_once("nothing").is_err());
    folder.remove("file").unwrap();
    assert!(folder.open_to_read_at_once("file").is_err());
}
