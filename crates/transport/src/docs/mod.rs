//! Pages for those who build against the server: REST to try out, the socket, the errors. All of it is in the binary and
//! made from the same descriptions that are served as data.
//!
//! REST is shown by Swagger UI, whose files are part of the binary too; the pages around it are ours, without inline
//! script or style.

mod errors;
mod html;
mod socket;

use crate::assets;
use bytes::Bytes;
use http::HeaderValue;
use std::sync::OnceLock;
use utoipa_swagger_ui::Config;

/// The AsyncAPI document of the socket. `cargo xtask gen` writes it and `cargo xtask gen --check` compares.
pub(crate) const ASYNCAPI: &str = include_str!("../../../../protocol/asyncapi.json");

/// A page or file.
#[derive(Clone)]
pub(crate) struct Page {
    /// Its address.
    pub(crate) path: &'static str,
    /// Its content.
    pub(crate) bytes: Bytes,
    /// Its media type (RFC 9110 section 8.3).
    pub(crate) content_type: &'static str,
    /// A strong entity tag (RFC 9110 section 8.8.3), made from the content.
    pub(crate) etag: HeaderValue,
    /// Its content security policy.
    pub(crate) policy: &'static str,
}

/// Policy of all pages but the one to try REST out: nothing but one style sheet and the icon.
const READ_CSP: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// Policy of the page to try REST out. Swagger UI sets style attributes and draws with `data:` images; its scripts are
/// the server's own files like everything else, and requests go to this server only.
pub(crate) const TRY_CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// The page or file at an address.
pub(crate) fn find(path: &str) -> Option<&'static Page> {
    static PAGES: OnceLock<Vec<Page>> = OnceLock::new();
    PAGES.get_or_init(all).iter().find(|page| page.path == path)
}

fn all() -> Vec<Page> {
    let api = html::page(
        html::Place::Api,
        "REST",
        "<link rel=\"stylesheet\" href=\"/docs/swagger-ui.css\">\
         <script defer src=\"/docs/swagger-ui-bundle.js\"></script><script defer src=\"/docs/api.js\"></script>",
        "<noscript>This page needs JavaScript; the document is <a href=\"/openapi.json\">openapi.json</a>.</noscript>\
         <div id=\"swagger-ui\"></div>",
    );
    vec![
        page("/docs", api, HTML, TRY_CSP),
        page("/docs/errors", errors::page(), HTML, READ_CSP),
        page("/docs/socket", socket::page(ASYNCAPI), HTML, READ_CSP),
        page("/docs/docs.css", include_str!("docs.css"), STYLE, READ_CSP),
        page("/docs/api.js", include_str!("api.js"), SCRIPT, READ_CSP),
        page("/docs/swagger-ui.css", swagger("swagger-ui.css"), STYLE, READ_CSP),
        page(
            "/docs/swagger-ui-bundle.js",
            swagger("swagger-ui-bundle.js"),
            SCRIPT,
            READ_CSP,
        ),
    ]
}

fn page(
    path: &'static str,
    bytes: impl Into<Bytes>,
    content_type: &'static str,
    policy: &'static str,
) -> Page {
    let bytes = bytes.into();
    let etag = HeaderValue::from_bytes(&assets::tag(&bytes)).expect("an entity tag is a header value");
    Page {
        path,
        bytes,
        content_type,
        etag,
        policy,
    }
}

/// A file of Swagger UI.
fn swagger(name: &str) -> Bytes {
    let config = std::sync::Arc::new(Config::new(["/openapi.json"]));
    let file = utoipa_swagger_ui::serve(name, config).ok().flatten();
    let file = file.expect("the two files of Swagger UI are part of the binary");
    Bytes::from(file.bytes.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(path: &str) -> &'static str {
        std::str::from_utf8(&find(path).unwrap().bytes).unwrap()
    }

    /// S0.7: everything that the pages name is served by the binary, so that they work without any other server.
    #[test]
    fn what_the_pages_name_is_there() {
        let elsewhere = ["/", "/openapi.json", "/asyncapi.json", "/assets/icon.svg"];
        for path in ["/docs", "/docs/errors", "/docs/socket"] {
            for attribute in [" href=\"", " src=\""] {
                for target in text(path)
                    .split(attribute)
                    .skip(1)
                    .filter_map(|rest| rest.split('"').next())
                {
                    let target = target.split('#').next().unwrap();
                    let there = target.is_empty() || elsewhere.contains(&target) || find(target).is_some();
                    assert!(there, "{path} names {target}");
                }
            }
        }
    }

    #[test]
    fn no_page_has_script_or_style_inside() {
        for path in ["/docs", "/docs/errors", "/docs/socket"] {
            let page = text(path);
            assert!(page.starts_with("<!doctype html>"), "{path}");
            assert_eq!(
                page.matches("<script").count(),
                page.matches("<script defer src=").count(),
                "{path}"
            );
            for forbidden in ["<style", " style=", " onclick=", "http://", "javascript:"] {
                assert!(!page.contains(forbidden), "{path} has {forbidden}");
            }
        }
        assert!(!READ_CSP.contains("unsafe"));
    }

    #[test]
    fn swagger_ui_is_in_the_binary() {
        assert!(text("/docs/swagger-ui-bundle.js").contains("SwaggerUIBundle"));
        assert!(text("/docs/swagger-ui.css").contains(".swagger-ui"));
    }
}
