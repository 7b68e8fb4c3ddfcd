//! Small file systems of their own, mounted for as long as a test runs.
//!
//! A full disk can't be made on the disk that everybody else writes to. Mounting needs root; a test that may
//! not mount fails and says so, because a skipped one proves nothing.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A mounted file system. It is unmounted when it is dropped, also when the test panics; declare it before
/// the server that runs on it.
pub(crate) struct Mount {
    place: TempDir,
    _image: Option<TempDir>,
}

impl Mount {
    /// A file system in memory, with options such as `size=24m,nr_inodes=64`.
    pub(crate) fn tmpfs(options: &str) -> Self {
        let mount = Self { place: tempfile::tempdir().unwrap(), _image: None };
        run(Command::new("mount").args(["-t", "tmpfs", "-o", options, "none"]).arg(mount.path()));
        mount
    }

    /// An ext4 of so many MiB in a file, which turns read-only at its first error.
    pub(crate) fn ext4(mib: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let image = folder.path().join("image");
        File::create(&image).unwrap().set_len(mib << 20).unwrap();
        run(Command::new("mkfs.ext4").args(["-q", "-F", "-m", "0"]).arg(&image));
        let mount = Self { place: tempfile::tempdir().unwrap(), _image: Some(folder) };
        let options = "loop,errors=remount-ro";
        run(Command::new("mount").args(["-o", options]).arg(&image).arg(mount.path()));
        mount
    }

    pub(crate) fn path(&self) -> &Path {
        self.place.path()
    }

    /// A folder in it that nobody else may write to.
    pub(crate) fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// `ro` or `rw`. Refused by the system while a file is open for writing.
    pub(crate) fn remount(&self, how: &str) {
        let options = format!("remount,{how}");
        run(Command::new("mount").args(["-o", &options]).arg(self.path()));
    }

    /// What the kernel does when it meets a broken block of an ext4: it turns it read-only, under everybody's
    /// hands, and for good.
    pub(crate) fn meet_an_error(&self) {
        let found = Command::new("findmnt").args(["-no", "SOURCE"]).arg(self.path()).output();
        let device = String::from_utf8(found.unwrap().stdout).unwrap();
        let device = device.trim().trim_start_matches("/dev/");
        std::fs::write(format!("/sys/fs/ext4/{device}/trigger_fs_error"), "1").unwrap();
    }

    /// Takes all bytes that are left, and answers where they lie.
    pub(crate) fn take_all_bytes(&self) -> PathBuf {
        let path = self.path().join("filler");
        let mut file = File::create(&path).unwrap();
        for size in [1 << 20, 4_096, 1] {
            while std::io::Write::write_all(&mut file, &vec![7; size]).is_ok() {}
        }
        path
    }

    /// Takes all inodes that are left, and answers the folder in which they are.
    pub(crate) fn take_all_files(&self) -> PathBuf {
        let folder = self.path().join("fillers");
        std::fs::create_dir(&folder).unwrap();
        let _ =
            (0..100_000).take_while(|n| File::create(folder.join(n.to_string())).is_ok()).count();
        folder
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Lazily, because whoever was killed a moment ago may still hold a file.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

fn run(command: &mut Command) {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().unwrap_or_else(|error| panic!("{name} can't be run: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    let who = rustix::process::geteuid().as_raw();
    assert!(
        output.status.success(),
        "this test needs a file system of its own, and `{name}` failed: {}\nIt must run as root with the right \
         to mount (CAP_SYS_ADMIN); it runs as user {who}.",
        said.trim(),
    );
}
