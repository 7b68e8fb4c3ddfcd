//! Putting files aside that nothing explains, and removing them when nobody missed them.
//!
//! A file without a row may be rubbish, or the row may be what was lost; a person can look at it
//! for a while. Its new name says since when it lies there: `<milliseconds>-<id>`.

use std::io;

use super::part::part_name;
use super::root::Root;
use crate::blob::Debris;
use crate::domain::Timestamp;

impl Root {
    pub(super) fn quarantine(&self, debris: Debris, at: Timestamp) -> io::Result<()> {
        let moved = match debris {
            Debris::Published(id) => {
                let name = id.to_string();
                self.files.move_into(&name, &self.quarantine, &format!("{}-{name}", at.as_millis()))
            }
            Debris::Unfinished(key) => self.session(key.session).and_then(|folder| {
                let name = part_name(key);
                folder.move_into(&name, &self.quarantine, &format!("{}-{name}", at.as_millis()))
            }),
        };
        match moved {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        match debris {
            Debris::Unfinished(key) => self.boot.settle(key),
            Debris::Published(_) => Ok(()),
        }
    }

    pub(super) fn empty_quarantine(&self, before: Timestamp) -> io::Result<usize> {
        let mut removed = 0;
        for name in self.quarantine.names()? {
            let Some((since, _)) = name.split_once('-') else {
                continue;
            };
            if since.parse().is_ok_and(|since| Timestamp::from_millis(since) < before) {
                self.quarantine.remove(&name)?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}
