//! Headers that keep browsers safe (contract, security defaults).

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Policy for the pages: nothing but the server's own files and its own API.
pub const PAGE_CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";

/// Policy for answers that are no pages.
const API_CSP: &str = "default-src 'none'; frame-ancestors 'none'";

const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const COOP: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// Lets any page load a file, as it must to embed the widget: it is the same for everyone and tells nothing.
pub(crate) fn for_any_page(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(CORP, HeaderValue::from_static("cross-origin"));
}

/// Puts the headers on an answer. What the route chose itself, such as a page's policy or a file's caching, stays.
pub(crate) fn protect(headers: &mut HeaderMap) {
    let mut default = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(header::CONTENT_SECURITY_POLICY, API_CSP);
    default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(header::REFERRER_POLICY, "no-referrer");
    default(COOP, "same-origin");
    default(CORP, "same-origin");
    default(header::CACHE_CONTROL, "no-store");
}
