//! Upload tickets: permissions that an application hands out.
//!
//! Whoever has one may upload into one slot until a time, and nothing else: a browser on another site, a device
//! without cookies, a customer who has no account. A ticket is a text that only we can make; nothing of it is kept, so
//! it can't be taken back, only run out (ADR 26).

use std::str::FromStr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use super::token::owner_of;
use super::{Secret, Uploads};
use crate::domain::{
    Accept, Caller, Code, Grant, OwnerId, PageName, Rejection, Rights, SlotName, TicketId,
    Timestamp,
};

const PURPOSE: &str = "ticket";
/// What every ticket begins with.
const PREFIX: &str = "longshore1.";
/// As long as a ticket may be, in bytes.
const LONGEST: usize = 2_048;

/// What a ticket permits.
#[derive(Debug, Clone)]
pub struct TicketOptions {
    page: String,
    slot: String,
    expires_in: Duration,
    max_file_size: Option<u64>,
    accept: Option<String>,
    count: Option<u32>,
    owner: Option<OwnerId>,
}

/// A permission to upload into one slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    text: String,
    id: TicketId,
    owner: OwnerId,
}

/// What a ticket can't say.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a ticket's {what} can't be `{given}`: {allowed}")]
pub struct TicketError {
    what: &'static str,
    given: String,
    allowed: String,
}

/// As it is written and signed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    id: TicketId,
    page: PageName,
    slot: SlotName,
    /// Milliseconds since the Unix epoch.
    until: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max: Option<u64>,
    #[serde(default, skip_serializing_if = "Accept::is_any")]
    accept: Accept,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    count: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<OwnerId>,
}

impl TicketOptions {
    /// For a slot of a page, for an hour, within the slot's own limits.
    pub fn new(page: impl Into<String>, slot: impl Into<String>) -> Self {
        let (page, slot, expires_in) = (page.into(), slot.into(), Duration::from_secs(3_600));
        Self { page, slot, expires_in, max_file_size: None, accept: None, count: None, owner: None }
    }

    /// For how long. What has begun in that time may not go on after it.
    #[must_use]
    pub fn expires_in(mut self, time: Duration) -> Self {
        self.expires_in = time;
        self
    }

    /// The largest file in bytes; more than the slot takes has no effect.
    #[must_use]
    pub fn max_file_size(mut self, bytes: u64) -> Self {
        self.max_file_size = Some(bytes);
        self
    }

    /// Which kinds of files, as in HTML: `".jpg,image/png"`. The slot has to take them, too.
    #[must_use]
    pub fn accept(mut self, accept: impl Into<String>) -> Self {
        self.accept = Some(accept.into());
        self
    }

    /// How many files in all, by all doors together: those on their way, and those that are there.
    #[must_use]
    pub fn count(mut self, files: u32) -> Self {
        self.count = Some(files);
        self
    }

    /// Whose the files are; an owner of the ticket's own unless said. Whoever has the ticket sees and changes what began
    /// with it, and nothing else of this owner's; the owner sees and changes all of it.
    ///
    /// The page's view is mounted for this owner, too: what it shows of them beside uploads, whoever has the ticket
    /// sees. A view that does so asks [`Caller::grant`] first.
    #[must_use]
    pub fn owner(mut self, owner: OwnerId) -> Self {
        self.owner = Some(owner);
        self
    }

    fn claims(self, now: Timestamp) -> Result<Claims, TicketError> {
        let until = now.checked_add(self.expires_in).filter(|until| *until > now);
        let until = until.ok_or_else(|| {
            TicketError::new("time", format!("{:?}", self.expires_in), "1 ms to 290 million years")
        })?;
        if let Some(count) = self.count.filter(|count| !(1..=Grant::MOST).contains(count)) {
            let allowed = format!("1 to {} files", Grant::MOST);
            return Err(TicketError::new("count", count.to_string(), allowed));
        }
        Ok(Claims {
            id: TicketId::from_uuid(Uuid::new_v4()),
            page: said("page", &self.page)?,
            slot: said("slot", &self.slot)?,
            until: until.as_millis(),
            max: self.max_file_size,
            accept: said("accept", self.accept.as_deref().unwrap_or_default())?,
            count: self.count,
            owner: self.owner,
        })
    }
}

impl TicketError {
    fn new(what: &'static str, given: String, allowed: impl ToString) -> Self {
        Self { what, given, allowed: allowed.to_string() }
    }
}

