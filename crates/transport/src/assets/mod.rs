//! The web app's files, which are part of the binary: what `npm run build -w web` made of `web/`, as it was when this
//! crate was compiled. Without them a plain page says what is missing.

mod encoding;

pub use encoding::Encoding;

/// A file of the app and its compressed twins. The build script lists them.
struct Built {
    path: &'static str,
    plain: &'static [u8],
    gzip: Option<&'static [u8]>,
    brotli: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/web.rs"));

/// Where the files are whose names change with their content.
const HASHED: [&str; 2] = ["assets/", WIDGET];
/// Where the files are that `widget.js` loads into the pages of others.
const WIDGET: &str = "widget/";
const WIDGET_LOADER: &str = "widget.js";
const INDEX: &str = "index.html";

/// Always there, because the pages of the descriptions show it too.
static ICON: Built = Built {
    path: "assets/icon.svg",
    plain: include_bytes!("icon.svg"),
    gzip: None,
    brotli: None,
};

static UNBUILT: Built = Built {
    path: INDEX,
    plain: include_bytes!("unbuilt.html"),
    gzip: None,
    brotli: None,
};

/// A static file in one encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Its path, without the leading slash.
    pub path: &'static str,
    /// Its content, encoded.
    pub bytes: &'static [u8],
    /// How it is encoded.
    pub encoding: Encoding,
    /// Its media type (RFC 9110 section 8.3).
    pub content_type: &'static str,
    /// Whether another content would have another name, so that it may be kept for ever.
    pub immutable: bool,
    /// Whether it is for the pages of others: part of the embeddable widget.
    pub embedded: bool,
}

/// The file at a path such as `/`, `/join/CODE` or `/assets/app-1a2b3c.js` in the best encoding of those accepted; the
/// leading slash may be left out.
pub fn find(path: &str, accepts: impl Fn(Encoding) -> bool) -> Option<Asset> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let file = match path {
        _ if is_screen(path) => built(INDEX).unwrap_or(&UNBUILT),
        _ if path == ICON.path => &ICON,
        _ => built(path)?,
    };
    let twins = [(Encoding::Brotli, file.brotli), (Encoding::Gzip, file.gzip)];
    let twin = twins
        .into_iter()
        .find_map(|(encoding, bytes)| bytes.filter(|_| accepts(encoding)).map(|bytes| (encoding, bytes)));
    let (encoding, bytes) = twin.unwrap_or((Encoding::Plain, file.plain));
    Some(Asset {
        path: file.path,
        bytes,
        encoding,
        content_type: content_type(file.path),
        immutable: HASHED.iter().any(|folder| file.path.starts_with(folder)) && file.path != ICON.path,
        embedded: file.path == WIDGET_LOADER || file.path.starts_with(WIDGET),
    })
}

fn built(path: &str) -> Option<&'static Built> {
    let place = BUILT.binary_search_by(|file| file.path.cmp(path)).ok()?;
    BUILT.get(place)
}

/// Whether a path is a screen of the app, which is one page that looks at its own address.
fn is_screen(path: &str) -> bool {
    let mut parts = path.split('/');
    let (first, second, more) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    match (first, second, more) {
        ("" | INDEX | "continue" | "settings" | "admin", None, _) => true,
        ("join" | "c" | "settings" | "admin", Some(part), None) => !part.is_empty(),
        _ => false,
    }
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "png" => "image/png",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

/// The FNV-1a hash of a file as 16 hexadecimal digits in quotes, a strong entity tag (RFC 9110 section 8.8.3): a change
/// of the file changes it, and nobody gains anything by forging it.
pub(crate) fn tag(bytes: &[u8]) -> [u8; 18] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mut text = [b'"'; 18];
    for (place, digit) in text.iter_mut().skip(1).take(16).zip((0..16).rev()) {
        *place = DIGITS[(hash >> (4 * digit)) as usize & 15];
    }
    text
}

#[cfg(test)]
mod tests;
