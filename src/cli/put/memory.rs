//! What is remembered from one run to the next: unfinished uploads, and the cookies by which servers know us.
//!
//! It is a file that only its owner may read, because an upload's address and a cookie let whoever has them in.
//! It is read, changed and written anew under a lock, and replaced by a rename, so that several runs at once
//! and one that is killed leave it whole. What can't be read is put aside: it costs no more than beginning anew.

mod state;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use self::state::{State, Unfinished};
use super::cookies::Cookie;
use super::fingerprint::Fingerprint;
use super::holder::Holder;

/// An upload that names no end is forgotten after this many seconds.
const MONTH: u64 = 30 * 24 * 60 * 60;

/// Which upload of which file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// Where it is sent.
    pub(super) endpoint: String,
    /// Which file, by its path from the root.
    pub(super) path: PathBuf,
    /// By which name, or path, the server knows it.
    pub(super) name: String,
}

/// What is known of an upload that is about to begin.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Known {
    Nothing,
    /// It began at this address with the same file.
    Address(String),
    /// Another run is sending it right now.
    Busy(u32),
}

/// The file, or nothing if nothing shall be remembered.
#[derive(Debug)]
pub(super) struct Memory {
    path: Option<PathBuf>,
}

impl Memory {
    pub(super) fn none() -> Self {
        Self { path: None }
    }

    /// Opens what is remembered in this file, making its folder.
    ///
    /// # Errors
    /// What the file system says.
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let memory = Self { path: Some(path.to_owned()) };
        memory.change(|_| ())?;
        Ok(memory)
    }

    /// The default place, as the XDG base directories have it.
    pub(super) fn default_place() -> Option<PathBuf> {
        let absolute = |name: &str| {
            std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute())
        };
        let state = absolute("XDG_STATE_HOME");
        let state = state.or_else(|| absolute("HOME").map(|home| home.join(".local/state")));
        state.map(|state| state.join("longshore/put.json"))
    }

    pub(super) fn remembers(&self) -> bool {
        self.path.is_some()
    }

    /// Takes an upload on, and says what is known of it. A file that has changed is another one.
    pub(super) fn claim(&self, key: &Key, file: &Fingerprint) -> io::Result<Known> {
        let Some(me) = self.path.as_ref().and_then(|_| Holder::me()) else {
            return Ok(Known::Nothing);
        };
        self.change(|state| {
            let known = state.take(key);
            if let Some(other) = known.as_ref().and_then(|known| known.holder)
                && other != me
                && other.lives()
            {
                state.uploads.extend(known);
                return Known::Busy(other.pid);
            }
            let address = known.filter(|known| known.file == *file).and_then(|known| known.address);
            let mut upload = Unfinished::new(key, file.clone(), now());
            upload.holder = Some(me);
            upload.address.clone_from(&address);
            state.uploads.push(upload);
            address.map_or(Known::Nothing, Known::Address)
        })
    }

    /// Remembers where an upload goes on, and until when.
    pub(super) fn keep(&self, key: &Key, address: &str, until: Option<u64>) -> io::Result<()> {
        self.change(|state| {
            if let Some(upload) = state.find(key) {
                upload.address = Some(address.to_owned());
                upload.until = until;
            }
        })
    }

    /// Lets an upload rest until a later run; one without an address is nothing to remember.
    pub(super) fn rest(&self, key: &Key) -> io::Result<()> {
        self.change(|state| {
            if let Some(mut upload) = state.take(key).filter(|upload| upload.address.is_some()) {
                upload.holder = None;
                state.uploads.push(upload);
            }
        })
    }

    pub(super) fn forget(&self, key: &Key) -> io::Result<()> {
        self.change(|state| drop(state.take(key)))
    }

    pub(super) fn cookies(&self) -> io::Result<Vec<Cookie>> {
        self.change(|state| state.cookies.clone())
    }

    pub(super) fn keep_cookie(&self, cookie: Cookie) -> io::Result<()> {
        self.change(|state| {
            state.cookies.retain(|other| !other.is_like(&cookie));
            state.cookies.push(cookie);
        })
    }

    fn change<T: Default>(&self, change: impl FnOnce(&mut State) -> T) -> io::Result<T> {
        let Some(path) = &self.path else { return Ok(T::default()) };
        let lock = private().create(true).truncate(false).open(beside(path, ".lock"))?;
        lock.lock()?;
        let before = read(path)?;
        let mut state = before.clone();
        state.drop_expired(now(), MONTH);
        let answer = change(&mut state);
        if state != before {
            write(path, &state)?;
        }
        Ok(answer)
    }
}

impl Default for Known {
    fn default() -> Self {
        Self::Nothing
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn read(path: &Path) -> io::Result<State> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(State::default()),
        Err(error) => return Err(error),
    };
    match serde_json::from_slice(&text) {
        Ok(state) => Ok(state),
        Err(_) => {
            fs::rename(path, beside(path, ".broken"))?;
            Ok(State::default())
        }
    }
}

/// The lock is held, so nobody else has the temporary name.
fn write(path: &Path, state: &State) -> io::Result<()> {
    let new = beside(path, ".new");
    // One that a killed run left may have other rights.
    match fs::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file: File = private().create_new(true).open(&new)?;
    file.write_all(&serde_json::to_vec_pretty(state)?)?;
    fs::rename(&new, path)
}

/// Seconds since 1970.
#[allow(clippy::disallowed_methods)] // No entry of a server expires here.
pub(super) fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests;
