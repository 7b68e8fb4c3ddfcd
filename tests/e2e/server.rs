//! Starts and stops the binary on a data folder and a free port.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// A running server. Dropping it kills it, as hard as `kill -9`.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
}

/// The binary, in an environment of its own. `RIG_SERVER` names another one, so that a rig can be tried on a server that
/// is broken on purpose.
pub(crate) fn command() -> Command {
    in_our_environment(Command::new(binary()))
}

fn binary() -> OsString {
    std::env::var_os("RIG_SERVER").unwrap_or(env!("CARGO_BIN_EXE_longshore").into())
}

/// The binary as it is started by a shell with this umask.
fn under_umask(umask: &str) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")]).arg(binary());
    in_our_environment(shell)
}

fn in_our_environment(mut command: Command) -> Command {
    command.env_clear().env("LONGSHORE_LOG", "warn").stdin(Stdio::null());
    command
}

/// How a server is started.
#[derive(Debug)]
pub(crate) struct Launch<'a> {
    pub(crate) data: &'a Path,
    pub(crate) bind: &'a str,
    /// Where it writes its log, if not to our own standard error.
    pub(crate) log: Option<File>,
    /// The umask that it is started with, if not our own.
    pub(crate) umask: Option<&'a str>,
}

impl<'a> Launch<'a> {
    pub(crate) fn on(data: &'a Path) -> Self {
        Self { data, bind: "127.0.0.1:0", log: None, umask: None }
    }

    pub(crate) fn start(self, flags: &[&str]) -> Server {
        let mut command = self.umask.map_or_else(command, under_umask);
        command.args(["--bind", self.bind, "--data"]).arg(self.data).args(flags);
        if let Some(log) = self.log {
            command.stderr(log);
        }
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let url = url.trim().to_owned();
        let is_address = ["http", "https"]
            .iter()
            .any(|scheme| url.starts_with(&format!("{scheme}://127.0.0.1:")));
        assert!(is_address, "the first line is the address: {url:?}");
        Server { child, url }
    }
}

impl Server {
    pub(crate) fn start(data: &Path, more: &[&str]) -> Self {
        Launch::on(data).start(more)
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGTERM, and how the process ended.
    pub(crate) fn terminate(mut self) -> ExitStatus {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap()
    }

    /// A line of `/proc/PID/status` in KiB: `VmHWM` is the largest resident size so far.
    pub(crate) fn memory_kib(&self, field: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(field)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// For how long it has kept processors busy since it was started, in steps of 10 ms.
    pub(crate) fn worked(&self) -> Duration {
        let facts = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // Behind the name, which may have spaces in it: proc(5), `utime` and `stime` in hundredths of a second.
        let (_, facts) = facts.rsplit_once(") ").unwrap();
        let ticks = facts.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap());
        Duration::from_millis(10 * ticks.sum::<u64>())
    }

    /// How many file descriptors it has open.
    pub(crate) fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    /// How many of them are sockets: what its peers cost. The catalogue opens files of its own as it likes.
    pub(crate) fn sockets(&self) -> usize {
        let open = std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap();
        // One that was closed since the list was made leads nowhere.
        let links = open.filter_map(|found| std::fs::read_link(found.ok()?.path()).ok());
        links.filter(|link| link.to_string_lossy().starts_with("socket:")).count()
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        self.url.split_once("://").unwrap().1
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
