//! The pages and files of the web client, which live in the binary.

use super::app::App;
use super::edge::not_found;
use super::security::PAGE_CSP;
use crate::assets::{self, Asset};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
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

/// A file of the web client, if the address names one.
pub(crate) async fn file(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let reads = method == Method::GET || method == Method::HEAD;
    match assets::find(uri.path()).filter(|_| reads) {
        Some(asset) => serve(&asset, &headers),
        None => not_found().await.into_response(),
    }
}

fn serve(asset: &Asset, headers: &HeaderMap) -> Response {
    let etag = HeaderValue::from_str(asset.etag).expect("an entity tag is a header value");
    let fresh = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .any(|known| matches(known, &etag));
    let mut response = if fresh {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, asset.content_type)], asset.bytes).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, etag);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(PAGE_CSP),
    );
    response
}

/// Whether `If-None-Match` names the tag (RFC 9110 section 13.1.2; weak comparison).
fn matches(known: &HeaderValue, etag: &HeaderValue) -> bool {
    let (Ok(known), Ok(etag)) = (known.to_str(), etag.to_str()) else {
        return false;
    };
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    known.trim() == "*" || known.split(',').any(|tag| opaque(tag) == opaque(etag))
}
