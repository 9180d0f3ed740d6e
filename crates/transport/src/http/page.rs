//! The pages and files of the web client and the descriptions, which live in the binary.

use super::app::App;
use super::edge::not_found;
use super::security::{self, PAGE_CSP};
use crate::assets::{self, Asset, Encoding};
use crate::docs::{self, Page};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};

/// For what is asked for by an address that may mean something else tomorrow.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");
/// For what has its content's hash in its name.
const KEEP: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// The screens of the web app. Its files are served by the fallback, [`file`].
pub(crate) fn routes() -> axum::Router<App> {
    let screens = [
        "/",
        "/join/{code}",
        "/continue",
        "/c/{channel}",
        "/settings",
        "/settings/{section}",
        "/admin",
        "/admin/{section}",
    ];
    screens.into_iter().fold(axum::Router::new(), |router, screen| {
        router.route(screen, get(file))
    })
}

/// A screen or a file of the web app or a page of the descriptions, if the address names one.
pub(crate) async fn file(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return not_found().await.into_response();
    }
    let accepts = |encoding: Encoding| {
        let accepted = headers.get_all(header::ACCEPT_ENCODING).iter();
        accepted
            .filter_map(|value| value.to_str().ok())
            .any(|value| encoding.is_accepted(value))
    };
    match (assets::find(uri.path(), accepts), docs::find(uri.path())) {
        (Some(asset), _) => serve(&asset, &headers),
        (None, Some(page)) => answer(page, &headers),
        (None, None) => not_found().await.into_response(),
    }
}

fn serve(asset: &Asset, headers: &HeaderMap) -> Response {
    // What never changes under its name needs no look at its content.
    let tag = match (asset.immutable, asset.encoding.name()) {
        (true, encoding) => {
            assets::tag(format!("{} {}", asset.path, encoding.unwrap_or_default()).as_bytes())
        }
        (false, _) => assets::tag(asset.bytes),
    };
    let etag = HeaderValue::from_bytes(&tag).expect("an entity tag is a header value");
    let page = Page {
        path: asset.path,
        bytes: Bytes::from_static(asset.bytes),
        content_type: asset.content_type,
        etag,
        policy: PAGE_CSP,
    };
    let mut response = answer(&page, headers);
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(name) = asset.encoding.name() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    if asset.immutable {
        headers.insert(header::CACHE_CONTROL, KEEP);
    }
    if asset.embedded {
        security::for_any_page(headers);
    }
    response
}

fn answer(page: &Page, headers: &HeaderMap) -> Response {
    let etag = page.etag.clone();
    let mut response = if is_known(headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, page.content_type)], page.bytes.clone()).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, etag);
    headers.insert(header::CACHE_CONTROL, ASK_AGAIN);
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(page.policy),
    );
    response
}

/// Whether the client has what the tag names.
pub(super) fn is_known(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    let mut known = headers.get_all(header::IF_NONE_MATCH).iter();
    known.any(|known| matches(known, etag))
}

/// Whether `If-None-Match` names the tag (RFC 9110 section 13.1.2; weak comparison).
fn matches(known: &HeaderValue, etag: &HeaderValue) -> bool {
    let (Ok(known), Ok(etag)) = (known.to_str(), etag.to_str()) else {
        return false;
    };
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    known.trim() == "*" || known.split(',').any(|tag| opaque(tag) == opaque(etag))
}
