//! [`Disk`]: a small ext4 file system of its own on a loop device, whose power can be cut.
//!
//! `EXT4_IOC_SHUTDOWN` with `NOLOGFLUSH` stops the file system where it stands: what was not synced is lost, as it is
//! when the plug is pulled, and every later write fails. Perl says it to the kernel: it is on every Debian, and none of
//! our crates may hold the `unsafe` that an ioctl needs.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// `EXT4_IOC_SHUTDOWN` is `_IOR('X', 125, __u32)`; 2 is `EXT4_GOING_FLAGS_NOLOGFLUSH`.
const CUT: &str = r#"$| = 1; sysopen(my $d, $ARGV[0], 0) or die "open: $!"; my $flag = pack("L", 2);
    print "ready\n"; defined(<STDIN>) or exit; ioctl($d, 0x8004587d, $flag) or die "ioctl: $!"; print "cut\n";"#;

#[derive(Debug)]
pub(crate) struct Disk {
    folder: TempDir,
    /// Waits for the word: a program that must be started first comes too late to catch anybody in a lie.
    cutter: Option<Child>,
}

impl Disk {
    /// A new file system of so many MiB (a sparse file, so it costs what is written), mounted.
    pub(crate) fn new(mib: u64) -> Self {
        let disk = Self { folder: tempfile::tempdir().unwrap(), cutter: None };
        std::fs::create_dir(disk.path()).unwrap();
        std::fs::File::create(disk.image()).unwrap().set_len(mib << 20).unwrap();
        let (user, group) = (rustix::process::getuid(), rustix::process::getgid());
        let owner = format!("root_owner={}:{}", user.as_raw(), group.as_raw());
        run(Command::new("mkfs.ext4").args(["-q", "-F", "-E", &owner]).arg(disk.image()));
        disk.mount()
    }

    /// Where it is mounted.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    fn image(&self) -> PathBuf {
        self.folder.path().join("image")
    }

    fn mount(mut self) -> Self {
        self.mount_again();
        self.wait_for_the_word();
        self
    }

    fn mount_again(&mut self) {
        run(as_root("mount").args(["-o", "loop"]).arg(self.image()).arg(self.path()));
    }

    fn wait_for_the_word(&mut self) {
        let mut cutter = as_root("perl");
        cutter.args(["-e", CUT]).arg(self.path());
        let mut cutter = cutter.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        // The second line comes long after this reader is gone, and it is read byte by byte anyway.
        BufReader::with_capacity(1, cutter.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        self.cutter = Some(cutter);
    }

    /// Cuts the power, now.
    pub(crate) fn cut(&mut self) {
        let mut cutter = self.cutter.take().unwrap();
        cutter.stdin.take().unwrap().write_all(b"\n").unwrap();
        assert!(cutter.wait().unwrap().success(), "the power could not be cut");
    }

    /// The power comes back: the journal is played, and the file system must be whole. Nobody may use it meanwhile.
    pub(crate) fn come_back(&mut self) {
        unmount(&self.path());
        // A check that may not write doesn't play the journal, so the kernel does it first.
        self.mount_again();
        unmount(&self.path());
        run(as_root("fsck.ext4").args(["-f", "-n"]).arg(self.image()));
        self.mount_again();
        self.wait_for_the_word();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Some(mut cutter) = self.cutter.take() {
            // Without the word it ends when nobody can say it any more.
            drop(cutter.stdin.take());
            let _ = cutter.wait();
        }
        let _ = as_root("umount").arg(self.path()).stderr(Stdio::null()).status();
    }
}

fn unmount(path: &Path) {
    run(as_root("umount").arg(path));
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?} failed: {output:?}");
}

/// A program that only root may run.
pub(crate) fn as_root(program: &str) -> Command {
    if rustix::process::getuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["-n", program]);
    command
}
