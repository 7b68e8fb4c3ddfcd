//! Sends many files on several connections, and says how fast that was and what it cost the server.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};
use std::time::Instant;

use serde_json::json;

use crate::args::Args;
use crate::pool::Pool;
use crate::{Outcome, client, process};

/// What all connections share.
struct Work {
    pool: Pool,
    files: usize,
    size: usize,
    /// No connection takes more at once than there are for each: the others would have nothing to do.
    share: usize,
    prefix: String,
    next: AtomicUsize,
    /// How many connections have had something to do.
    busy: AtomicUsize,
    took: Mutex<Vec<f64>>,
    errors: Mutex<Vec<String>>,
}

impl Work {
    fn complain(&self, error: impl ToString) {
        self.errors.lock().unwrap_or_else(|broken| broken.into_inner()).push(error.to_string());
    }

    /// One connection: takes files as long as there are any. The first error ends it.
    fn send(&self, mut client: Box<dyn crate::Client>) {
        let mut took = Vec::new();
        let at_once = client.at_once().min(self.share);
        loop {
            let begin = self.next.fetch_add(at_once, Ordering::Relaxed);
            let end = self.files.min(begin + at_once);
            if begin >= end {
                break;
            }
            let files: Vec<_> =
                (begin..end).map(|index| self.pool.file(&self.prefix, index, self.size)).collect();
            if let Err(error) = client.upload(&files, &mut took) {
                self.complain(error);
                break;
            }
        }
        self.busy.fetch_add(usize::from(!took.is_empty()), Ordering::Relaxed);
        self.took.lock().unwrap_or_else(|broken| broken.into_inner()).extend(took);
    }
}

/// The value below which so many of a hundred lie.
pub(crate) fn percentile(sorted: &[f64], percent: f64) -> f64 {
    let place = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted.get(place.clamp(1, sorted.len().max(1)) - 1).copied().unwrap_or(0.0)
}

pub(crate) fn run(args: &Args) -> Outcome<()> {
    let (files, size) = (args.number("files", 1)?, args.number("size", 1 << 20)?);
    let connections = args.number("connections", 1)?.min(files);
    let server = args.number("pid", 0)?;
    let work = Work {
        pool: Pool::of(files, size),
        files,
        size,
        share: files.div_ceil(connections.max(1)),
        prefix: args.text("prefix", "f"),
        next: AtomicUsize::new(0),
        busy: AtomicUsize::new(0),
        took: Mutex::default(),
        errors: Mutex::default(),
    };
    let (ready, go) = (Barrier::new(connections + 1), Barrier::new(connections + 1));
    let (before, own, begun) = std::thread::scope(|scope| {
        for _ in 0..connections {
            scope.spawn(|| {
                let client = client(args).and_then(|mut client| client.prepare().map(|()| client));
                ready.wait();
                go.wait();
                match client {
                    Ok(client) => work.send(client),
                    Err(error) => work.complain(format!("before the start: {error}")),
                }
            });
        }
        ready.wait();
        let (before, own) = (process::cost(server), process::own_cpu());
        let begun = Instant::now();
        go.wait();
        println!("go");
        (before, own, begun)
    });
    let seconds = begun.elapsed().as_secs_f64();
    let after = process::cost(server);
    let mut took = work.took.into_inner().unwrap_or_else(|broken| broken.into_inner());
    took.sort_by(f64::total_cmp);
    let errors = work.errors.into_inner().unwrap_or_else(|broken| broken.into_inner());
    let gib = (took.len() * size) as f64 / (1_u64 << 30) as f64;
    println!(
        "{}",
        json!({
            "stored": took.len(), "connections": work.busy.into_inner(), "seconds": seconds, "mib_s": gib * 1024.0 / seconds,
            "files_s": took.len() as f64 / seconds, "p50_ms": percentile(&took, 50.0) * 1e3,
            "p99_ms": percentile(&took, 99.0) * 1e3, "max_ms": percentile(&took, 100.0) * 1e3,
            "cpu_s": after.cpu - before.cpu, "cpu_s_gib": (after.cpu - before.cpu) / gib,
            "cpu_ms_file": (after.cpu - before.cpu) * 1e3 / took.len() as f64, "peak_mib": after.peak as f64 / 1024.0,
            "client_cpu_s_gib": (process::own_cpu() - own) / gib,
        })
    );
    if took.len() == files {
        return Ok(());
    }
    Err(format!("{} of {files} stored: {:?}", took.len(), errors.first()).into())
}
