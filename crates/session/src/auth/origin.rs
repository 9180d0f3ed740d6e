//! Which pages may connect (contract, security defaults): the server's own, and those an operator listed.

use std::net::IpAddr;

/// Whether a page of `origin` may talk to a server reached as `host` (the Host header). The server's own pages may;
/// others only if the list names their origin exactly. `null`, which sandboxed pages send, never may.
pub fn allowed(origin: &str, host: &str, allow_list: &[String]) -> bool {
    is_origin(origin) && (allow_list.iter().any(|listed| listed == origin) || same(origin, host))
}

/// Whether a text is an origin as browsers send it: `scheme://host[:port]`, lower case, no path (RFC 6454,
/// section 6.2).
pub fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else {
        return false;
    };
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let host = |b: u8| plain(b) || b"-._:[]".contains(&b);
    !scheme.is_empty()
        && scheme.bytes().all(|b| plain(b) || b"+-.".contains(&b))
        && !authority.is_empty()
        && authority.bytes().all(host)
}

/// Whether what a page of an origin says came unchanged from its server: over TLS, or from this machine (Secure Contexts,
/// section 3.1). Browsers keep `Secure` cookies for such servers only.
pub fn is_secure(origin: &str) -> bool {
    let Some(authority) = origin.strip_prefix("http://") else {
        return origin.starts_with("https://");
    };
    let name = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next(),
        None => authority.split(':').next(),
    };
    let name = name.unwrap_or_default();
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The scheme is not compared: behind a proxy that ends TLS the server doesn't know its own.
fn same(origin: &str, host: &str) -> bool {
    let (port, authority) = match origin.split_once("://") {
        Some(("https", authority)) => (":443", authority),
        Some(("http", authority)) => (":80", authority),
        _ => return false,
    };
    let host = host.to_ascii_lowercase();
    !authority.is_empty() && authority.trim_end_matches(port) == host.trim_end_matches(port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_means_the_servers_own_pages() {
        for (origin, host, expected) in [
            ("https://chat.example", "chat.example", true),
            ("https://chat.example", "chat.example:443", true),
            ("https://chat.example", "CHAT.example", true),
            ("http://127.0.0.1:8080", "127.0.0.1:8080", true),
            ("http://[::1]:8080", "[::1]:8080", true),
            ("http://127.0.0.1:8080", "127.0.0.1:8081", false),
            ("https://chat.example:8443", "chat.example", false),
            ("http://chat.example:443", "chat.example", false),
            ("https://evil.example", "chat.example", false),
            ("https://chat.example.evil.example", "chat.example", false),
            ("https://evilchat.example", "chat.example", false),
            ("https://chat.example@evil.example", "evil.example", false),
            ("https://chat.example/", "chat.example", false),
            ("null", "null", false),
            ("", "", false),
            ("https://", "", false),
            ("file://chat.example", "chat.example", false),
        ] {
            assert_eq!(allowed(origin, host, &[]), expected, "{origin} at {host}");
        }
    }

    #[test]
    fn pages_over_plain_http_are_trusted_on_this_machine_only() {
        for (origin, expected) in [
            ("https://chat.example", true),
            ("http://localhost", true),
            ("http://localhost:8080", true),
            ("http://chat.localhost:8080", true),
            ("http://127.0.0.1:8080", true),
            ("http://127.1.2.3", true),
            ("http://[::1]:8080", true),
            ("http://chat.example", false),
            ("http://localhost.example", false),
            ("http://127.0.0.1.example", false),
            ("http://192.0.2.7", false),
            ("http://[2001:db8::1]:8080", false),
            ("app://localhost", false),
            ("null", false),
            ("", false),
        ] {
            assert_eq!(is_secure(origin), expected, "{origin}");
        }
    }

    #[test]
    fn a_listed_origin_is_matched_exactly() {
        let list = ["https://app.example".to_owned(), "null".to_owned()];
        assert!(allowed("https://app.example", "chat.example", &list));
        assert!(
            allowed("https://chat.example", "chat.example", &list),
            "its own pages still may"
        );
        for origin in [
            "http://app.example",
            "https://app.example:8443",
            "https://sub.app.example",
            "https://app.example.evil.example",
            "HTTPS://app.example",
            "null",
        ] {
            assert!(!allowed(origin, "chat.example", &list), "{origin}");
        }
    }
}
