//! The load generator of `scripts/bench`: sends files through one door of one server and says how fast that was.
//!
//! What it costs itself must not be what is measured. So there is a thread for each connection, sockets block, and the
//! bytes of all files lie in memory before the clock starts: sending is one system call for a MiB.

mod args;
mod delay;
mod download;
mod http;
mod idle;
mod live;
mod load;
mod pool;
mod process;
mod sink;
mod warm;
mod web;
mod ws;

use args::Args;

/// Whatever goes wrong ends in one line for the person who runs this.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A file as a client has it.
#[derive(Clone)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) bytes: &'static [u8],
}

/// One connection to one door.
pub(crate) trait Client: Send {
    /// What happens before the clock starts: connect, fetch a page, say hello.
    fn prepare(&mut self) -> Outcome<()>;

    /// So many files are handed to `upload` at once, if there are as many for each connection.
    fn at_once(&self) -> usize {
        1
    }

    /// Sends files and returns when each was acknowledged as stored. For each one the seconds from its first byte to
    /// that are added to `took`, also if a later one fails.
    fn upload(&mut self, files: &[File], took: &mut Vec<f64>) -> Outcome<()>;

    /// Begins a file and sends nothing more after `part` bytes.
    fn stall(&mut self, file: &File, part: usize) -> Outcome<()>;

    /// Whether the server has kept the connection.
    fn is_open(&self) -> bool;
}

/// A client for the door that `--mode` names.
pub(crate) fn client(args: &Args) -> Outcome<Box<dyn Client>> {
    Ok(match args.text("mode", "put").as_str() {
        "live" => Box::new(live::Live::new(args)?),
        "raw" => Box::new(sink::Raw::new(args)),
        mode => Box::new(web::Web::new(args, mode)?),
    })
}

fn main() {
    let mut words = std::env::args().skip(1);
    let command = words.next().unwrap_or_default();
    let outcome = Args::read(words).and_then(|args| match command.as_str() {
        "load" => load::run(&args),
        "download" => download::run(&args),
        "idle" => idle::run(&args),
        "verify" => pool::verify(&args),
        "sink" => sink::serve(&args),
        "warm" => warm::run(&args),
        "delay" => delay::run(&args),
        _ => Err("usage: loadgen load|download|idle|verify|sink|warm|delay --KEY VALUE...".into()),
    });
    if let Err(error) = outcome {
        eprintln!("loadgen {command}: {error}");
        std::process::exit(1);
    }
}
