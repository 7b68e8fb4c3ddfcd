//! Fetches what was stored, and looks that it is what was sent.

use std::io::Write;
use std::sync::Barrier;
use std::sync::Mutex;
use std::time::Instant;

use serde_json::{Value, json};

use crate::args::Args;
use crate::load::percentile;
use crate::pool::Pool;
use crate::web::Web;
use crate::{Client, File, Outcome, process};

/// Who has stored files, and where they are.
struct Reader {
    web: Web,
    files: Vec<(String, File)>,
    /// Each file is asked for in so many parts; 1 is a request without a range.
    ranges: usize,
}

impl Reader {
    /// Stores files before the clock starts. The address of each is what the answer says, or where it was put.
    fn new(args: &Args, files: Vec<File>) -> Outcome<Self> {
        let mut web = Web::new(args, &args.text("mode", "put"))?;
        web.prepare()?;
        let mut stored = Vec::new();
        for file in files {
            let answer = web.send(&file)?.ok_or("this door does not say where a file is")?;
            let said: Option<Value> = serde_json::from_slice(&answer.body).ok();
            let url = said.and_then(|said| said["files"][0]["url"].as_str().map(str::to_owned));
            stored.push((url.unwrap_or_else(|| format!("/{}", file.name)), file));
        }
        Ok(Self { web, files: stored, ranges: args.number("ranges", 1)?.max(1) })
    }

    fn fetch(&mut self, times: usize, buffer: &mut [u8], took: &mut Vec<f64>) -> Outcome<()> {
        for (path, file) in self.files.iter().cycle().take(self.files.len() * times) {
            let part = file.bytes.len().div_ceil(self.ranges).max(1);
            for (index, bytes) in file.bytes.chunks(part).enumerate() {
                let begun = Instant::now();
                let first = index * part;
                let (wish, status) = match self.ranges {
                    1 => (String::new(), 200),
                    _ => (format!("Range: bytes={first}-{}\r\n", first + bytes.len() - 1), 206),
                };
                let head = self.web.get(path, &wish);
                self.web.connection.open()?.write_all(head.as_bytes())?;
                let answer = self.web.connection.head()?;
                if answer.status != status {
                    return Err(format!("{path}: {}", answer.status).into());
                }
                self.web.connection.compare(bytes, buffer)?;
                took.push(begun.elapsed().as_secs_f64());
            }
        }
        Ok(())
    }
}

/// `--files` of `--size` on `--connections`, each fetched `--times`, in `--ranges`.
pub(crate) fn run(args: &Args) -> Outcome<()> {
    let (files, size) = (args.number("files", 1)?, args.number("size", 1 << 20)?);
    let (connections, times) =
        (args.number("connections", 1)?.min(files), args.number("times", 1)?);
    let server = args.number("pid", 0)?;
    let pool = Pool::of(files, size);
    let (ready, go) = (Barrier::new(connections + 1), Barrier::new(connections + 1));
    let took = Mutex::new(Vec::new());
    let failed: Mutex<Option<String>> = Mutex::default();
    let (before, begun) = std::thread::scope(|scope| {
        for first in 0..connections {
            let (ready, go, took, failed) = (&ready, &go, &took, &failed);
            scope.spawn(move || {
                let mine = (first..files).step_by(connections);
                let reader =
                    Reader::new(args, mine.map(|index| pool.file("d", index, size)).collect());
                let (mut buffer, mut own) = (vec![0; 256 << 10], Vec::new());
                ready.wait();
                go.wait();
                let outcome =
                    reader.and_then(|mut reader| reader.fetch(times, &mut buffer, &mut own));
                took.lock().unwrap_or_else(|broken| broken.into_inner()).extend(own);
                if let Err(error) = outcome {
                    *failed.lock().unwrap_or_else(|broken| broken.into_inner()) =
                        Some(error.to_string());
                }
            });
        }
        ready.wait();
        let before = process::cost(server);
        let begun = Instant::now();
        go.wait();
        (before, begun)
    });
    let seconds = begun.elapsed().as_secs_f64();
    let after = process::cost(server);
    let mut took = took.into_inner().unwrap_or_else(|broken| broken.into_inner());
    took.sort_by(f64::total_cmp);
    let part = size.div_ceil(args.number("ranges", 1)?.max(1));
    let gib = (took.len() * part) as f64 / (1_u64 << 30) as f64;
    println!(
        "{}",
        json!({
            "fetched": took.len(), "seconds": seconds, "mib_s": gib * 1024.0 / seconds,
            "files_s": took.len() as f64 / seconds, "p50_ms": percentile(&took, 50.0) * 1e3,
            "p99_ms": percentile(&took, 99.0) * 1e3, "cpu_s_gib": (after.cpu - before.cpu) / gib,
            "cpu_ms_file": (after.cpu - before.cpu) * 1e3 / took.len() as f64, "peak_mib": after.peak as f64 / 1024.0,
        })
    );
    match failed.into_inner().unwrap_or_else(|broken| broken.into_inner()) {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}
