//! [`FakeClamd`]: a virus scanner that says what a test wants, late, wrongly, or never.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What a [`FakeClamd`] does with the next file, and with those that it has and hasn't answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Looks for the EICAR test file, and says truly what it found.
    Scans,
    /// Takes the whole file and says nothing, until the mood is another.
    Waits,
    /// Reads nothing and says nothing, until the mood is another.
    Sleeps,
    /// Closes the connection without a word.
    HangsUp,
    /// Takes the whole file, and says this.
    Says(&'static [u8]),
    /// Says this before it has seen anything, and closes.
    Blurts(&'static [u8]),
}

/// The harmless file that every scanner calls infected, in two parts, so that nobody calls this program so.
const EICAR: [&str; 2] =
    [r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR", "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"];

/// A `clamd` on a port of its own. It stops when it is dropped.
///
/// ```
/// # actix_web::rt::System::new().block_on(async {
/// use longshore::checks::Clamd;
/// use longshore::testing::{FakeClamd, TestServer, Upload};
/// # use longshore::{SlotOptions, Templates, UploadSession, View, ViewError};
/// # struct Desk;
/// # impl View for Desk {
/// #     fn template(&self) -> &str { "desk.html" }
/// #     async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
/// #         session.allow_upload("papers", SlotOptions::new())?;
/// #         Ok(())
/// #     }
/// # }
/// # let templates = Templates::from_texts([("desk.html", "")]).unwrap();
///
/// let clamd = FakeClamd::start().await;
/// let check = Clamd::at(&clamd.address()).unwrap();
/// let server =
///     TestServer::start(|uploads| uploads.templates(templates).page("desk", || Desk).check(check))
///         .await;
/// let mut page = server.visitor().live("desk").await;
/// let file = page.select("papers", Upload::bytes("a.txt", FakeClamd::eicar())).await.unwrap();
/// page.send_all(&file).await;
/// page.fails(&file, "infected").await;
/// # });
/// ```
#[derive(Debug)]
pub struct FakeClamd {
    address: String,
    mood: watch::Sender<Mood>,
    asked: Arc<AtomicUsize>,
    listening: JoinHandle<()>,
}

impl FakeClamd {
    /// Starts one that [scans](Mood::Scans).
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address").to_string();
        let (mood, moods) = watch::channel(Mood::Scans);
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let listening = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (count, moods) = (Arc::clone(&count), moods.clone());
                tokio::spawn(async move {
                    if is_ping(&stream).await {
                        return pong(stream, moods).await;
                    }
                    count.fetch_add(1, Ordering::SeqCst);
                    answer(stream, moods).await;
                });
            }
        });
        Self { address, mood, asked, listening }
    }

    /// Where it listens, for [`Clamd::at`](crate::checks::Clamd::at).
    #[must_use]
    pub fn address(&self) -> String {
        self.address.clone()
    }

    /// Changes its mood.
    pub fn mood(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    /// How often it was asked about a file.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// The file that it calls infected, as every scanner does.
    #[must_use]
    pub fn eicar() -> Vec<u8> {
        EICAR.concat().into_bytes()
    }
}

impl Drop for FakeClamd {
    fn drop(&mut self) {
        self.listening.abort();
        // Whoever waits for an answer has waited long enough.
        self.mood.send_replace(Mood::HangsUp);
    }
}

/// Whether somebody only wants to know if it is there.
async fn is_ping(stream: &TcpStream) -> bool {
    let mut command = [0; 6];
    matches!(stream.peek(&mut command).await, Ok(2..)) && command[1] == b'P'
}

async fn pong(mut stream: TcpStream, mut moods: watch::Receiver<Mood>) {
    let awake = moods.wait_for(|mood| *mood != Mood::Sleeps).await.map(|mood| *mood);
    if !matches!(awake, Ok(Mood::HangsUp) | Err(_)) {
        drop(stream.write_all(b"PONG\0").await);
    }
}

async fn answer(mut stream: TcpStream, mut moods: watch::Receiver<Mood>) {
    let awake = moods.wait_for(|mood| *mood != Mood::Sleeps).await.map(|mood| *mood);
    match awake {
        Ok(Mood::HangsUp) | Err(_) => return,
        Ok(Mood::Blurts(words)) => return drop(stream.write_all(words).await),
        Ok(_) => {}
    }
    let Some(file) = file(&mut stream).await else { return };
    let told = moods.wait_for(|mood| !matches!(mood, Mood::Waits | Mood::Sleeps)).await;
    let words: &[u8] = match told.map(|mood| *mood) {
        Ok(Mood::Says(words)) => words,
        Ok(Mood::Scans) if is_eicar(&file) => b"stream: Eicar-Test-Signature FOUND\0",
        Ok(Mood::Scans) => b"stream: OK\0",
        _ => return,
    };
    drop(stream.write_all(words).await);
}

fn is_eicar(file: &[u8]) -> bool {
    let eicar = FakeClamd::eicar();
    file.windows(eicar.len()).any(|part| part == eicar)
}

/// What was sent, if it was sent as `INSTREAM` wants it.
async fn file(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut command = [0; 10];
    stream.read_exact(&mut command).await.ok()?;
    if &command != b"zINSTREAM\0" {
        return None;
    }
    let mut file = Vec::new();
    loop {
        let length = u64::from(stream.read_u32().await.ok()?);
        if length == 0 {
            return Some(file);
        }
        let read = (&mut *stream).take(length).read_to_end(&mut file).await.ok()?;
        if read as u64 != length {
            return None;
        }
    }
}
