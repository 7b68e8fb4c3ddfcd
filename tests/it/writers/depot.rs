//! A page whose files go to writers that note what they are told. A file's name says what goes wrong.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use actix_web::web::Bytes;
use async_trait::async_trait;
use longshore::{
    BufferedWriter, Chunk, ChunkStream, Consumed, Entry, EntryId, PartWriter, Rejection,
    SlotOptions, UploadSession, UploadWriter, UploadedFile, ViewError, WriterError,
};
use serde_json::{Value, json};

use crate::room::{Gate, Notes, Room, says};
use crate::support::TestApp;

/// What one writer was told.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) id: Option<EntryId>,
    calls: Vec<String>,
    pub(super) bytes: Vec<u8>,
    sizes: Vec<usize>,
}

impl Seen {
    /// The calls in order; chunks that follow each other are one.
    pub(super) fn calls(&self) -> Vec<&str> {
        let mut calls: Vec<&str> = self.calls.iter().map(String::as_str).collect();
        calls.dedup_by(|one, other| one == other && *one == "chunk");
        calls
    }

    fn was_told(&self, call: &str) -> bool {
        self.calls.iter().any(|known| known == call)
    }
}

/// The sizes of the parts.
pub(super) fn sizes(seen: &Seen) -> Vec<usize> {
    seen.sizes.clone()
}

/// All writers of a test.
#[derive(Clone)]
pub(super) struct Depot {
    seen: Arc<Mutex<HashMap<String, Seen>>>,
    /// What the page was told, and what its readers noted.
    pub(super) notes: Notes,
    /// Writers of slow files wait here.
    pub(super) gate: Gate,
}

impl Default for Depot {
    fn default() -> Self {
        Self { seen: Arc::default(), notes: Notes::default(), gate: Gate::closed() }
    }
}

impl Depot {
    pub(super) fn seen(&self, name: &str) -> Seen {
        self.seen.lock().unwrap().get(name).cloned().unwrap_or_default()
    }

    /// Waits until a file's writer was told something.
    pub(super) async fn until(&self, name: &str, call: &str) {
        longshore::testing::until(call, || self.seen(name).was_told(call)).await;
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Seen)) {
        change(self.seen.lock().unwrap().entry(name.to_owned()).or_default());
    }

    pub(super) async fn open(&self) -> TestApp {
        self.room().open().await
    }

    pub(super) fn room(&self) -> Room {
        let roomy = || SlotOptions::new().max_entries(100).max_file_size(64_000_000);
        let (bytes, parts, chunks) = (self.clone(), self.clone(), self.clone());
        let slots = vec![
            ("bytes", roomy().writer(move |entry| Noting::new(entry, &bytes))),
            (
                "parts",
                roomy().writer(move |entry| {
                    BufferedWriter::with_part_size(Noting::new(entry, &parts), 100_000)
                }),
            ),
            ("chunks", roomy().chunks(move |entry, stream| read(entry, stream, chunks.clone()))),
        ];
        let depot = self.clone();
        Room::new(slots)
            .on_progress(move |entry, session| {
                let depot = depot.clone();
                async move { depot.take(&entry, &session).await }
            })
            .on_event(|event, session| async move {
                let id = event.text("id").unwrap().parse().unwrap();
                says(session.entry(id).await?.writer_result.unwrap_or_default())
            })
    }

    async fn take(&self, entry: &Entry, session: &UploadSession) -> Result<(), ViewError> {
        if !entry.done() {
            return Ok(());
        }
        self.notes.note(entry.writer_result.as_ref().unwrap());
        let take = async |file: &UploadedFile<'_>, entry: &Entry| {
            match entry.name.as_str() {
                "keep.txt" => file.keep(),
                "read.txt" => {
                    let error = file.read().await.unwrap_err();
                    self.notes.note(&error);
                    return Err(error);
                }
                "later.txt" => return Ok(Consumed::Postpone(())),
                _ => {}
            }
            Ok(Consumed::Done(()))
        };
        Ok(session.consume_uploaded_entry(entry, take).await?)
    }
}

