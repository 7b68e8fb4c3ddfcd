//! What the servers of this process say in their log, and where they panic.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};

use tracing_subscriber::fmt::MakeWriter;

/// The log of the whole test process. Servers run on threads of their own, so there is one for all tests;
/// each looks for words that only it uses.
#[derive(Clone, Default)]
pub(crate) struct Log {
    whole: Arc<Mutex<Vec<u8>>>,
    /// Panics in the sources of the program and of its libraries; those of tests are not noted.
    panics: Arc<Mutex<Vec<String>>>,
    /// How much of either is older than this handle.
    from: (usize, usize),
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.whole.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Log {
    /// Everything from the first call in this process on.
    pub(crate) fn start() -> Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        let log = LOG.get_or_init(|| {
            let log = Self::default();
            let logs = tracing_subscriber::fmt().with_ansi(false).with_writer(log.clone());
            logs.with_max_level(tracing_subscriber::filter::LevelFilter::WARN).init();
            log.note_panics();
            log
        });
        log.clone()
    }

    /// What is said from now on.
    pub(crate) fn from_here() -> Self {
        let log = Self::start();
        let from = (log.whole.lock().unwrap().len(), log.panics.lock().unwrap().len());
        Self { from, ..log }
    }

    fn note_panics(&self) {
        let (panics, before) = (Arc::clone(&self.panics), std::panic::take_hook());
        std::panic::set_hook(Box::new(move |panic| {
            let place = panic.location().map_or_else(String::new, ToString::to_string);
            // The twin panics when a test goes wrong, and pages of tests do it on purpose.
            if !["tests/", "src/testing/"].iter().any(|ours| place.starts_with(ours)) {
                panics.lock().unwrap().push(place);
            }
            before(panic);
        }));
    }

    /// What was said, as it was written.
    pub(crate) fn text(&self) -> String {
        let whole = self.whole.lock().unwrap();
        String::from_utf8(whole[self.from.0..].to_vec()).expect("a log of text")
    }

    /// The lines with this word, each as its level.
    pub(crate) fn lines(&self, word: &str) -> Vec<String> {
        let log = self.text();
        let lines = log.lines().filter(|line| line.contains(word));
        lines.map(|line| line.split_whitespace().nth(1).unwrap().to_owned()).collect()
    }

    /// Panics if a control character came into the log as it is, if a line has no head, which is one that a client
    /// wrote, or if the program panicked. Other tests of this process are heard too: none of them may do this either.
    pub(crate) fn is_clean(&self) {
        let log = self.text();
        for line in log.lines() {
            assert!(!line.contains(char::is_control), "a control character in the log: {line:?}");
            assert!(has_head(line), "a line that nobody wrote: {line:?}");
        }
        let panics = self.panics.lock().unwrap();
        assert_eq!(panics[self.from.1..], [""; 0], "the program panicked");
    }
}

/// Whether a line begins with a time and a level.
fn has_head(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let time = words.next().unwrap_or_default();
    let is_time = time.starts_with("20") && time.contains('T') && time.ends_with('Z');
    is_time && ["WARN", "ERROR"].contains(&words.next().unwrap_or_default())
}
