//! Web origins (RFC 6454), as `Origin` headers spell them.

/// Whether a text is exactly an origin that browsers send: `http` or `https`, a host, perhaps a port.
pub fn is_origin(text: &str) -> bool {
    let Some(rest) = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
    else {
        return false;
    };
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (rest, None),
    };
    let port_good = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|number| number != 0));
    let name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b);
    let literal = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    let host_good = match literal {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(name),
    };
    port_good && host_good
}

#[cfg(test)]
mod tests {
    use super::is_origin;

    #[test]
    fn only_exact_origins_pass() {
        for good in [
            "https://a.example",
            "http://localhost:3000",
            "http://127.0.0.1:8080",
            "http://[::1]:80",
        ] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "*",
            "https://*",
            "https://a.example/",
            "a.example",
            "https://A.example",
            "https://",
            "ws://a",
            "http://a:0",
            "http://a b",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }
}
