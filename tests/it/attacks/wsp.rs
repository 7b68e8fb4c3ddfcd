//! WSP: frames and messages of a live page.
