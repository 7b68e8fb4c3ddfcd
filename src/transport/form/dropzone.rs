//! Dropzone's chunks: a file that comes in many forms, in any order, at once, and some of them twice.
//!
//! Each form has the chunk's place in fields in front of it, and no last one says that it was the last. So each chunk
//! is kept as a piece of its own, durable when it is answered, and whoever brings the last missing one joins them all.
//! What belongs together says a name that the client has made up (`dzuuid`): it holds among the chunks of one caller,
//! page and slot, and nowhere else. Of the file's length the count of the chunks and the last of them decide, because
//! `dztotalfilesize` is that of the file before the browser made it smaller.

mod gather;

use actix_web::web::Bytes;

use super::fields::Fields;
use crate::domain::{ClientFacts, Code, Rejection};
use crate::transport::answer::Problem;
use crate::transport::intake::{Pieces, Receipt};
use crate::transport::multipart::Content;

pub(super) use self::gather::Sender;
use self::gather::{Gathering, Kept, Stop};

/// As many chunks as a file may have.
const MOST: u64 = 10_000;
/// As long as a client's own name of a file may be.
const LONGEST: usize = 100;

/// Which chunk of which file a form brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chunk {
    /// The client's own name of the file.
    file: String,
    index: u64,
    count: u64,
    /// As many bytes as each chunk has but the last.
    size: u64,
    /// The file's length, if the browser didn't change it.
    total: Option<u64>,
}

impl Chunk {
    /// The chunk of a form, if it is one.
    pub(super) fn of(fields: &Fields) -> Option<Result<Self, Rejection>> {
        let said = |name: &str| fields.text(name);
        let is_one = said("dzchunkindex").or(said("dztotalchunkcount")).is_some();
        is_one.then(|| Self::read(said))
    }

    fn read<'a>(said: impl Fn(&'static str) -> Option<&'a str>) -> Result<Self, Rejection> {
        let number = |name| match said(name) {
            Some(text) => number(text).map(Some).ok_or_else(|| bad(name)),
            None => Ok(None),
        };
        let needed = |name| number(name)?.ok_or_else(|| bad(name));
        let file = said("dzuuid").filter(|file| !file.is_empty() && file.len() <= LONGEST);
        let file = file.ok_or_else(|| bad("dzuuid"))?.to_owned();
        let count = needed("dztotalchunkcount")?;
        if count == 0 || count > MOST {
            return Err(bad("dztotalchunkcount").with_param("max", MOST));
        }
        let index = needed("dzchunkindex")?;
        if index >= count {
            return Err(bad("dzchunkindex"));
        }
        let size = needed("dzchunksize")?;
        // All chunks together are a file, whose length fits into a row.
        let end = size.checked_mul(count).filter(|end| *end <= i64::MAX.unsigned_abs());
        if size == 0 || end.is_none() {
            return Err(bad("dzchunksize"));
        }
        if number("dzchunkbyteoffset")?.is_some_and(|offset| offset != index * size) {
            return Err(bad("dzchunkbyteoffset"));
        }
        Ok(Self { file, index, count, size, total: number("dztotalfilesize")? })
    }

    /// What can be said of the file's length: that it has at least so many bytes, and how many it has if what the
    /// client says agrees with the count of its chunks.
    fn length(&self) -> (u64, Option<u64>) {
        let least = match self.count {
            1 => 0,
            count => (count - 1) * self.size + 1,
        };
        (least, self.total.filter(|total| (least..=self.count * self.size).contains(total)))
    }
}

