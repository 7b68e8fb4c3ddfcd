//! Uses memory and gives it back, just before something is measured.
//!
//! In a virtual machine whose free memory has gone back to the host, the first use of a page costs a fault there, many
//! times what a copy costs. Without this the server that fills the page cache first pays for all.

use std::fs;
use std::hint::black_box;
use std::io::Write;

use crate::Outcome;
use crate::args::Args;

/// `--mib` of memory, and a file of at most 1.5 GiB in `--dir`: large writes take blocks of memory of another kind
/// than single pages, and only a file that was written so brings those.
pub(crate) fn run(args: &Args) -> Outcome<()> {
    let mib = args.number("mib", 2_560)?;
    drop(black_box(vec![1_u8; mib << 20]));
    let path = std::path::Path::new(&args.text("dir", ".")).join("warm.bin");
    let piece = vec![7_u8; 1 << 20];
    let mut file = fs::File::create(&path)?;
    for _ in 0..mib.min(1_536) {
        file.write_all(&piece)?;
    }
    drop(file);
    Ok(fs::remove_file(&path)?)
}
