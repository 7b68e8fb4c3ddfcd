//! SES: whose things they are, other sites, other tabs.