fn said<T>(what: &'static str, text: &str) -> Result<T, TicketError>
where
    T: FromStr<Err: ToString>,
{
    text.parse().map_err(|error: T::Err| TicketError::new(what, text.to_owned(), error))
}

impl Claims {
    /// Whose the files are.
    fn owner(&self) -> OwnerId {
        self.owner.unwrap_or_else(|| owner_of("ticket", &self.id.to_string()))
    }
}

impl Ticket {
    pub(crate) fn sign(
        options: TicketOptions,
        secret: &Secret,
        now: Timestamp,
    ) -> Result<Self, TicketError> {
        let claims = options.claims(now)?;
        let json = serde_json::to_string(&claims).unwrap_or_default();
        let said = URL_SAFE_NO_PAD.encode(json);
        let text = format!("{PREFIX}{said}.{}", secret.tag(PURPOSE, &said));
        if text.len() > LONGEST {
            let allowed = format!("{LONGEST} bytes with all that it says");
            return Err(TicketError::new("length", text.len().to_string(), allowed));
        }
        Ok(Self { text, id: claims.id, owner: claims.owner() })
    }

    /// What its uploads are known by: [`Entry::ticket`](crate::Entry::ticket).
    #[must_use]
    pub fn id(&self) -> TicketId {
        self.id
    }

    /// The text to hand out. It needs no escaping in an address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whose its files will be.
    #[must_use]
    pub fn owner(&self) -> OwnerId {
        self.owner
    }
}

/// Whether a text says that it is a ticket.
pub(crate) fn is_ticket(text: &str) -> bool {
    text.starts_with(PREFIX)
}

/// Who a ticket speaks for, if it is ours and its time isn't over.
fn read(text: &str, secret: &Secret, now: Timestamp) -> Result<Caller, Rejection> {
    let claims = verified(text, secret).ok_or_else(|| {
        Rejection::new(Code::Unauthenticated).with_message("This ticket isn't known here.")
    })?;
    let expires_at = Timestamp::from_millis(claims.until);
    if expires_at <= now {
        return Err(Rejection::ticket_expired());
    }
    let caller = Caller::new(claims.owner()).with_rights(Rights::UPLOAD);
    let Claims { id: ticket, page, slot, max: max_file_size, accept, count, .. } = claims;
    let grant = Grant { ticket, page, slot, expires_at, max_file_size, accept, count };
    Ok(caller.with_grant(grant))
}

/// What a ticket says, if we have said it.
fn verified(text: &str, secret: &Secret) -> Option<Claims> {
    let text = text.strip_prefix(PREFIX).filter(|_| text.len() <= LONGEST)?;
    let (said, tag) = text.split_once('.')?;
    if !secret.checks(PURPOSE, said, tag) {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(said).ok()?).ok()
}

impl Uploads {
    /// A ticket, for an application to hand out: whoever has it may upload into one slot until a time, through every
    /// door, without being known otherwise.
    ///
    /// # Errors
    /// [`TicketError`] for what a ticket can't say. That the page has such a slot is seen when it is used.
    pub fn ticket(&self, options: TicketOptions) -> Result<Ticket, TicketError> {
        Ticket::sign(options, self.secret(), self.0.engine.now())
    }

    /// Who a ticket speaks for.
    pub(crate) fn ticketed(&self, text: &str) -> Result<Caller, Rejection> {
        read(text, self.secret(), self.0.engine.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn options() -> TicketOptions {
        TicketOptions::new("inbox", "any").accept(".png,image/jpeg").max_file_size(1_000).count(3)
    }

    #[test]
    fn a_ticket_says_what_it_was_made_for_and_nothing_else_speaks_for_it() {
        let secret = Secret::random();
        let ticket = Ticket::sign(options(), &secret, NOW).unwrap();
        let caller = read(ticket.as_str(), &secret, NOW).unwrap();
        assert_eq!((caller.owner(), caller.rights()), (ticket.owner(), Rights::UPLOAD));
        let grant = caller.grant().unwrap();
        assert_eq!((grant.max_file_size, grant.count), (Some(1_000), Some(3)));
        assert_eq!(grant.accept.to_string(), ".png,image/jpeg");
        assert_eq!((caller.ticket(), grant.ticket), (Some(ticket.id()), ticket.id()));
        assert!(is_ticket(ticket.as_str()));
        let url_safe = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        assert!(ticket.as_str().chars().all(url_safe));
        let text = ticket.as_str();
        for at in (0..text.len()).step_by(7) {
            let mut wrong = text.as_bytes().to_vec();
            wrong[at] = if wrong[at] == b'x' { b'y' } else { b'x' };
            let wrong = String::from_utf8(wrong).unwrap();
            assert_eq!(
                read(&wrong, &secret, NOW).unwrap_err().code(),
                Code::Unauthenticated,
                "{wrong}"
            );
            assert!(read(&text[..at], &secret, NOW).is_err());
        }
        assert!(read(text, &Secret::random(), NOW).is_err());
        let other = Ticket::sign(options(), &secret, NOW).unwrap();
        assert_ne!(other.owner(), ticket.owner(), "each ticket is somebody else");
    }

    #[test]
    fn a_tickets_files_are_its_own_unless_it_says_whose_they_are() {
        let secret = Secret::random();
        let alice = owner_of("user", "alice");
        let named = Ticket::sign(options().owner(alice), &secret, NOW).unwrap();
        assert_eq!(read(named.as_str(), &secret, NOW).unwrap().owner(), alice);
        let other = Ticket::sign(options().owner(alice), &secret, NOW).unwrap();
        assert_ne!(named.id(), other.id());
    }

    #[test]
    fn a_ticket_runs_out() {
        let secret = Secret::random();
        let ticket =
            Ticket::sign(options().expires_in(Duration::from_secs(1)), &secret, NOW).unwrap();
        let after = |millis| Timestamp::from_millis(NOW.as_millis() + millis);
        assert!(read(ticket.as_str(), &secret, after(999)).is_ok());
        assert_eq!(read(ticket.as_str(), &secret, after(1_000)).unwrap_err().code(), Code::Expired);
    }

    #[test]
    fn what_a_ticket_can_not_say_is_refused_by_its_name() {
        for (options, what) in [
            (TicketOptions::new("in box", "any"), "page"),
            (TicketOptions::new("inbox", ""), "slot"),
            (options().accept("png"), "accept"),
            (options().count(0), "count"),
            (options().count(10_001), "count"),
            (options().accept((0..400).map(|n| format!(".x{n},")).collect::<String>()), "length"),
            (options().expires_in(Duration::ZERO), "time"),
            (options().expires_in(Duration::MAX), "time"),
        ] {
            let error = Ticket::sign(options, &Secret::random(), NOW).unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        }
    }
}