/// Takes a chunk, and joins the file if it was the last that was missing. What is wrong with it is noted.
///
/// # Errors
/// The body is broken; nothing behind this can be read.
pub(super) async fn take(
    content: &mut Content<'_>,
    first: Option<Bytes>,
    chunk: Result<Chunk, Rejection>,
    facts: ClientFacts,
    from: &Sender<'_>,
    receipt: &mut Receipt,
) -> Result<(), Problem> {
    let shown = facts.client_name.clone();
    let kept = match chunk {
        Ok(chunk) => match Gathering::of(chunk, facts, from).await {
            Ok(gathering) => gathering.take(content, first).await,
            Err(rejection) => Err(Stop::File(rejection)),
        },
        Err(rejection) => Err(Stop::File(rejection)),
    };
    match kept {
        Ok(Kept::Chunk) => {
            receipt.event_only = true;
            Ok(())
        }
        Ok(Kept::File(entry, stored)) => {
            receipt.stored.extend(stored.map(|file| *file));
            receipt.complete.push(*entry);
            Ok(())
        }
        Err(Stop::Body(problem)) => Err(problem),
        Err(Stop::File(rejection)) => {
            receipt.refuse(&shown, rejection);
            content.skip(from.uploads.limits().max_skip).await
        }
    }
}

fn number(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit()).then_some(text)?;
    digits.parse().ok().filter(|number| *number <= i64::MAX.unsigned_abs())
}

fn bad(field: &str) -> Rejection {
    Rejection::new(Code::InvalidMessage)
        .with_message(format!("The chunk's field `{field}` is missing or makes no sense."))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: [(&str, &str); 6] = [
        ("dzuuid", "a4f0"),
        ("dzchunkindex", "2"),
        ("dztotalfilesize", "25"),
        ("dzchunksize", "10"),
        ("dztotalchunkcount", "3"),
        ("dzchunkbyteoffset", "20"),
    ];

    fn read(changed: &[(&str, Option<&str>)]) -> Result<Chunk, Rejection> {
        Chunk::read(|wanted| {
            let change = changed.iter().find(|(name, _)| *name == wanted);
            let usual = GOOD.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
            change.map_or(usual, |(_, value)| {
                value.map(|value| -> &'static str { Box::leak(value.to_owned().into_boxed_str()) })
            })
        })
    }

    #[test]
    fn the_fields_say_which_chunk_it_is() {
        let chunk = read(&[]).unwrap();
        assert_eq!((chunk.index, chunk.count, chunk.size), (2, 3, 10));
        assert_eq!(chunk.length(), (21, Some(25)));
        // What older versions leave out is not needed.
        assert!(read(&[("dzchunkbyteoffset", None), ("dztotalfilesize", None)]).is_ok());
    }

    #[test]
    fn a_length_that_the_chunks_contradict_is_not_believed() {
        for total in ["20", "31", "0", "9000000000000000000"] {
            let chunk = read(&[("dztotalfilesize", Some(total))]).unwrap();
            assert_eq!(chunk.length(), (21, None), "{total}");
        }
    }

    #[test]
    fn fields_that_make_no_sense_are_refused() {
        let long = "x".repeat(101);
        for (name, value) in [
            ("dzuuid", None),
            ("dzuuid", Some("")),
            ("dzuuid", Some(&*long)),
            ("dzchunkindex", None),
            ("dzchunkindex", Some("-1")),
            ("dzchunkindex", Some("3")),
            ("dzchunkindex", Some("1.5")),
            ("dzchunkindex", Some("99999999999999999999")),
            ("dztotalchunkcount", None),
            ("dztotalchunkcount", Some("0")),
            ("dztotalchunkcount", Some("1000000000")),
            ("dztotalchunkcount", Some("x")),
            ("dzchunksize", None),
            ("dzchunksize", Some("0")),
            ("dzchunksize", Some("-10")),
            ("dzchunksize", Some("9223372036854775807")),
            ("dzchunkbyteoffset", Some("21")),
            ("dzchunkbyteoffset", Some("")),
            ("dztotalfilesize", Some("big")),
        ] {
            let refused = read(&[(name, value)]).unwrap_err();
            assert_eq!(refused.code(), Code::InvalidMessage, "{name} {value:?}");
            assert!(refused.message().contains(name), "{refused}");
        }
    }
}

#[cfg(test)]
mod fuzz;
