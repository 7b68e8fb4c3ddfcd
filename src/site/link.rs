//! Links: an address that opens one file, for a while, for whoever has it.
//!
//! Browsers send our cookie to our own origin only, and many who should have a file have no cookie at all. A link
//! carries its permission in itself: which file, until when, and how it is served, tagged with the secret. It opens
//! this file and nothing else, and there is nothing to guess in it. Whoever gets hold of it has the file until its
//! time is over or the file is deleted; nothing in between takes it back.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::{EntryId, Timestamp};
use crate::engine::Clock;
use crate::uploads::Secret;

const PURPOSE: &str = "link";

/// Links that we make by ourselves are good for at least this long. They end on the hour, so that a page shows the
/// same address for as long as a browser may keep what it leads to.
const OURS: Duration = Duration::from_secs(12 * 3_600);
const HOUR: i64 = 3_600;

/// How a file is handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Shown if it is harmless, saved otherwise.
    AsUsual,
    /// Saved in any case.
    Download,
}

/// Makes links and knows them again.
#[derive(Debug, Clone)]
pub(crate) struct Signer {
    pub(crate) secret: Secret,
    pub(crate) clock: Arc<dyn Clock>,
}

/// A link that opens the file for which it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Opens {
    pub(crate) way: Way,
    /// How long it does so.
    pub(crate) left: Duration,
}

impl Signer {
    /// What stands behind the `?` of a link that is good for this long, and when it ends.
    pub(super) fn query(&self, id: EntryId, lasts: Duration, way: Way) -> (String, Timestamp) {
        let lasts = i64::try_from(lasts.as_secs()).unwrap_or(i64::MAX);
        let until = self.now().saturating_add(lasts).min(i64::MAX / 1_000);
        (self.query_until(id, until, way), Timestamp::from_millis(until * 1_000))
    }

    /// The same for a page that shows a file to its owner.
    pub(super) fn own_query(&self, id: EntryId) -> String {
        let least = self.now().saturating_add(i64::try_from(OURS.as_secs()).unwrap_or(0));
        self.query_until(id, (least / HOUR + 1).saturating_mul(HOUR), Way::AsUsual)
    }

    fn query_until(&self, id: EntryId, until: i64, way: Way) -> String {
        let tag = self.secret.tag(PURPOSE, &claim(id, until, way));
        let save = if way == Way::Download { "&download=1" } else { "" };
        format!("until={until}{save}&sig={tag}")
    }

    /// Whether a query is that of a link to this file, and its time not over. `None` for a query that is no link.
    pub(super) fn read(&self, id: EntryId, query: &str) -> Option<Result<Opens, NoLink>> {
        let fields: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
        let mut all = fields.iter();
        if !all.any(|(name, _)| name == "sig") {
            return None;
        }
        Some(self.check(id, &fields).ok_or(NoLink))
    }

    fn check(&self, id: EntryId, fields: &[(String, String)]) -> Option<Opens> {
        let (mut until, mut tag, mut way) = (None, None, Way::AsUsual);
        for (name, value) in fields {
            match (name.as_str(), value.as_str()) {
                ("until", value) if until.is_none() => until = Some(value.parse::<i64>().ok()?),
                ("sig", value) if tag.is_none() => tag = Some(value),
                ("download", "1") if way == Way::AsUsual => way = Way::Download,
                _ => return None,
            }
        }
        let (until, tag) = (until?, tag?);
        let left = until.checked_sub(self.now()).and_then(|left| u64::try_from(left).ok())?;
        let ours = self.secret.checks(PURPOSE, &claim(id, until, way), tag);
        (ours && left > 0).then_some(Opens { way, left: Duration::from_secs(left) })
    }

    fn now(&self) -> i64 {
        self.clock.now().as_millis() / 1_000
    }
}

/// A link that opens nothing: forged, of another file, or over. Nobody is told which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoLink;

fn claim(id: EntryId, until: i64, way: Way) -> String {
    let way = if way == Way::Download { "download" } else { "usual" };
    format!("{id} {until} {way}")
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    /// Stands where it is put.
    #[derive(Debug)]
    struct At(i64);

    impl Clock for At {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(self.0 * 1_000)
        }
    }

    fn signer(secret: &Secret, now: i64) -> Signer {
        Signer { secret: secret.clone(), clock: Arc::new(At(now)) }
    }

    fn id(number: u128) -> EntryId {
        EntryId::from_uuid(Uuid::from_u128(number))
    }

    #[test]
    fn ses_14_a_link_opens_one_file_in_one_way_until_its_time_is_over() {
        let secret = Secret::random();
        let at = |now| signer(&secret, now);
        let (query, end) = at(1_000).query(id(1), Duration::from_secs(60), Way::AsUsual);
        assert_eq!(end, Timestamp::from_millis(1_060_000));
        let opens = |now: i64, id, query: &str| at(now).read(id, query);
        let good = Opens { way: Way::AsUsual, left: Duration::from_secs(60) };
        assert_eq!(opens(1_000, id(1), &query), Some(Ok(good)));
        assert!(opens(1_059, id(1), &query).unwrap().is_ok());
        let tag = query.split_once("sig=").unwrap().1.to_owned();
        for (what, now, id, query) in [
            ("over", 1_060, id(1), query.clone()),
            ("long over", 999_999, id(1), query.clone()),
            ("another file", 1_000, id(2), query.clone()),
            ("more time", 1_000, id(1), query.replace("1060", "2060")),
            ("another way", 1_000, id(1), query.replace("&sig", "&download=1&sig")),
            ("twice", 1_000, id(1), format!("until=9999&{query}")),
            ("twice, behind", 1_000, id(1), format!("{query}&until=9999")),
            ("something else", 1_000, id(1), format!("{query}&pass=x")),
            ("no time", 1_000, id(1), format!("sig={tag}")),
            ("no tag", 1_000, id(1), "until=1060&sig=".to_owned()),
            ("half a tag", 1_000, id(1), query[..query.len() - 2].to_owned()),
            ("a negative time", 1_000, id(1), format!("until=-1&sig={tag}")),
            ("no number", 1_000, id(1), format!("until=1e99&sig={tag}")),
            ("the largest number", 1_000, id(1), format!("until={}&sig={tag}", i64::MAX)),
        ] {
            assert_eq!(opens(now, id, &query), Some(Err(NoLink)), "{what}");
        }
        assert_eq!(signer(&Secret::random(), 1_000).read(id(1), &query), Some(Err(NoLink)));
        for none in ["", "notice=1", "until=1060", "%ff"] {
            assert_eq!(opens(1_000, id(1), none), None, "{none}");
        }
        let (forever, _) = at(1_000).query(id(1), Duration::MAX, Way::Download);
        assert_eq!(opens(1_000, id(1), &forever).unwrap().unwrap().way, Way::Download);
    }

    #[test]
    fn a_link_of_ours_stays_the_same_for_an_hour() {
        let secret = Secret::random();
        let at = |now| signer(&secret, now).own_query(id(1));
        assert_eq!(at(7_200), at(10_799));
        assert_ne!(at(7_200), at(10_800));
        let left = signer(&secret, 10_799).read(id(1), &at(10_799)).unwrap().unwrap().left;
        assert!(left >= OURS, "{left:?}");
    }
}
