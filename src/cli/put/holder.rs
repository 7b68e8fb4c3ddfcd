//! Who is sending an upload: a process, by its number and by when it began.
//!
//! Two runs that send the same file would take it from each other for ever, because the newest wins. A number alone is
//! used again by another process; together with its beginning it is not.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Holder {
    pub(super) pid: u32,
    /// Ticks from the machine's start to the process's.
    since: u64,
}

impl Holder {
    pub(super) fn me() -> Option<Self> {
        Self::of(std::process::id())
    }

    pub(super) fn of(pid: u32) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        began(&stat).map(|since| Self { pid, since })
    }

    pub(super) fn lives(self) -> bool {
        Self::of(self.pid) == Some(self)
    }
}

/// Reads field 22 of `/proc/PID/stat`. The second field is a program's name and may have anything in it.
fn began(stat: &str) -> Option<u64> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    behind_name.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_its_number_and_its_beginning() {
        let me = Holder::me().unwrap();
        assert!(me.lives());
        assert!(!Holder { since: me.since + 1, ..me }.lives());
        let line = "7 (a) b (c)) S 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 123456 1 1";
        assert_eq!(began(line), Some(123_456));
        assert_eq!(began("7 (a"), None);
    }
}