/// Notes what it is told. A file called `chunk fails` fails at its first chunk, and so on.
pub(super) struct Noting {
    name: String,
    depot: Depot,
    end: u64,
}

impl Noting {
    fn new(entry: &Entry, depot: &Depot) -> Self {
        assert_ne!(entry.name.as_str().split(' ').next(), Some("make"), "on purpose");
        let (name, depot) = (entry.name.to_string(), depot.clone());
        depot.change(&name, |seen| *seen = Seen { id: Some(entry.id), ..Seen::default() });
        Self { name, depot, end: 0 }
    }

    fn called(&self, step: &str) -> Result<(), WriterError> {
        self.depot.change(&self.name, |seen| seen.calls.push(step.to_owned()));
        let mut words = self.name.split(' ');
        match (words.next() == Some(step), words.next()) {
            (true, Some("fails")) => Err(WriterError::failed("the secret reason")),
            (true, Some("refuses")) => Err(Rejection::because("The depot is full.").into()),
            (true, Some("panics")) => panic!("a writer that panics, on purpose"),
            _ => Ok(()),
        }
    }

    async fn took(&mut self, offset: u64, bytes: &[u8]) -> Result<(), WriterError> {
        assert_eq!(offset, self.end, "{}: no gap and no repetition", self.name);
        assert!(!bytes.is_empty(), "{}", self.name);
        self.end += bytes.len() as u64;
        self.called("chunk")?;
        if self.name == "slow.txt" {
            self.depot.notes.note("waits");
            self.depot.gate.passed().await;
        }
        self.depot.change(&self.name, |seen| {
            seen.bytes.extend_from_slice(bytes);
            seen.sizes.push(bytes.len());
        });
        Ok(())
    }
}

#[async_trait]
impl UploadWriter for Noting {
    async fn open(&mut self) -> Result<(), WriterError> {
        self.called("open")
    }

    async fn write_chunk(&mut self, chunk: Chunk) -> Result<(), WriterError> {
        self.took(chunk.offset, &chunk.bytes).await
    }

    async fn close(&mut self) -> Result<Value, WriterError> {
        self.called("close")?;
        Ok(json!({ "place": self.name, "size": self.end }))
    }

    async fn abort(&mut self, reason: &Rejection) {
        let abort = format!("abort {}", reason.code());
        self.depot.change(&self.name, |seen| seen.calls.push(abort));
    }
}

#[async_trait]
impl PartWriter for Noting {
    async fn open(&mut self) -> Result<(), WriterError> {
        self.called("open")
    }

    async fn write_part(&mut self, number: u32, part: Bytes) -> Result<(), WriterError> {
        assert_eq!(u64::from(number - 1) * 100_000, self.end);
        self.took(self.end, &part).await
    }

    async fn complete(&mut self, parts: u32) -> Result<Value, WriterError> {
        self.called("close")?;
        Ok(json!({ "parts": parts }))
    }

    async fn abort(&mut self, reason: &Rejection) {
        UploadWriter::abort(self, reason).await;
    }
}

/// Reads an upload while it comes in, and answers how long it was.
async fn read(entry: Entry, mut stream: ChunkStream, depot: Depot) -> Result<Value, WriterError> {
    let name = entry.name.to_string();
    let mut end = 0;
    while let Some(chunk) = stream.next().await {
        let chunk =
            chunk.inspect_err(|reason| depot.notes.note(format!("{name} {}", reason.code())))?;
        assert_eq!(chunk.offset, end, "no gap and no repetition");
        end += chunk.len();
        depot.change(&name, |seen| seen.bytes.extend_from_slice(&chunk.bytes));
        match name.as_str() {
            "early.txt" => return Ok(Value::Null),
            "fails.txt" => return Err(WriterError::failed("the secret reason")),
            "refuses.txt" => return Err(Rejection::because("Not this one.").into()),
            "panics.txt" => panic!("a reader that panics, on purpose"),
            _ => {}
        }
    }
    Ok(json!({ "read": end }))
}
