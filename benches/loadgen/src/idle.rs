//! Opens many connections and says what each of them costs the server in memory.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::args::Args;
use crate::pool::Pool;
use crate::{Client, Outcome, client, process};

/// So long after the last one was opened the server is looked at.
const SETTLED: Duration = Duration::from_millis(1_500);
/// Who needs longer to open them all is looked at with what is open.
const PATIENCE: Duration = Duration::from_secs(60);

/// Opens `--count` connections; with `--stall` each of them begins a file of `--size` and stops after so many bytes.
pub(crate) fn run(args: &Args) -> Outcome<()> {
    let (count, stall) = (args.number("count", 1_000)?, args.number("stall", 0)?);
    let (server, size) = (args.number("pid", 0)?, args.number("size", 1 << 20)?);
    let pool = Pool::of(1, size);
    let before = process::cost(server);
    let begun = Instant::now();
    let mut open: Vec<Box<dyn Client>> = Vec::new();
    let mut trouble = None;
    while open.len() < count && begun.elapsed() < PATIENCE && trouble.is_none() {
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
    #[allow(clippy::disallowed_methods)] // There is no worker here that could be blocked.
    std::thread::sleep(SETTLED);
    let after = process::cost(server);
    let kept = open.iter().filter(|client| client.is_open()).count();
    let each = |cost: f64| cost / open.len().max(1) as f64;
    println!(
        "{}",
        json!({
            "open": kept, "kib_each": each(after.resident as f64 - before.resident as f64),
            "cpu_ms_each": each((after.cpu - before.cpu) * 1e3), "before_mib": before.resident as f64 / 1024.0,
            "peak_mib": after.peak as f64 / 1024.0,
        })
    );
    match trouble {
        Some(trouble) => Err(trouble.into()),
        None if kept < count => Err(format!("{kept} of {count} are open").into()),
        None => Ok(()),
    }
}
