//! Opens many connections and says what each of them costs the server in memory, and what each further one does.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::args::Args;
use crate::pool::Pool;
use crate::{Client, Outcome, client, process};

/// So long after the last one was opened the server is looked at.
const SETTLED: Duration = Duration::from_millis(1_500);
/// Who needs longer to open them all is looked at with what is open.
const PATIENCE: Duration = Duration::from_secs(60);

/// Opens `--count` connections; with `--stall` each of them begins a file of `--size` and stops after so many bytes. The
/// server is looked at when all are open and before, at `--marks`: the first thousand may be paid for by what a server has put
/// by, the next ones are not.
#[allow(clippy::disallowed_methods)] // There is no worker here that could be blocked.
pub(crate) fn run(args: &Args) -> Outcome<()> {
    let (count, stall) = (args.number("count", 1_000)?, args.number("stall", 0)?);
    let (server, size) = (args.number("pid", 0)?, args.number("size", 1 << 20)?);
    let pool = Pool::of(1, size);
    let before = process::cost(server);
    let begun = Instant::now();
    let mut open: Vec<Box<dyn Client>> = Vec::new();
    let mut trouble = None;
    let marks: Vec<usize> =
        args.text("marks", "").split(',').filter_map(|mark| mark.parse().ok()).collect();
    let mut looks: Vec<(usize, process::Cost)> = Vec::new();
    while open.len() < count && begun.elapsed() < PATIENCE && trouble.is_none() {
        if marks.get(looks.len()) == Some(&open.len()) {
            std::thread::sleep(SETTLED);
            looks.push((open.len(), process::cost(server)));
        }
        let mut client = client(args)?;
        let mut outcome = client.prepare();
        if stall > 0 && outcome.is_ok() {
            outcome = client.stall(&pool.file("idle", 0, size), stall);
        }
        match outcome {
            Ok(()) => open.push(client),
            Err(error) => trouble = Some(error.to_string()),
        }
    }
    std::thread::sleep(SETTLED);
    let after = process::cost(server);
    let kept = open.iter().filter(|client| client.is_open()).count();
    looks.push((open.len(), after.clone()));
    let kib = |from: &process::Cost, to: &process::Cost, by: usize| {
        (to.resident as f64 - from.resident as f64) / by.max(1) as f64
    };
    let (first, at_first) = &looks[0];
    println!(
        "{}",
        json!({
            "open": kept, "kib_each": kib(&before, &after, open.len()),
            "kib_further": kib(at_first, &after, open.len() - first),
            "grown": looks.iter().map(|(count, look)| json!([count, kib(&before, look, *count)])).collect::<Vec<_>>(),
            "cpu_ms_each": (after.cpu - before.cpu) * 1e3 / open.len().max(1) as f64,
            "before_mib": before.resident as f64 / 1024.0, "peak_mib": after.peak as f64 / 1024.0,
        })
    );
    match trouble {
        Some(trouble) => Err(trouble.into()),
        None if kept < count => Err(format!("{kept} of {count} are open").into()),
        None => Ok(()),
    }
}
