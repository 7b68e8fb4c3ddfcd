//! [`Strace`]: what a running server asks of the kernel, and failures in its way.
//!
//! Injected failures need no switch in the product and meet the real system calls of the real binary. `-P` confines
//! them to one file or folder, so that a bystander's upload can be seen to go on.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use tempfile::NamedTempFile;

use crate::disk::as_root;
use crate::server::Server;

/// An strace that is attached to a server.
#[derive(Debug)]
pub(crate) struct Strace {
    child: Child,
    log: NamedTempFile,
}

/// One system call. Calls overlap, so each has a beginning and an end on one scale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    /// All of it: `fsync(13</data/files>) = 0`.
    pub(crate) text: String,
    pub(crate) begun: usize,
    pub(crate) ended: usize,
}

impl Call {
    pub(crate) fn is(&self, name: &str) -> bool {
        self.text.strip_prefix(name).is_some_and(|rest| rest.starts_with('('))
    }

    /// Whether it makes a file or a folder durable.
    pub(crate) fn is_sync(&self) -> bool {
        self.is("fdatasync") || self.is("fsync")
    }

    /// Whether the file of its first argument ends like this.
    pub(crate) fn is_on(&self, end: &str) -> bool {
        let first = self.text.split(['(', ',', ')']).nth(1).unwrap_or_default();
        first.trim_end().ends_with(&format!("{end}>"))
    }

    /// Whether the kernel did it; an injected failure says so too.
    pub(crate) fn is_done(&self) -> bool {
        !self.text.contains(") = -1") && !self.text.contains("= ?")
    }

    pub(crate) fn was_tampered_with(&self) -> bool {
        self.text.contains("(INJECTED)")
    }
}

impl Strace {
    /// Attaches; every call from now on is seen.
    pub(crate) fn attach(server: &Server, how: &[&str]) -> Self {
        let log = NamedTempFile::new().unwrap();
        let mut strace = as_root("strace");
        strace.args(["-f", "-y", "-s", "4096", "-p", &server.pid().to_string(), "-o"]);
        strace.arg(log.path()).args(how).stderr(Stdio::piped());
        let mut child = strace.spawn().unwrap_or_else(|error| panic!("no strace: {error}"));
        let mut words = BufReader::new(child.stderr.take().unwrap());
        loop {
            let mut line = String::new();
            words.read_line(&mut line).unwrap();
            assert!(!line.is_empty(), "strace ended before it was attached");
            if line.contains(" attached") {
                break;
            }
        }
        // It goes on to tell of every thread, and would wait for somebody to read that.
        std::thread::spawn(move || std::io::copy(&mut words, &mut std::io::sink()));
        Self { child, log }
    }

    /// Lets the server go, and answers what it did.
    pub(crate) fn detach(mut self) -> Vec<Call> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        self.child.wait().unwrap();
        calls(self.log.path())
    }
}

impl Drop for Strace {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT);
        let _ = self.child.wait();
    }
}

/// Reads a log: a call that was not over when another thread's began stands in two lines.
fn calls(log: &Path) -> Vec<Call> {
    let (mut calls, mut waiting) = (Vec::<Call>::new(), Vec::<(String, usize)>::new());
    for (number, line) in String::from_utf8_lossy(&std::fs::read(log).unwrap()).lines().enumerate()
    {
        let Some((thread, text)) = line.split_once(' ') else { continue };
        let text = text.trim_start();
        if let Some(begun) = text.strip_suffix("<unfinished ...>") {
            waiting.push((thread.to_owned(), calls.len()));
            calls.push(Call { text: begun.to_owned(), begun: number, ended: usize::MAX });
        } else if text.starts_with("<... ") {
            let at = waiting.iter().position(|(other, _)| other == thread);
            let rest = text.split_once("resumed>");
            if let (Some(at), Some((_, rest))) = (at, rest) {
                let call = &mut calls[waiting.swap_remove(at).1];
                call.text.push_str(rest);
                call.ended = number;
            }
        } else {
            calls.push(Call { text: text.to_owned(), begun: number, ended: number });
        }
    }
    calls
}
