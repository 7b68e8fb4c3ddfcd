//! [`CommandCheck`]: asks a program of the operator's whether a file may come in.
//!
//! A program that is handed what strangers send must not be handed anything else of theirs: a name with
//! a quote in it is the oldest way into a shell. So there is no shell, the arguments are the operator's,
//! the file comes on standard input, and the environment is made anew. The program lives no longer than
//! its time: then its whole process group is killed, and its end is waited for.
//!
//! INVARIANT: nothing that a client said is in arguments or environment.

mod run;

use std::ffi::OsString;
use std::time::Duration;

use async_trait::async_trait;

use super::outside::{Failure, Terms, printable, setters_of_terms};
use super::{Check, Stage, Subject, Verdict};
use crate::domain::{Code, Rejection};

use self::run::{Ended, Errand};

const TIME_LIMIT: Duration = Duration::from_secs(60);
const AT_ONCE: usize = 2;
/// Characters of a program's sentence.
const LONGEST_SENTENCE: usize = 200;

/// Asks a program: exit status 0 is yes, 1 is no, anything else "I couldn't look". It looks at whole files.
///
/// The program reads the file from standard input and need not read all of it. With a no, the first line
/// that it prints is the sentence that people read beside their file (`not_accepted`); what it prints to
/// standard error goes to the log when it fails. Its environment is `PATH`, `LANG`, `LONGSHORE_ENTRY`
/// (the entry's id), `LONGSHORE_SIZE` (bytes) and `LONGSHORE_TYPE` (the media type that the bytes have);
/// its folder is `/`. What it leaves running when it ends by itself is its own affair.
#[derive(Clone, Debug)]
pub struct CommandCheck {
    program: OsString,
    arguments: Vec<OsString>,
    terms: Terms,
}

impl CommandCheck {
    /// A program, by its whole path. It is started for each file, and not before.
    #[must_use]
    pub fn run(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            terms: Terms::new(TIME_LIMIT, AT_ONCE),
        }
    }

    /// Arguments, as they are: no shell looks at them.
    #[must_use]
    pub fn arguments<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    setters_of_terms!("one run", "60 s", "run", "2");

    async fn decide(&self, subject: &Subject<'_>) -> Result<Verdict, Failure> {
        let content = subject.content.ok_or(Failure::Unreadable)?;
        let errand = Errand {
            program: &self.program,
            arguments: &self.arguments,
            environment: environment(subject),
        };
        let Ended { status, said, complained } = errand.run(content).await?;
        match status.code() {
            Some(0) => Ok(Verdict::Accept),
            Some(1) => Ok(Verdict::Refuse(sentence(&said))),
            _ => {
                let complaint = printable(&complained, 300);
                Err(Failure::Answer(format!("the program ended with {status}: {complaint:?}")))
            }
        }
    }
}

fn environment(subject: &Subject<'_>) -> Vec<(&'static str, String)> {
    let entry = subject.entry;
    let media_type = entry.media_type.clone().unwrap_or_default();
    vec![
        ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()),
        ("LANG", "C.UTF-8".to_owned()),
        ("LONGSHORE_ENTRY", entry.id.to_string()),
        ("LONGSHORE_SIZE", entry.offset.to_string()),
        ("LONGSHORE_TYPE", media_type.to_string()),
    ]
}

/// The first line, if there is one to read.
fn sentence(said: &str) -> Rejection {
    let line = printable(said.lines().next().unwrap_or_default(), LONGEST_SENTENCE);
    if line.is_empty() { Rejection::new(Code::NotAccepted) } else { Rejection::because(line) }
}

#[async_trait]
impl Check for CommandCheck {
    fn name(&self) -> &'static str {
        "command"
    }

    fn stage(&self) -> Stage {
        Stage::Complete
    }

    async fn check(&self, subject: Subject<'_>) -> Verdict {
        self.terms.ask(self.name(), &subject, self.decide(&subject)).await
    }
}

#[cfg(test)]
mod tests;
