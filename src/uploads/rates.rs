//! Rates: how fast somebody may go, by who they are and by where they are.
//!
//! A caller is whoever has a cookie, and whoever throws the cookie away is another one; so addresses have rates of
//! their own. Requests and sessions beyond a rate are refused with the time after which to come again. Bytes, and files that
//! live pages offer, are not refused: whoever sends them too fast is read more slowly, and the kernel tells the sender to wait.
//!
//! What is counted is forgotten as soon as it makes no difference any more, so a table holds those who come now.

mod bytes;
mod counted;
mod offers;
mod seats;

pub(crate) use self::bytes::Toll;
pub(crate) use self::seats::Seat;

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use tokio::time::Instant;

use self::bytes::Pipes;
use self::counted::Counted;
use self::offers::Offers;
use self::seats::Seats;
use super::Proxies;
use crate::domain::{Caller, Code, OwnerId, Rejection};
use crate::supervisor::LEAST;

/// How fast one caller, or one address, may go; `None` is as fast as it likes. Each but the bytes may come in a burst of
/// what ten seconds allow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rates {
    /// Requests a second.
    pub requests: Option<u32>,
    /// Live pages that are opened in a second.
    pub sessions: Option<u32>,
    /// New anonymous callers in a second: requests that change something and come without a cookie.
    pub new_callers: Option<u32>,
    /// Files that live pages offer in a second; callers whom nobody knows, by a cookie or another proof, have a tenth
    /// of it together. More of them wait, for ten seconds; who offers more still is refused.
    pub files: Option<u32>,
    /// Bytes of bodies and frames a second.
    pub bytes: Option<u64>,
}

/// How much of the server one caller, or one address, may hold at a time; `None` is no bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holds {
    /// Connections of one address; a trusted proxy may have any number.
    pub connections: Option<usize>,
    /// Live pages of one address.
    pub sessions: Option<usize>,
    /// Live pages of one caller.
    pub caller_sessions: Option<usize>,
}

impl Default for Holds {
    fn default() -> Self {
        // A company behind one address is not kept out, and no single one takes all connections.
        Self { connections: Some(2_000), sessions: Some(1_000), caller_sessions: Some(100) }
    }
}

impl Rates {
    /// What an address may do unless said.
    #[must_use]
    pub fn of_address() -> Self {
        Self { sessions: Some(100), files: Some(1_000), ..Self::default() }
    }

    fn zero(&self) -> Option<&'static str> {
        let rates = [
            ("requests", self.requests == Some(0)),
            ("sessions", self.sessions == Some(0)),
            ("new_callers", self.new_callers == Some(0)),
            ("files", self.files == Some(0)),
            ("bytes", self.bytes.is_some_and(|bytes| bytes < 1_024)),
        ];
        rates.into_iter().find(|(_, is_zero)| *is_zero).map(|(name, _)| name)
    }
}

/// What was said of rates and places.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pacing {
    pub(super) caller: Rates,
    pub(super) address: Rates,
    pub(super) holds: Holds,
    pub(super) min_speed: Option<u64>,
}

impl Default for Pacing {
    fn default() -> Self {
        Self {
            caller: Rates::default(),
            address: Rates::of_address(),
            holds: Holds::default(),
            min_speed: None,
        }
    }
}

impl Pacing {
    /// The name of a rate that would let nothing in.
    pub(super) fn zero(&self) -> Option<&'static str> {
        let holds = [self.holds.connections, self.holds.sessions, self.holds.caller_sessions];
        let none = holds.contains(&Some(0)).then_some("connections or sessions");
        self.caller.zero().or(self.address.zero()).or(none)
    }
}

/// All that is counted.
#[derive(Debug)]
pub(crate) struct Meters {
    addresses: Meter<Place>,
    callers: Meter<OwnerId>,
    connections: Seats<Place>,
    address_sessions: Seats<Place>,
    caller_sessions: Seats<OwnerId>,
    min_speed: Option<u64>,
}

#[derive(Debug)]
struct Meter<K: std::hash::Hash + Eq + Clone> {
    requests: Option<Counted<K>>,
    sessions: Option<Counted<K>>,
    new_callers: Option<Counted<K>>,
    files: Option<Offers<K>>,
    bytes: Option<Pipes<K>>,
}

/// Where somebody is, as far as it counts: one IPv6 subscriber has a /64 of addresses at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Place(IpAddr);

impl From<IpAddr> for Place {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            }
        })
    }
}

/// Where a live page comes from, as far as rates go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) address: IpAddr,
    /// Nobody knows who it is.
    pub(crate) is_stranger: bool,
}

