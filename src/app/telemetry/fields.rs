//! The fields of a line for people, whatever their values are made of.

use std::fmt::{self, Debug};

use tracing::field::{Field, Visit};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::Writer;

use crate::domain::one_line;

/// What records of the `log` crate say of themselves, which their line says already.
const OF_RECORDS: &str = "log.";

/// As `tracing` writes them, the message first and `name=value` behind it, with everything escaped that would make
/// more than one line of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct OnOneLine;

impl<'a> FormatFields<'a> for OnOneLine {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'a>, fields: R) -> fmt::Result {
        let mut line = Line { writer, gap: "", result: Ok(()) };
        fields.record(&mut line);
        line.result
    }
}

struct Line<'a> {
    writer: Writer<'a>,
    gap: &'static str,
    result: fmt::Result,
}

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if self.result.is_err() || field.name().starts_with(OF_RECORDS) {
            return;
        }
        let text = format!("{value:?}");
        let (gap, text) = (std::mem::replace(&mut self.gap, " "), one_line(&text));
        self.result = match field.name() {
            "message" => write!(self.writer, "{gap}{text}"),
            name => write!(self.writer, "{gap}{name}={text}"),
        };
    }
}
