use std::os::unix::fs::PermissionsExt;

use super::*;

const AN_HOUR: u64 = 3_600;

struct Scene {
    folder: tempfile::TempDir,
    file: Fingerprint,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = Fingerprint::of(&tempfile::tempfile().unwrap()).unwrap();
        Self { folder, file }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("deep/put.json")
    }

    fn memory(&self) -> Memory {
        Memory::at(&self.path()).unwrap()
    }
}

fn key(name: &str) -> Key {
    Key { endpoint: "http://h/tus/a/a".into(), path: format!("/{name}").into(), name: name.into() }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn cookie(value: &str, until: Option<u64>) -> Cookie {
    Cookie {
        origin: "http://h".into(),
        name: "longshore".into(),
        value: value.into(),
        path: "/".into(),
        until,
    }
}

#[test]
fn an_upload_goes_on_where_it_was_and_is_forgotten_when_it_is_done() {
    let scene = Scene::new();
    let (memory, key) = (scene.memory(), key("a"));
    assert_eq!(memory.claim(&key, &scene.file).unwrap(), Known::Nothing);
    memory.keep(&key, "http://h/tus/a/a/1", Some(now() + AN_HOUR)).unwrap();
    memory.rest(&key).unwrap();
    let known = scene.memory().claim(&key, &scene.file).unwrap();
    assert_eq!(known, Known::Address("http://h/tus/a/a/1".into()));
    memory.forget(&key).unwrap();
    assert_eq!(memory.claim(&key, &scene.file).unwrap(), Known::Nothing);
}

#[test]
fn an_upload_that_never_got_an_address_is_not_remembered() {
    let scene = Scene::new();
    let memory = scene.memory();
    memory.claim(&key("a"), &scene.file).unwrap();
    memory.rest(&key("a")).unwrap();
    assert!(read(&scene.path()).unwrap().uploads.is_empty());
}

#[test]
fn another_file_another_name_and_another_server_begin_anew() {
    let scene = Scene::new();
    let memory = scene.memory();
    memory.claim(&key("a"), &scene.file).unwrap();
    memory.keep(&key("a"), "http://h/tus/a/a/1", None).unwrap();
    memory.rest(&key("a")).unwrap();
    for other in [
        Key { name: "b".into(), ..key("a") },
        Key { path: "/b".into(), ..key("a") },
        Key { endpoint: "http://g/tus/a/a".into(), ..key("a") },
    ] {
        assert_eq!(memory.claim(&other, &scene.file).unwrap(), Known::Nothing, "{other:?}");
    }
    let mut changed = scene.file.clone();
    changed.size = 1;
    assert_eq!(memory.claim(&key("a"), &changed).unwrap(), Known::Nothing);
}

#[test]
fn what_is_over_is_dropped() {
    let scene = Scene::new();
    let memory = scene.memory();
    for (name, until) in [("over", Some(now() - 1)), ("going", Some(now() + AN_HOUR))] {
        memory.claim(&key(name), &scene.file).unwrap();
        memory.keep(&key(name), "http://h/1", until).unwrap();
        memory.rest(&key(name)).unwrap();
    }
    memory.keep_cookie(cookie("old", Some(now() - 1))).unwrap();
    assert_eq!(memory.claim(&key("over"), &scene.file).unwrap(), Known::Nothing);
    assert_ne!(memory.claim(&key("going"), &scene.file).unwrap(), Known::Nothing);
    assert_eq!(memory.cookies().unwrap(), []);
}

#[test]
fn what_a_living_run_sends_is_left_alone_and_what_a_dead_one_sent_is_taken_up() {
    let scene = Scene::new();
    let memory = scene.memory();
    let mut other = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
    memory.claim(&key("a"), &scene.file).unwrap();
    memory.keep(&key("a"), "http://h/1", None).unwrap();
    let holder = Holder::of(other.id());
    assert!(holder.is_some());
    memory.change(|state| state.uploads[0].holder = holder).unwrap();
    assert_eq!(memory.claim(&key("a"), &scene.file).unwrap(), Known::Busy(other.id()));
    other.kill().unwrap();
    other.wait().unwrap();
    let known = memory.claim(&key("a"), &scene.file).unwrap();
    assert_eq!(known, Known::Address("http://h/1".into()));
}

#[test]
fn cookies_are_kept_and_replaced() {
    let scene = Scene::new();
    let memory = scene.memory();
    memory.keep_cookie(cookie("one", None)).unwrap();
    memory.keep_cookie(cookie("two", None)).unwrap();
    memory.keep_cookie(Cookie { origin: "http://g".into(), ..cookie("three", None) }).unwrap();
    let values: Vec<String> =
        memory.cookies().unwrap().into_iter().map(|cookie| cookie.value).collect();
    assert_eq!(values, ["two", "three"]);
}

#[test]
fn only_its_owner_may_read_it() {
    let scene = Scene::new();
    let memory = scene.memory();
    let left = beside(&scene.path(), ".new");
    fs::write(&left, "left by a run that was killed").unwrap();
    fs::set_permissions(&left, fs::Permissions::from_mode(0o644)).unwrap();
    memory.keep_cookie(cookie("secret", None)).unwrap();
    assert_eq!(mode(&scene.path()), 0o600);
    assert_eq!(mode(&beside(&scene.path(), ".lock")), 0o600);
    assert_eq!(mode(scene.path().parent().unwrap()), 0o700);
    assert!(!left.exists());
}

#[test]
fn a_broken_file_is_put_aside() {
    let scene = Scene::new();
    let memory = scene.memory();
    fs::write(scene.path(), "{").unwrap();
    assert_eq!(memory.claim(&key("a"), &scene.file).unwrap(), Known::Nothing);
    assert_eq!(fs::read_to_string(beside(&scene.path(), ".broken")).unwrap(), "{");
}

#[test]
fn many_at_once_lose_nothing() {
    let scene = Scene::new();
    let memory = &scene.memory();
    std::thread::scope(|scope| {
        for n in 0..8 {
            let file = &scene.file;
            scope.spawn(move || {
                let key = key(&n.to_string());
                memory.claim(&key, file).unwrap();
                memory.keep(&key, "http://h/1", None).unwrap();
            });
        }
    });
    assert_eq!(read(&scene.path()).unwrap().uploads.len(), 8);
}

#[test]
fn nothing_is_remembered_if_nothing_shall_be() {
    let memory = Memory::none();
    let file = Scene::new().file;
    assert!(!memory.remembers());
    assert_eq!(memory.claim(&key("a"), &file).unwrap(), Known::Nothing);
    memory.keep(&key("a"), "http://h/1", None).unwrap();
    assert_eq!(memory.claim(&key("a"), &file).unwrap(), Known::Nothing);
}
