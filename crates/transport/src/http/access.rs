//! The access log and the metrics of requests.
//!
//! One tracing event of target [`TARGET`] per request; the server writes it to `requests.log` in Apache's Combined
//! format (S0.9). Queries and invitation codes never appear in it.

use super::edge::RequestInfo;
use axum::extract::{MatchedPath, Request};
use http::{HeaderMap, HeaderName, Method, StatusCode, Version, header};
use std::time::Instant;

/// Target of the access log's events.
pub const TARGET: &str = "requests";

/// Longest path, referer or user agent that is logged, characters.
const FIELD_CHARS_MAX: usize = 500;

/// Route of requests that no route took, in metrics.
const UNMATCHED: &str = "unmatched";

/// A request under way, as the log will tell of it.
pub(crate) struct Visit {
    began: Instant,
    method: Method,
    version: Version,
    route: String,
    path: String,
    referer: String,
    agent: String,
}

impl Visit {
    /// Notes what will be gone when the answer is there.
    pub(crate) fn begin(request: &Request) -> Self {
        let template = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
        // An invitation's code is as good as a key: the template stands for the path that holds one.
        let path = match template {
            Some(template) if template.contains("{code}") => template,
            _ => request.uri().path(),
        };
        Self {
            began: Instant::now(),
            method: request.method().clone(),
            version: request.version(),
            route: template.unwrap_or(UNMATCHED).to_owned(),
            path: bounded(path),
            referer: referer(request.headers()),
            agent: field(request.headers(), header::USER_AGENT),
        }
    }

    /// Method of the request.
    pub(crate) fn method(&self) -> &Method {
        &self.method
    }

    /// Template of the route, or `unmatched`.
    pub(crate) fn route(&self) -> &str {
        &self.route
    }

    /// Tells the log and the metrics how it went.
    pub(crate) fn end(self, info: &RequestInfo, status: StatusCode, bytes: Option<u64>) {
        let took = self.began.elapsed();
        let method = known(&self.method);
        let code = status.as_u16();
        metrics::counter!("http_requests_total",
            "method" => method, "route" => self.route.clone(), "status" => code.to_string())
        .increment(1);
        metrics::histogram!("http_request_seconds", "method" => method, "route" => self.route)
            .record(took.as_secs_f64());
        let user = info.user.get().map(ToString::to_string);
        tracing::info!(
            target: TARGET,
            request_id = %info.id,
            client = %info.client,
            user = user.as_deref().unwrap_or("-"),
            method = bounded(self.method.as_str()),
            path = self.path,
            version = ?self.version,
            status = code,
            bytes = bytes.unwrap_or(0),
            referer = self.referer,
            agent = self.agent,
            duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        );
    }
}

/// Methods as a label of metrics: clients may invent others without end.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

fn field(headers: &HeaderMap, name: HeaderName) -> String {
    let text = headers.get(name).and_then(|value| value.to_str().ok());
    text.map_or_else(|| "-".to_owned(), bounded)
}

/// The `Referer` without its query and without an invitation's code.
fn referer(headers: &HeaderMap) -> String {
    let text = field(headers, header::REFERER);
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let end = text.find("/join/").map_or(end, |at| end.min(at + "/join/".len()));
    text[..end].to_owned()
}

fn bounded(text: &str) -> String {
    text.chars().take(FIELD_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn a_referer_loses_its_query_and_its_invitation() {
        for (sent, logged) in [
            ("https://a.example/x?token=s3cret", "https://a.example/x"),
            ("https://a.example/join/abc", "https://a.example/join/"),
            ("https://a.example/#x", "https://a.example/"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::REFERER, HeaderValue::from_static(sent));
            assert_eq!(referer(&headers), logged);
        }
        assert_eq!(referer(&HeaderMap::new()), "-");
    }
}