/// What a request is, as far as rates go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    /// It opens a live page.
    pub(crate) opens: bool,
    /// It changes something, and nobody knows who sends it.
    pub(crate) stranger: bool,
}

impl Meters {
    pub(super) fn new(pacing: &Pacing) -> Self {
        Self {
            addresses: Meter::new(&pacing.address),
            callers: Meter::new(&pacing.caller),
            connections: Seats::new(pacing.holds.connections),
            address_sessions: Seats::new(pacing.holds.sessions),
            caller_sessions: Seats::new(pacing.holds.caller_sessions),
            min_speed: pacing.min_speed,
        }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// `rate_limited` with `retry_after`.
    pub(crate) fn admit(
        &self,
        address: IpAddr,
        caller: &Caller,
        kind: Kind,
    ) -> Result<(), Rejection> {
        // Where somebody is comes first: who they say they are may be new each time.
        self.addresses.admit(&address.into(), kind)?;
        self.callers.admit(&caller.owner(), kind)
    }

    /// As many bytes as a body has to bring in that time of waiting.
    pub(crate) fn least(&self, within: Duration) -> usize {
        let Some(speed) = self.min_speed else { return LEAST };
        let least = u128::from(speed).saturating_mul(within.as_millis()) / 1_000;
        usize::try_from(least).unwrap_or(usize::MAX).max(1)
    }

    /// What the bytes of a body or a live page have to wait for.
    pub(crate) fn toll(&self, address: IpAddr, caller: &Caller) -> Toll {
        let pipes = [
            self.addresses.bytes.as_ref().map(|pipes| pipes.of(&address.into())),
            self.callers.bytes.as_ref().map(|pipes| pipes.of(&caller.owner())),
        ];
        Toll::new(pipes.into_iter().flatten().collect())
    }

    /// A live page offers so many files. Answers how long they have to wait.
    ///
    /// # Errors
    /// `rate_limited` with `retry_after`.
    pub(crate) fn offer(
        &self,
        from: Origin,
        caller: &Caller,
        files: usize,
    ) -> Result<Duration, Rejection> {
        let (now, place) = (Instant::now(), from.address.into());
        let here = self.addresses.files.as_ref();
        let here = here.map(|offers| offers.offer(&place, from.is_stranger, files, now));
        let waits_here = here.transpose().map_err(too_fast)?;
        let theirs = self.callers.files.as_ref();
        let theirs = theirs.map(|offers| offers.offer(&caller.owner(), false, files, now));
        let waits = theirs.transpose().map_err(too_fast)?;
        Ok(waits_here.max(waits).unwrap_or_default())
    }

    /// A place for one more live page.
    ///
    /// # Errors
    /// `rate_limited`.
    pub(crate) fn sit_down(
        &self,
        address: IpAddr,
        caller: &Caller,
    ) -> Result<[Seat; 2], Rejection> {
        let here = self.address_sessions.take(address.into()).ok_or_else(too_many_pages)?;
        let theirs = self.caller_sessions.take(caller.owner()).ok_or_else(too_many_pages)?;
        Ok([here, theirs])
    }

    /// A place for one more connection; a proxy brings those of many.
    pub(crate) fn connect(&self, address: IpAddr, proxies: &Proxies) -> Option<Option<Seat>> {
        if proxies.trust(address) {
            return Some(None);
        }
        self.connections.take(address.into()).map(Some)
    }
}

impl<K: std::hash::Hash + Eq + Clone> Meter<K> {
    fn new(rates: &Rates) -> Self {
        Self {
            requests: rates.requests.and_then(Counted::new),
            sessions: rates.sessions.and_then(Counted::new),
            new_callers: rates.new_callers.and_then(Counted::new),
            files: rates.files.map(Offers::new),
            bytes: rates.bytes.map(Pipes::new),
        }
    }

    fn admit(&self, key: &K, kind: Kind) -> Result<(), Rejection> {
        let counted = [
            (self.requests.as_ref(), true),
            (self.sessions.as_ref(), kind.opens),
            (self.new_callers.as_ref(), kind.stranger),
        ];
        for counted in
            counted.into_iter().filter_map(|(counted, counts)| counted.filter(|_| counts))
        {
            counted.admit(key).map_err(too_fast)?;
        }
        Ok(())
    }
}

fn too_fast(wait: Duration) -> Rejection {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    Rejection::new(Code::RateLimited).with_param("retry_after", seconds.max(1))
}

/// Until one of them is closed; nobody knows when that is.
fn too_many_pages() -> Rejection {
    Rejection::new(Code::RateLimited)
        .with_message("Too many pages are open from here. Close some of them.")
        .with_param("retry_after", 10)
}

#[cfg(test)]
mod tests;
