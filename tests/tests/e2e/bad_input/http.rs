//! Bad requests below JSON: bodies that are no text, and HTTP that is none.

use super::town::Town;
use klatch_tests::raw;

/// A request and the status and code that answer it.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) method: &'static str,
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) status: u16,
    pub(super) code: &'static str,
}

/// Name, content type, body.
type Body = (&'static str, &'static str, Vec<u8>);

const JSON: &str = "application/json";

/// Bodies that are not JSON in UTF-8, sent as messages.
pub(super) fn bodies(town: &Town) -> Vec<Case> {
    let good = town.fill(r#"{"key":"<k>","text":"x"}"#).into_bytes();
    let case = |(name, kind, body): Body, status, code| Case {
        name,
        method: "POST",
        target: town.fill("/v1/channels/<c>/messages"),
        headers: vec![("Content-Type".to_owned(), kind.to_owned())],
        body,
        status,
        code,
    };
    let large = town.fill(r#"{"key":"<k>","text":"<a*65600>"}"#).into_bytes();
    let mut cases = vec![case(("more than 64 KiB", JSON, large), 413, "too_large")];
    cases.extend(
        no_text(&good)
            .into_iter()
            .map(|body| case(body, 400, "malformed")),
    );
    for (name, kind) in NOT_JSON {
        cases.push(case((name, kind, good.clone()), 415, "unsupported_media_type"));
    }
    let mut untyped = case(("no content type", "", good), 415, "unsupported_media_type");
    untyped.headers.clear();
    cases.push(untyped);
    cases
}

/// Content types that are not JSON in UTF-8.
const NOT_JSON: [(&str, &str); 7] = [
    ("text/plain", "text/plain"),
    ("XML", "application/xml"),
    ("a form", "application/x-www-form-urlencoded"),
    ("a form with parts", "multipart/form-data; boundary=x"),
    ("JSON in Latin 1", "application/json; charset=latin1"),
    ("nearly JSON", "application/jsonp"),
    ("an empty content type", ""),
];

/// Bytes that are no JSON text.
fn no_text(good: &[u8]) -> Vec<Body> {
    let quoted = |bytes: &[u8]| [br#"{"text":""#, bytes, br#""}"#].concat();
    let utf16: Vec<u8> = String::from_utf8_lossy(good)
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let marked = [b"\xef\xbb\xbf".as_slice(), good].concat();
    vec![
        ("nothing", JSON, Vec::new()),
        ("one byte", JSON, vec![0xff]),
        ("NUL bytes", JSON, vec![0; 64]),
        ("a raw line break in a text", JSON, quoted(b"a\nb")),
        ("a byte that is no UTF-8", JSON, quoted(b"\xff")),
        ("an overlong NUL", JSON, quoted(b"\xc0\x80")),
        ("a surrogate in UTF-8", JSON, quoted(b"\xed\xa0\x80")),
        ("beyond Unicode", JSON, quoted(b"\xf5\x80\x80\x80")),
        ("half a character", JSON, quoted(b"\xe4\xb8")),
        ("a byte order mark", JSON, marked),
        ("UTF-16", JSON, utf16),
        ("gzip", JSON, b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03".to_vec()),
    ]
}

/// Bytes that are no request, and the statuses with which the HTTP layer may refuse them; 0 is to close without a
/// word. They never reach a route, so that there is no problem body.
pub(super) type NoHttp = (&'static str, Vec<u8>, &'static [u16]);

/// Heads that are none.
pub(super) fn no_heads(town: &Town) -> Vec<NoHttp> {
    let server = town.server.public();
    let head = |first: &str, lines: &str| format!("{first}\r\nHost: {server}\r\n{lines}\r\n").into_bytes();
    let with = |lines: &str| head("GET /v1/channels HTTP/1.1", lines);
    let many: String = (0..100).map(|number| format!("X-{number}: x\r\n")).collect();
    let long = format!("GET /{} HTTP/1.1", "a".repeat(70_000));
    vec![
        ("noise", (0..=255u8).cycle().take(2_000).collect(), &[400]),
        (
            "a TLS client",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
            &[400],
        ),
        (
            "HTTP/2 at once",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04".to_vec(),
            &[0, 400, 505],
        ),
        ("HTTP/0.9", b"GET /\r\n\r\n".to_vec(), &[400]),
        ("HTTP/9.9", head("GET / HTTP/9.9", ""), &[400, 505]),
        ("no target", head("GET HTTP/1.1", ""), &[400]),
        ("a blank in the target", head("GET /a b HTTP/1.1", ""), &[400]),
        ("NUL in the target", head("GET /a\0b HTTP/1.1", ""), &[400]),
        ("a method with a bracket", head("G(T / HTTP/1.1", ""), &[400]),
        ("a target of 70,000 letters", head(&long, ""), &[414, 431]),
        (
            "a header of 20,000 letters",
            with(&format!("X: {}\r\n", "a".repeat(20_000))),
            &[431],
        ),
        ("100 headers", with(&many), &[431]),
        ("a header without a colon", with("Authorization\r\n"), &[400]),
        ("a header with NUL", with("X: a\0b\r\n"), &[400]),
        (
            "a header with a blank before the colon",
            with("X : a\r\n"),
            &[400],
        ),
        ("a folded header", with("X: a\r\n b\r\n"), &[400]),
    ]
}

/// Bodies whose end is nowhere, or in two places.
pub(super) fn no_bodies(town: &Town) -> Vec<NoHttp> {
    let target = town.fill("/v1/channels/<c>/messages");
    let (server, token) = (town.server.public(), town.word("t"));
    let with = |lines: &str, body: &str| {
        let first = format!("POST {target} HTTP/1.1\r\nHost: {server}\r\nAuthorization: Bearer {token}\r\n");
        format!("{first}Content-Type: {JSON}\r\n{lines}\r\n{body}").into_bytes()
    };
    let chunked = "Transfer-Encoding: chunked\r\n";
    let both = format!("{chunked}Content-Length: 5\r\n");
    let large = format!("{:x}\r\n{}\r\n0\r\n\r\n", 70_000, " ".repeat(70_000));
    vec![
        (
            "a length that is a word",
            with("Content-Length: all\r\n", ""),
            &[400],
        ),
        ("a length below zero", with("Content-Length: -1\r\n", ""), &[400]),
        (
            "a length of 2^64",
            with("Content-Length: 18446744073709551616\r\n", ""),
            &[400, 413],
        ),
        (
            "two lengths",
            with("Content-Length: 2\r\nContent-Length: 3\r\n", "{}"),
            &[400],
        ),
        ("a length and chunks", with(&both, "0\r\n\r\n"), &[400]),
        (
            "an unknown transfer coding",
            with("Transfer-Encoding: magic\r\n", "{}"),
            &[400],
        ),
        (
            "a chunk whose size is a word",
            with(chunked, "zz\r\n{}\r\n0\r\n\r\n"),
            &[400],
        ),
        (
            "a chunk of 2^64",
            with(chunked, "10000000000000000\r\n{"),
            &[400, 413],
        ),
        ("chunks beyond 64 KiB", with(chunked, &large), &[413]),
    ]
}

/// Requests whose end never comes: the client says that it has no more.
pub(super) fn cut_off(town: &Town) -> Vec<(&'static str, Vec<u8>)> {
    let bearer = format!("Bearer {}", town.word("t"));
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", JSON),
        ("Content-Length", "1000"),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let target = town.fill("/v1/channels/<c>/messages");
    let body = town.fill(r#"{"key":"<k>","text":"x"}"#);
    let whole = raw::request(town.server.public(), "POST", &target, &headers, body.as_bytes());
    vec![
        ("no body", whole[..whole.len() - body.len()].to_vec()),
        ("half a head", whole[..40].to_vec()),
        ("a whole value in half a body", whole),
    ]
}
