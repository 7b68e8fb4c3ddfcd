//! How much and how fast, as an application says it: quotas, rates, and what one connection or request may be.

use std::time::Duration;

use super::UploadsBuilder;
use crate::domain::Quota;
use crate::uploads::{Holds, Limits, Rates};

impl UploadsBuilder {
    /// What one caller may have, by all pages, doors and sessions together: bytes and files, stored ones included, and
    /// files that miss bytes. Without a word a caller may have 2,000 unfinished files and any number of others; what
    /// this says of unfinished files replaces that, and what it doesn't say leaves it. Beyond it files are refused
    /// with `quota_exceeded`, before a byte is sent.
    #[must_use]
    pub fn quota_per_caller(mut self, quota: Quota) -> Self {
        self.quotas.caller = quota;
        self
    }

    /// What all callers together may have; 100,000 unfinished files unless said.
    #[must_use]
    pub fn quota_in_all(mut self, quota: Quota) -> Self {
        self.quotas.all = quota;
        self
    }

    /// How long an upload may stay unfinished, however often somebody goes on with it: seven days unless said. It is
    /// cancelled then, whatever [`entry_ttl`](Self::entry_ttl) says of its last byte.
    #[must_use]
    pub fn upload_life(mut self, life: Duration) -> Self {
        self.quotas.life = Some(life);
        self
    }

    /// How fast one caller may go; as fast as they like unless said.
    #[must_use]
    pub fn rates_per_caller(mut self, rates: Rates) -> Self {
        self.pacing.caller = rates;
        self
    }

    /// How fast all callers of one address may go: [`Rates::of_address`] unless said.
    #[must_use]
    pub fn rates_per_address(mut self, rates: Rates) -> Self {
        self.pacing.address = rates;
        self
    }

    /// How many connections and live pages one address, and one caller, may have at a time.
    #[must_use]
    pub fn holds(mut self, holds: Holds) -> Self {
        self.pacing.holds = holds;
        self
    }

    /// How many bytes a second a request's body has to bring, over each [`body_timeout`](Self::body_timeout) that we
    /// wait for it; unless said 1 KiB in each.
    #[must_use]
    pub fn min_speed(mut self, bytes: u64) -> Self {
        self.pacing.min_speed = Some(bytes);
        self
    }

    /// Bounds of one connection or request.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}
