//! Bounds that hold whatever a slot allows: what a single connection or request may cost.

/// Bounds of one connection or request.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The longest WebSocket frame, in bytes, header of the data frame included.
    pub max_frame: usize,
    /// The longest text message, in bytes.
    pub max_text: usize,
    /// Bytes that a client may have in flight beyond the last acknowledgement of an entry.
    pub window: u64,
    /// The most that those may be for a client far away: between the two, what 1 GiB/s bring until an acknowledgement is
    /// back. How long that takes is how long `hello` took to come; less than 15 ms is not far. Where this is not larger than
    /// `window`, that holds for everyone.
    pub far_window: u64,
    /// Bytes that all entries of a live session may have in memory before the socket is no longer read.
    pub session_bytes: u64,
    /// Parts of one multipart body.
    pub max_parts: usize,
    /// Bytes of one text field of a form.
    pub max_field: usize,
    /// Bytes of a refused file that are read past to get at the next part.
    pub max_skip: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_frame: 1024 * 1024,
            max_text: 64 * 1024,
            window: 2 * 1024 * 1024,
            far_window: 64 * 1024 * 1024,
            session_bytes: 8 * 1024 * 1024,
            max_parts: 1_200,
            max_field: 64 * 1024,
            max_skip: 256 * 1024 * 1024,
        }
    }
}

impl Limits {
    /// The name of a bound that would let nothing in.
    pub(super) fn zero(&self) -> Option<&'static str> {
        let bounds = [
            ("max_frame", self.max_frame == 0),
            ("max_text", self.max_text == 0),
            ("window", self.window == 0),
            ("session_bytes", self.session_bytes == 0),
            ("max_parts", self.max_parts == 0),
            ("max_field", self.max_field == 0),
        ];
        bounds.into_iter().find(|(_, is_zero)| *is_zero).map(|(name, _)| name)
    }
}
