//! Runs the client.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// A home of its own, with files to send and a memory.
#[derive(Debug)]
pub(super) struct Home {
    folder: tempfile::TempDir,
}

/// What a run came to.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) code: Option<i32>,
    /// A line for each file.
    pub(super) files: Vec<Value>,
    pub(super) summary: Value,
    pub(super) said: String,
}

impl Home {
    pub(super) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A file to send.
    pub(super) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join("files").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    pub(super) fn state(&self) -> PathBuf {
        self.folder.path().join("state/longshore/put.json")
    }

    /// What is remembered.
    pub(super) fn remembered(&self) -> Value {
        serde_json::from_slice(&fs::read(self.state()).unwrap()).unwrap()
    }

    pub(super) fn unfinished(&self) -> usize {
        self.remembered()["uploads"].as_array().unwrap().len()
    }

    pub(super) fn state_mode(&self) -> u32 {
        fs::metadata(self.state()).unwrap().permissions().mode() & 0o777
    }

    /// The cookie by which a server knows us.
    pub(super) fn cookie(&self) -> String {
        let cookie = &self.remembered()["cookies"][0];
        format!("{}={}", cookie["name"].as_str().unwrap(), cookie["value"].as_str().unwrap())
    }

    /// The client, with JSON and short pauses.
    pub(super) fn put(&self, files: &[&Path], url: &str) -> Command {
        let mut command = self.bare();
        command.args(["--json", "--retry-delay", "20ms"]).args(files).arg(url);
        command
    }

    /// The client without any flag.
    pub(super) fn bare(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_longshore"));
        command
            .env_clear()
            .env("XDG_STATE_HOME", self.folder.path().join("state"))
            .current_dir(self.folder.path())
            .arg("put")
            .stdin(Stdio::null());
        command
    }
}

pub(super) fn run(command: &mut Command) -> Ran {
    ran(&command.output().unwrap())
}

/// Starts a client whose output is kept.
pub(super) fn start(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

pub(super) fn end(child: Child) -> Ran {
    ran(&child.wait_with_output().unwrap())
}

pub(super) fn ran(output: &Output) -> Ran {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let (summaries, files): (Vec<Value>, Vec<Value>) =
        lines.partition(|line: &Value| line.get("summary").is_some());
    assert!(summaries.len() < 2, "{text}");
    Ran {
        code: output.status.code(),
        files,
        summary: summaries.into_iter().next().map_or(Value::Null, |line| line["summary"].clone()),
        said: String::from_utf8(output.stderr.clone()).unwrap(),
    }
}

impl Ran {
    /// The only file's line.
    pub(super) fn file(&self) -> &Value {
        assert_eq!(self.files.len(), 1, "{self:?}");
        &self.files[0]
    }

    pub(super) fn number(&self, field: &str) -> u64 {
        self.file()[field].as_u64().unwrap_or_else(|| panic!("no {field}: {self:?}"))
    }

    /// It went well, and this is the only file's line.
    pub(super) fn stored(&self) -> &Value {
        assert_eq!(self.code, Some(0), "{self:?}");
        assert_eq!(self.file()["status"], "stored", "{self:?}");
        self.file()
    }

    pub(super) fn error(&self) -> &str {
        assert_eq!(self.code, Some(1), "{self:?}");
        self.file()["error"]["message"].as_str().unwrap()
    }
}
