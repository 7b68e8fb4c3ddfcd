//! One run of a program: started in a group of its own, fed, listened to, and killed if nobody waits any more.

use std::ffi::OsString;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::timeout;

use crate::checks::Content;
use crate::checks::outside::Failure;

/// Bytes of the file that are written at once.
const PIECE: usize = 256 * 1024;
/// Bytes of what it prints that are kept; the rest is read and forgotten, so that it isn't held up.
const KEPT: usize = 8 * 1024;
/// How long pipes are read that somebody else has open.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What is to be run.
#[derive(Debug)]
pub(super) struct Errand<'a> {
    pub(super) program: &'a OsString,
    pub(super) arguments: &'a [OsString],
    pub(super) environment: Vec<(&'static str, String)>,
}

/// How it ended, and what it printed.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    pub(super) said: String,
    pub(super) complained: String,
}

impl Errand<'_> {
    /// Runs it to its end. When the future is dropped, the program and its children are killed.
    pub(super) async fn run(self, content: &dyn Content) -> Result<Ended, Failure> {
        let gone = |what| move |source| Failure::Gone { what, source };
        let child = Command::new(self.program)
            .args(self.arguments)
            .env_clear()
            .envs(self.environment)
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Who is killed is waited for, too.
            .kill_on_drop(true)
            .spawn()
            .map_err(gone("the program can't be started"))?;
        let mut running = Running(child);
        let child = &mut running.0;
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (mut said, mut complained) = (Vec::new(), Vec::new());
        let status = {
            // ORDER: a file that can't be read to its end is a failure before the program could take what it has
            // seen for the whole.
            let pipes = async {
                let heard = (keep(stdout, &mut said), keep(stderr, &mut complained));
                tokio::try_join!(feed(stdin, content), heard.0, heard.1).map(|_| ())
            };
            let mut pipes = std::pin::pin!(pipes);
            tokio::select! {
                biased;
                fed = &mut pipes => {
                    fed?;
                    child.wait().await
                }
                status = child.wait() => {
                    // What it printed last still lies in the pipes. A child of its own may have them open.
                    timeout(LAST_WORDS, pipes).await.unwrap_or(Ok(()))?;
                    status
                }
            }
        };
        let status = status.map_err(gone("the program can't be waited for"))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(Ended { status, said: text(&said), complained: text(&complained) })
    }
}

/// Writes the file to the program. One that has read enough closes its end, and that is no fault.
async fn feed(stdin: Option<ChildStdin>, content: &dyn Content) -> Result<(), Failure> {
    let Some(mut stdin) = stdin else { return Ok(()) };
    let mut offset = 0;
    loop {
        let piece = content.read_at(offset, PIECE).await.map_err(Failure::Read)?;
        if piece.is_empty() {
            return Ok(());
        }
        match stdin.write_all(&piece).await {
            Ok(()) => offset += piece.len() as u64,
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            Err(source) => return Err(Failure::Gone { what: "the program can't be fed", source }),
        }
    }
}

/// Reads to the end, and keeps the beginning.
async fn keep(from: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>) -> Result<(), Failure> {
    let Some(mut from) = from else { return Ok(()) };
    let mut buffer = vec![0; 4_096];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        let room = KEPT - kept.len();
        kept.extend_from_slice(&buffer[..read.min(room)]);
    }
    Ok(())
}

/// A program that is killed with its group when nobody waits for it any more.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // `id` is none once its end was waited for; until then its number is nobody else's.
        let pid = self.0.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(pid) = pid {
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
}
