//! The first page: static files that are part of the binary. No build step, no dependency, no inline script or style.
//!
//! `index.html` is the page, `app.js` joins `sync.js` (in step with the server), `model.js` (what is known), `view.js`
//! (drawing), `start.js` (new conversations) and `wire.js` (tokens, REST, socket).

/// A static file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Its content.
    pub bytes: &'static [u8],
    /// Its media type (RFC 9110 section 8.3).
    pub content_type: &'static str,
    /// A strong entity tag with its quotes (RFC 9110 section 8.8.3), made from the content.
    pub etag: &'static str,
}

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const ICON: &str = "image/svg+xml";

macro_rules! asset {
    ($file:literal, $content_type:expr) => {{
        const BYTES: &[u8] = include_bytes!($file);
        const TAG: [u8; 18] = tag(BYTES);
        Asset {
            bytes: BYTES,
            content_type: $content_type,
            etag: match std::str::from_utf8(&TAG) {
                Ok(text) => text,
                Err(_) => panic!("an entity tag is ASCII"),
            },
        }
    }};
}

const INDEX: Asset = asset!("index.html", HTML);

/// The file at a path such as `/`, `/join/CODE` or `/assets/app.js`; the leading slash may be left out.
pub fn find(path: &str) -> Option<Asset> {
    let path = path.strip_prefix('/').unwrap_or(path);
    Some(match path {
        "" | "index.html" => INDEX,
        "assets/app.js" => asset!("app.js", SCRIPT),
        "assets/model.js" => asset!("model.js", SCRIPT),
        "assets/start.js" => asset!("start.js", SCRIPT),
        "assets/sync.js" => asset!("sync.js", SCRIPT),
        "assets/view.js" => asset!("view.js", SCRIPT),
        "assets/wire.js" => asset!("wire.js", SCRIPT),
        "assets/style.css" => asset!("style.css", STYLE),
        "assets/icon.svg" => asset!("icon.svg", ICON),
        _ if path
            .strip_prefix("join/")
            .is_some_and(|code| !code.is_empty() && !code.contains('/')) =>
        {
            INDEX
        }
        _ => return None,
    })
}

/// The FNV-1a hash of a file as 16 hexadecimal digits in quotes: a change of the file changes it, and nobody gains
/// anything by forging it.
pub(crate) const fn tag(bytes: &[u8]) -> [u8; 18] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        i += 1;
    }
    let mut text = [b'"'; 18];
    let mut digit = 0;
    while digit < 16 {
        text[digit + 1] = DIGITS[(hash >> (60 - 4 * digit)) as usize & 15];
        digit += 1;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page is small enough to be loaded over a bad network.
    const PAGE_BYTES_MAX: usize = 72 * 1024;
    const FILES: [&str; 8] = [
        "app.js",
        "model.js",
        "start.js",
        "sync.js",
        "view.js",
        "wire.js",
        "style.css",
        "icon.svg",
    ];

    fn text(path: &str) -> &'static str {
        std::str::from_utf8(find(path).unwrap().bytes).unwrap()
    }

    #[test]
    fn the_page_is_at_the_root_and_at_invitation_links() {
        for path in ["/", "", "index.html", "/join/abc-DEF_1", "join/x"] {
            assert_eq!(find(path), Some(INDEX), "{path}");
        }
        for path in [
            "/join/",
            "/join/a/b",
            "/assets/",
            "/assets/mod.rs",
            "/app.js",
            "/assets/../mod.rs",
            "/joined",
        ] {
            assert_eq!(find(path), None, "{path}");
        }
    }

    #[test]
    fn everything_the_files_name_is_there() {
        let page = text("/");
        for quoted in page.split('"').filter(|part| part.starts_with("/assets/")) {
            assert!(find(quoted).is_some(), "index.html names {quoted}");
        }
        for file in FILES.iter().filter(|file| file.ends_with(".js")) {
            for line in text(&format!("/assets/{file}"))
                .lines()
                .filter(|line| line.starts_with("import "))
            {
                let from = line
                    .split('"')
                    .nth(1)
                    .and_then(|path| path.strip_prefix("./"))
                    .unwrap();
                assert!(
                    find(&format!("/assets/{from}")).is_some(),
                    "{file} imports {from}"
                );
            }
        }
    }

    #[test]
    fn the_page_keeps_to_its_content_security_policy_and_never_makes_html_from_text() {
        let page = text("/");
        for forbidden in [
            "<style",
            " style=",
            " onclick=",
            "http://",
            "https://",
            "javascript:",
        ] {
            assert!(!page.contains(forbidden), "index.html has {forbidden}");
        }
        assert_eq!(
            page.matches("<script").count(),
            page.matches("<script type=\"module\" src=\"/assets/").count()
        );
        for file in FILES.iter().filter(|file| file.ends_with(".js")) {
            let script = text(&format!("/assets/{file}"));
            for forbidden in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
                "new Function",
            ] {
                assert!(!script.contains(forbidden), "{file} has {forbidden}");
            }
        }
    }

    #[test]
    fn entity_tags_are_strong_and_differ() {
        let mut tags: Vec<_> = FILES
            .iter()
            .map(|file| find(&format!("/assets/{file}")).unwrap().etag)
            .collect();
        tags.push(INDEX.etag);
        assert!(
            tags.iter()
                .all(|tag| tag.len() == 18 && tag.starts_with('"') && tag.ends_with('"'))
        );
        tags.sort_unstable();
        tags.dedup();
        assert_eq!(tags.len(), FILES.len() + 1);
    }

    #[test]
    fn the_page_stays_small() {
        let files: usize = FILES
            .iter()
            .map(|file| find(&format!("/assets/{file}")).unwrap().bytes.len())
            .sum();
        assert!(files + INDEX.bytes.len() <= PAGE_BYTES_MAX);
    }
}
