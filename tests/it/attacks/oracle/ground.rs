//! O-FS: what lies outside of the folders where uploads belong, before and after an attack.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use longshore::testing::samples::sha256;

/// What of the data folder an upload may change.
const OURS: [&str; 4] = ["spool", "files", "quarantine", "thumbnails"];
/// Where the attacks of the list aim at with their paths. Nobody else makes these.
const AIMS: [&str; 9] = [
    "/tmp/pwn",
    "/pwn",
    "/etc/cron.d/x",
    "/host/x",
    "/windows/win.ini",
    "pwn",
    "../pwn",
    ".ssh/authorized_keys",
    ".htaccess",
];

/// Everything around a data folder: for each path what it is, who may do what with it, and its bytes' digest.
#[derive(Debug)]
pub(super) struct Ground {
    data: PathBuf,
    before: BTreeMap<PathBuf, String>,
    aims: Vec<bool>,
}

impl Ground {
    /// The folder around the data folder holds a canary already ([`TestApp`](crate::support::TestApp)).
    pub(super) fn around(data: &Path) -> Self {
        let data = data.to_owned();
        let before = tree(&data);
        assert!(before.keys().any(|path| path.ends_with("canary")), "no canary: {before:?}");
        Self { data, before, aims: aims() }
    }

    /// Panics with what was made, changed or removed.
    pub(super) fn is_unchanged(&self) {
        let after = tree(&self.data);
        let changed = |(path, what): &(&PathBuf, &String)| self.before.get(*path) != Some(what);
        let new: Vec<_> = after.iter().filter(changed).collect();
        let gone: Vec<_> = self.before.keys().filter(|path| !after.contains_key(*path)).collect();
        assert!(new.is_empty() && gone.is_empty(), "strayed: made {new:?}, removed {gone:?}");
        for (aim, (before, after)) in AIMS.iter().zip(self.aims.iter().zip(aims())) {
            assert_eq!(*before, after, "an attack has hit {aim}");
        }
    }
}

/// Whether something is where the attacks aim at.
fn aims() -> Vec<bool> {
    AIMS.iter().map(|aim| Path::new(aim).symlink_metadata().is_ok()).collect()
}

fn tree(data: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![data.parent().expect("a folder around").to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let in_data = folder == data;
            if in_data && name.starts_with("catalogue.sqlite3") {
                continue;
            }
            let meta = path.symlink_metadata().unwrap();
            let (kind, mode) = (meta.file_type(), meta.mode());
            let what = if kind.is_symlink() {
                format!("link to {:?}", std::fs::read_link(&path).unwrap())
            } else if kind.is_dir() {
                if !(in_data && OURS.contains(&&*name)) {
                    folders.push(path.clone());
                }
                format!("folder {mode:o}")
            } else {
                format!("file {mode:o} {}", sha256(&std::fs::read(&path).unwrap()))
            };
            found.insert(path, what);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    /// An oracle that sees nothing proves nothing.
    #[test]
    fn what_is_made_changed_or_removed_around_the_uploads_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let (around, data) = (folder.path().to_owned(), folder.path().join("data"));
        std::fs::create_dir_all(data.join("spool")).unwrap();
        std::fs::write(around.join("canary"), "untouched").unwrap();
        std::fs::write(data.join("secret"), "secret").unwrap();
        let ground = Ground::around(&data);
        std::fs::write(data.join("spool/a"), "fine").unwrap();
        std::fs::write(data.join("catalogue.sqlite3-wal"), "fine").unwrap();
        ground.is_unchanged();
        let is_seen = || catch_unwind(|| ground.is_unchanged()).is_err();
        for (path, back) in [(around.join("canary"), "untouched"), (data.join("secret"), "secret")]
        {
            std::fs::write(&path, "touched").unwrap();
            assert!(is_seen(), "{}", path.display());
            std::fs::remove_file(&path).unwrap();
            assert!(is_seen(), "{}", path.display());
            std::fs::write(&path, back).unwrap();
            ground.is_unchanged();
        }
        std::os::unix::fs::symlink("/etc/passwd", data.join("link")).unwrap();
        assert!(is_seen());
    }
}
