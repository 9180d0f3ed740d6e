//! The pages and files of the web client and the descriptions, which live in the binary.

use super::app::App;
use super::edge::not_found;
use super::security::PAGE_CSP;
use crate::assets::{self, Asset};
use crate::docs::{self, Page};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};

/// The one page; it looks at its own address.
const INDEX: &str = "index.html";

/// `/` and the address of invitation links. Files are served by the fallback, [`file`].
pub(crate) fn routes() -> axum::Router<App> {
    axum::Router::new()
        .route("/", get(index))
        .route("/join/{code}", get(index))
}

async fn index(headers: HeaderMap) -> Response {
    match assets::find(INDEX) {
        Some(asset) => serve(&asset, &headers),
        None => not_found().await.into_response(),
    }
}

/// A file of the web client or a page of the descriptions, if the address names one.
pub(crate) async fn file(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return not_found().await.into_response();
    }
    match (assets::find(uri.path()), docs::find(uri.path())) {
        (Some(asset), _) => serve(&asset, &headers),
        (None, Some(page)) => answer(page, &headers),
        (None, None) => not_found().await.into_response(),
    }
}

fn serve(asset: &Asset, headers: &HeaderMap) -> Response {
    let page = Page {
        path: "",
        bytes: Bytes::from_static(asset.bytes),
        content_type: asset.content_type,
        etag: HeaderValue::from_str(asset.etag).expect("an entity tag is a header value"),
        policy: PAGE_CSP,
    };
    answer(&page, headers)
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
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
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
