//! XSS: what strangers stored, shown to others. What only a browser can show is tried in `tests/browser/hostile.test.mjs`.

mod names;
mod pictures;
mod served;

use crate::support::Answer;

/// The headers that keep a stranger's bytes from acting in our origin; on each answer about a stored file.
fn is_harmless(answer: &Answer, what: &str) {
    let header = |name: &str| {
        let mut lines = answer.headers.get_all(name);
        let line =
            lines.next().and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        assert!(lines.next().is_none(), "{what}: {name} twice");
        line
    };
    assert_eq!(header("x-content-type-options"), "nosniff", "{what}");
    let policy = header("content-security-policy");
    assert!(policy.starts_with("sandbox; default-src 'none'"), "{what}: {policy}");
    assert!(!policy.contains("allow-") && !policy.contains("script"), "{what}: {policy}");
    assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{what}");
    assert_eq!(header("referrer-policy"), "no-referrer", "{what}");
    let cache = header("cache-control");
    assert!(cache.contains("private") || cache.contains("no-store"), "{what}: {cache}");
    for absent in ["access-control-allow-origin", "service-worker-allowed", "refresh", "link"] {
        assert_eq!(header(absent), "", "{what}: {absent}");
    }
}
