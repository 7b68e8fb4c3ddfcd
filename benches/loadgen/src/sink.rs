//! What this machine can do at most: bare TCP into a file, without a protocol.
//!
//! A client sends a length of 8 bytes, big endian, and the bytes; the server answers one byte when they are in the file.

use std::fs::File as DiskFile;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::args::Args;
use crate::http::{connect, is_open, send, split};
use crate::{Client, File, Outcome};

static NEXT: AtomicUsize = AtomicUsize::new(0);

fn receive(stream: &mut TcpStream, folder: &Path, sync: bool, buffer: &mut [u8]) -> Outcome<()> {
    let mut length = [0; 8];
    stream.read_exact(&mut length)?;
    let mut missing = u64::from_be_bytes(length);
    let name = format!("{}.bin", NEXT.fetch_add(1, Ordering::Relaxed));
    let mut file = DiskFile::create(folder.join(name))?;
    while missing > 0 {
        let most = buffer.len().min(missing as usize);
        stream.read_exact(&mut buffer[..most])?;
        file.write_all(&buffer[..most])?;
        missing -= most as u64;
    }
    if sync {
        file.sync_all()?;
    }
    Ok(stream.write_all(b"k")?)
}

/// Listens at `--listen` and writes into `--dir`; with `--sync` a file is synced before it is answered.
pub(crate) fn serve(args: &Args) -> Outcome<()> {
    let listener = TcpListener::bind(args.text("listen", "127.0.0.1:8080"))?;
    let (folder, sync) = (args.text("dir", "."), args.get("sync").is_some());
    for stream in listener.incoming() {
        let (mut stream, folder) = (stream?, folder.clone());
        stream.set_nodelay(true)?;
        std::thread::spawn(move || {
            let mut buffer = vec![0; 256 << 10];
            while receive(&mut stream, Path::new(&folder), sync, &mut buffer).is_ok() {}
        });
    }
    Ok(())
}

pub(crate) struct Raw {
    host: String,
    stream: Option<TcpStream>,
}

impl Raw {
    pub(crate) fn new(args: &Args) -> Self {
        Self { host: split(&args.text("url", "http://127.0.0.1:8080")).0, stream: None }
    }
}

impl Client for Raw {
    fn prepare(&mut self) -> Outcome<()> {
        self.stream = Some(connect(&self.host)?);
        Ok(())
    }

    fn upload(&mut self, files: &[File], took: &mut Vec<f64>) -> Outcome<()> {
        let stream = self.stream.as_mut().ok_or("not connected")?;
        for file in files {
            let begun = Instant::now();
            send(stream, &(file.bytes.len() as u64).to_be_bytes(), &[file.bytes])?;
            stream.read_exact(&mut [0])?;
            took.push(begun.elapsed().as_secs_f64());
        }
        Ok(())
    }

    fn stall(&mut self, file: &File, part: usize) -> Outcome<()> {
        let stream = self.stream.as_mut().ok_or("not connected")?;
        stream.write_all(&(file.bytes.len() as u64).to_be_bytes())?;
        Ok(stream.write_all(&file.bytes[..part])?)
    }

    fn is_open(&self) -> bool {
        self.stream.as_ref().is_some_and(is_open)
    }
}
