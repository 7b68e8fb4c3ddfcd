//! Who is let in, and by what: tokens, strangers, frames.

use std::fmt;

use super::resolve::{ConfigError, value};
use super::settings::Settings;
use crate::uploads::{BearerToken, ORIGIN, TokenError, UploadsBuilder, is_origin};

/// Who is let in.
#[derive(Debug, Clone)]
pub struct Who {
    /// Known by `Authorization: Bearer`.
    pub tokens: Vec<BearerToken>,
    /// The header in which a trusted proxy says who its user is.
    pub proxy_user_header: Option<String>,
    /// Whether somebody who shows nothing is.
    pub anonymous: bool,
    /// Origins whose pages may show ours in a frame.
    pub frame_ancestors: Vec<String>,
}

impl Who {
    pub(super) fn resolve(settings: &mut Settings) -> Result<Self, ConfigError> {
        let tokens = settings.token.take().unwrap_or_default();
        let tokens = tokens.iter().map(|given| {
            // Whoever has put the token itself here must not find it in a log.
            given.parse().map_err(|error: TokenError| {
                value("token", "…", error.to_string().trim_start_matches("not a token: "))
            })
        });
        let frame_ancestors = settings.frame_ancestor.take().unwrap_or_default();
        if let Some(bad) = frame_ancestors.iter().find(|origin| !is_origin(origin)) {
            return Err(value("frame_ancestor", bad, ORIGIN));
        }
        Ok(Self {
            tokens: tokens.collect::<Result<_, _>>()?,
            proxy_user_header: settings.proxy_user_header.take(),
            anonymous: settings.anonymous.unwrap_or(true),
            frame_ancestors,
        })
    }

    /// Says it to a service that is being built.
    pub(crate) fn tell(&self, builder: UploadsBuilder) -> UploadsBuilder {
        let mut builder = builder.anonymous(self.anonymous);
        if let Some(name) = &self.proxy_user_header {
            builder = builder.proxy_user_header(name);
        }
        let builder = self.tokens.iter().cloned().fold(builder, UploadsBuilder::token);
        self.frame_ancestors.iter().fold(builder, UploadsBuilder::frame_ancestor)
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tokens: Vec<_> = self.tokens.iter().map(ToString::to_string).collect();
        writeln!(f, "token = {}", super::written::list(&tokens))?;
        if let Some(name) = &self.proxy_user_header {
            writeln!(f, "proxy_user_header = {}", super::written::text(name))?;
        }
        writeln!(f, "anonymous = {}", self.anonymous)?;
        writeln!(f, "frame_ancestor = {}", super::written::list(&self.frame_ancestors))
    }
}
