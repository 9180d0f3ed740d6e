//! What must hold of the web app's files, whether or not they were there when this was compiled.

use super::*;

/// All JavaScript that a first visit loads, compressed with gzip, is at most this: a bad network has it in seconds.
const FIRST_LOAD_BYTES_MAX: usize = 180 * 1024;

/// What `<klatch-chat>` costs a page at first, and with everything of a conversation; compressed with gzip.
const WIDGET_LOADER_BYTES_MAX: usize = 5 * 1024;
const WIDGET_BYTES_MAX: usize = 120 * 1024;

fn plain(path: &str) -> Option<Asset> {
    find(path, |_| false)
}

fn page() -> &'static str {
    text(plain("/").unwrap())
}

fn text(asset: Asset) -> &'static str {
    std::str::from_utf8(asset.bytes).unwrap()
}

/// What the page names in attributes, such as `/assets/index-1a2b3c.js`.
fn named() -> impl Iterator<Item = &'static str> {
    page().split('"').filter(|part| part.starts_with("/assets/"))
}

#[test]
fn the_page_is_at_the_address_of_every_screen_and_nowhere_else() {
    let index = plain("/");
    for path in [
        "",
        "index.html",
        "/join/abc-DEF_1",
        "join/x",
        "/continue",
        "/c/0190f3a1",
        "/settings",
        "/settings/looks",
        "/admin",
        "/admin/users",
    ] {
        assert_eq!(plain(path), index, "{path}");
    }
    for path in [
        "/join",
        "/join/",
        "/join/a/b",
        "/c",
        "/c/",
        "/c/a/b",
        "/joined",
        "/continue/",
        "/continue/a",
        "/settings/",
        "/settings/a/b",
        "/assets/",
        "/assets",
        "/assets/../mod.rs",
        "/assets/unbuilt.html",
        "/v1",
        "/v1/nothing",
        "/admin/",
    ] {
        assert_eq!(plain(path), None, "{path}");
    }
}

#[test]
fn everything_the_page_names_is_there() {
    assert!(named().count() > 0);
    for path in named() {
        assert!(plain(path).is_some(), "index.html names {path}");
    }
    assert_eq!(plain("/assets/icon.svg").unwrap().content_type, "image/svg+xml");
}

#[test]
fn the_page_keeps_to_its_content_security_policy_and_loads_nothing_from_elsewhere() {
    for forbidden in [
        "<style",
        " style=",
        " onclick=",
        "http://",
        "https://",
        "javascript:",
    ] {
        assert!(!page().contains(forbidden), "index.html has {forbidden}");
    }
    let own = page().matches("<script type=\"module\"").count();
    assert_eq!(page().matches("<script").count(), own, "a script without a file");
    for file in BUILT.iter().filter(|file| file.path.ends_with(".css")) {
        let style = std::str::from_utf8(file.plain).unwrap();
        for forbidden in ["@import", "url(http", "url(//", "url(data:"] {
            assert!(!style.contains(forbidden), "{} has {forbidden}", file.path);
        }
    }
}

#[test]
fn no_script_runs_text() {
    for file in BUILT.iter().filter(|file| file.path.ends_with(".js")) {
        let script = std::str::from_utf8(file.plain).unwrap();
        for forbidden in ["insertAdjacentHTML", "document.write(", "new Function(", " eval("] {
            assert!(!script.contains(forbidden), "{} has {forbidden}", file.path);
        }
    }
}

#[test]
fn every_file_is_found() {
    assert!(BUILT.is_sorted_by_key(|file| file.path));
    for file in BUILT {
        assert_eq!(plain(file.path).unwrap().path, file.path);
    }
}

#[test]
fn the_smallest_accepted_twin_is_sent() {
    for file in BUILT {
        let brotli = find(file.path, |_| true).unwrap();
        let gzip = find(file.path, |encoding| encoding == Encoding::Gzip).unwrap();
        let plain = plain(file.path).unwrap();
        assert_eq!(plain.encoding, Encoding::Plain);
        assert_eq!(plain.bytes, file.plain);
        if file.plain.len() > 4096 && file.path.ends_with("js") {
            assert_eq!(
                (brotli.encoding, gzip.encoding),
                (Encoding::Brotli, Encoding::Gzip)
            );
            assert!(brotli.bytes.len() < gzip.bytes.len() && gzip.bytes.len() < plain.bytes.len());
        }
        let hashed = file.path.starts_with("assets/") || file.path.starts_with("widget/");
        assert_eq!(plain.immutable, hashed, "{}", file.path);
        assert_eq!(plain.embedded, file.path.starts_with("widget"), "{}", file.path);
    }
}

/// A page of others loads the first file with itself, and the others when the chat is seen.
#[test]
fn the_widget_stays_small() {
    if BUILT.is_empty() {
        return; // nothing was built, and the page says so
    }
    let loader = find("widget.js", |it| it == Encoding::Gzip).unwrap();
    assert!(
        loader.bytes.len() <= WIDGET_LOADER_BYTES_MAX,
        "{} bytes",
        loader.bytes.len()
    );
    // What the conversation names at its beginning comes with it, and so does a language; that is the smaller of the two files
    // of its name, the other has its emoji for those who look for one.
    let of = |start: &'static str| BUILT.iter().filter(move |file| file.path.starts_with(start));
    let language = of("widget/pl-").min_by_key(|file| file.plain.len());
    let mut wanted: Vec<&Built> = of("widget/mount").chain(language).collect();
    let mut at = 0;
    while let Some(file) = wanted.get(at) {
        at += 1;
        let script = std::str::from_utf8(file.plain).unwrap();
        for part in script.split("from").skip(1) {
            let name = part
                .trim_start_matches(['"', '`', '\''])
                .split(['"', '`', '\''])
                .next()
                .unwrap_or_default();
            let named = name
                .strip_prefix("./")
                .and_then(|name| built(&format!("widget/{name}")));
            let is_new = |named: &&Built| wanted.iter().all(|file| file.path != named.path);
            wanted.extend(named.filter(is_new));
        }
    }
    let all: usize = wanted
        .iter()
        .map(|file| file.gzip.unwrap_or(file.plain).len())
        .sum();
    assert!(all > 0 && all <= WIDGET_BYTES_MAX, "{all} bytes of the widget");
}

#[test]
fn entity_tags_are_strong_and_differ() {
    let (one, other) = (tag(b"one"), tag(b"other"));
    assert_ne!(one, other);
    assert!(one.starts_with(b"\"") && one.ends_with(b"\"") && one[1..17].iter().all(u8::is_ascii_hexdigit));
    assert_eq!(&tag(b""), b"\"cbf29ce484222325\"");
}

#[test]
fn the_first_load_stays_small() {
    let scripts = named().filter(|path| path.ends_with(".js"));
    let bytes: usize = scripts
        .map(|path| find(path, |it| it == Encoding::Gzip).unwrap().bytes.len())
        .sum();
    assert!(bytes <= FIRST_LOAD_BYTES_MAX, "{bytes} bytes of script");
}
