//! XSS: what strangers stored, shown to others.
