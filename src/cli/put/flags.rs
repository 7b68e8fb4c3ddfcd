//! The words and flags of `longshore put`, as written, and what they come to.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

use crate::app::config::size;

const EXAMPLES: &str = "\
Examples:
  longshore put report.pdf http://127.0.0.1:8080/files
  longshore put ~/Photos https://example.org/uploads/photos
  tar c folder | longshore put - --name folder.tar https://example.org/files
  longshore put --json *.iso https://example.org/tus/files/files

The same command again goes on where it was interrupted.
Exit codes: 0 everything is stored, 1 something is not, 2 wrong usage, 130 interrupted.";

/// Send files and folders to a page of Longshore, or to any server that speaks tus 1.0
#[derive(Parser)]
#[command(name = "longshore put", bin_name = "longshore put", version, after_help = EXAMPLES)]
#[command(override_usage = "longshore put [OPTIONS] FILE... URL")]
pub(super) struct Flags {
    /// Files, and folders with all that is in them, `-` for standard input; and last where to send them: a page such
    /// as https://example.org/files, or a tus address
    #[arg(required = true, value_name = "FILE... URL")]
    words: Vec<OsString>,

    /// The page's slot, if it is not named like the page
    #[arg(long, value_name = "NAME")]
    pub(super) slot: Option<String>,

    /// URL is a tus address; it is not asked whether it is one
    #[arg(long, conflicts_with = "slot")]
    pub(super) tus: bool,

    /// The name to send a single file or standard input by
    #[arg(long, value_name = "NAME")]
    pub(super) name: Option<String>,

    /// Files on their way at once
    #[arg(short, long, value_name = "NUMBER", default_value_t = 4,
        value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(super) jobs: u16,

    /// Bytes of one request, such as 50MB, where a proxy limits them; a file is one request otherwise
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub(super) chunk_size: Option<u64>,

    /// How often a file is tried again without getting any further
    #[arg(long, value_name = "NUMBER", default_value_t = 10)]
    pub(super) retries: u32,

    /// The pause before the first of these tries; it doubles each time, up to 30s
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = humantime::parse_duration)]
    pub(super) retry_delay: Duration,

    /// How long nothing may move before a connection is given up; for an answer it is ten times as long
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = patience)]
    pub(super) timeout: Duration,

    /// Leave out what is in folders of folders
    #[arg(long)]
    pub(super) no_recurse: bool,

    /// Leave out files and folders whose names begin with a dot
    #[arg(long)]
    pub(super) no_hidden: bool,

    /// Send what symbolic links in folders point to; otherwise they are left out
    #[arg(long)]
    pub(super) follow: bool,

    /// Don't compare the server's SHA-256 with the file's
    #[arg(long)]
    pub(super) no_verify: bool,

    /// A header for each request, `Name: value`; `@FILE` reads them from a file, where `ps` doesn't show them
    #[arg(short = 'H', long, value_name = "HEADER")]
    pub(super) header: Vec<String>,

    /// Trust the certificates in this PEM file, and no others
    #[arg(long, value_name = "FILE")]
    pub(super) cacert: Option<PathBuf>,

    /// Where unfinished uploads are remembered [default: $XDG_STATE_HOME/longshore/put.json]
    #[arg(long, value_name = "FILE", conflicts_with = "no_state")]
    pub(super) state: Option<PathBuf>,

    /// Remember nothing: an interrupted upload begins anew
    #[arg(long)]
    pub(super) no_state: bool,

    /// Print a JSON object for each file when it ends, and one for all of them at the end
    #[arg(long)]
    pub(super) json: bool,

    /// Say only what went wrong
    #[arg(short, long)]
    pub(super) quiet: bool,
}

impl Flags {
    /// What no single flag can say about itself.
    ///
    /// # Errors
    /// A sentence for the user.
    pub(super) fn ensure_sense(&self) -> Result<(), String> {
        if self.files().is_empty() {
            return Err("files and an address are needed: longshore put FILE... URL".to_owned());
        }
        let streams = self.files().iter().filter(|file| *file == "-").count();
        if streams > 1 {
            return Err("standard input (`-`) can be sent once".to_owned());
        }
        if streams == 1 && self.name.is_none() {
            return Err("`-` needs `--name NAME`: standard input has no name".to_owned());
        }
        if self.name.is_some() && self.files().len() > 1 {
            return Err("`--name` is for a single file".to_owned());
        }
        Ok(())
    }

    pub(super) fn files(&self) -> &[OsString] {
        self.words.split_last().map_or(&[], |(_, files)| files)
    }

    /// Whatever is no text is no address either.
    pub(super) fn url(&self) -> &str {
        self.words.last().and_then(|url| url.to_str()).unwrap_or_default()
    }
}

fn bytes(text: &str) -> Result<u64, String> {
    let bytes = size(text).filter(|bytes| *bytes > 0);
    bytes.ok_or_else(|| "bytes like 50MB or 8MiB are needed".to_owned())
}

fn patience(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    (!time.is_zero()).then_some(time).ok_or_else(|| "it has to be more than nothing".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(words: &str) -> Result<Flags, String> {
        let flags = Flags::try_parse_from(words.split(' ')).map_err(|error| error.to_string())?;
        flags.ensure_sense().map(|()| flags)
    }

    #[test]
    fn the_last_word_is_the_address() {
        Flags::command().debug_assert();
        let flags = parse("put a b -j 2 http://h/files").unwrap();
        assert_eq!(flags.files(), ["a", "b"]);
        assert_eq!((flags.url(), flags.jobs), ("http://h/files", 2));
    }

    #[test]
    fn flags_may_stand_anywhere() {
        for words in [
            "put - --name x http://h/files",
            "put --name x - http://h/files",
            "put - http://h/files --name x",
        ] {
            let flags = parse(words).unwrap();
            assert_eq!(
                (flags.files(), flags.url()),
                (&["-".into()][..], "http://h/files"),
                "{words}"
            );
        }
    }

    #[test]
    fn senseless_words_are_refused() {
        for words in [
            "put",
            "put http://h/files",
            "put - http://h/files",
            "put - - --name x http://h/files",
            "put a b --name x http://h/files",
            "put a http://h/files --jobs 0",
            "put a http://h/files --chunk-size 0",
            "put a http://h/files --chunk-size many",
            "put a http://h/files --timeout 0s",
            "put a http://h/files --slot x --tus",
            "put a http://h/files --state x --no-state",
        ] {
            assert!(parse(words).is_err(), "{words}");
        }
    }
}
