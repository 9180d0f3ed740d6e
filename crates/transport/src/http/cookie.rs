//! The cookie that signs a page's sockets in (S1.3): the browser keeps the token, and no script can read it.
//!
//! It is believed only where the browser also names the page (`Origin`), and only by sockets: REST takes no cookie, so
//! that no foreign page can make a browser ask for anything.

use super::app::{Answer, App};
use super::caller::{Caller, bearer};
use super::origin::Origin;
use crate::error::{HttpProblem, TransportError};
use axum::extract::State;
use axum::response::IntoResponse;
use http::{HeaderMap, StatusCode, header};
use klatch_protocol::{ErrorCode, Problem};
use klatch_session::auth::origin::is_secure;
use klatch_types::UserKind;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Most bytes of `Cookie` headers that are looked through.
const COOKIES_BYTES_MAX: usize = 8 * 1024;
/// Name and value of a larger cookie are dropped by browsers without a word (RFC 6265bis section 5.6).
const COOKIE_BYTES_MAX: usize = 4 * 1024;
/// Only the host that set it gets it, only over TLS, only with requests of pages of the same site.
const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";

/// The token that the cookie of an upgrade carries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Carried {
    /// There is none, or it is not looked at.
    #[default]
    Nothing,
    /// This one.
    Token(String),
    /// There is no telling which; with the sentence that says why.
    Unclear(&'static str),
}

impl Carried {
    /// Looks for the cookie of this name. Only a page that may connect, and that came over TLS or from this machine, is
    /// believed to have sent it: a request without an `Origin` carries nothing.
    pub(crate) fn of(headers: &HeaderMap, origin: &Origin, name: Option<&str>) -> Self {
        let is_page = match origin {
            Origin::None | Origin::Foreign => false,
            Origin::Own | Origin::Listed(_) | Origin::Space(_) => headers
                .get(header::ORIGIN)
                .and_then(|origin| origin.to_str().ok())
                .is_some_and(is_secure),
        };
        match name {
            Some(name) if is_page => Self::named(headers, name),
            _ => Self::Nothing,
        }
    }

    /// The cookie of this name (RFC 6265 section 4.2.1). Bytes, because other cookies of the host may be no text.
    fn named(headers: &HeaderMap, name: &str) -> Self {
        let lines = || headers.get_all(header::COOKIE).iter().map(|line| line.as_bytes());
        if lines().map(<[u8]>::len).sum::<usize>() > COOKIES_BYTES_MAX {
            return Self::Unclear("The cookies are larger than 8 KiB; send the token itself.");
        }
        let mut values = lines()
            .flat_map(|line| line.split(|byte| *byte == b';'))
            .filter_map(|pair| {
                let at = pair.iter().position(|byte| *byte == b'=')?;
                let (known, value) = (pair[..at].trim_ascii(), pair[at + 1..].trim_ascii());
                (known == name.as_bytes()).then_some(value)
            });
        let Some(value) = values.next() else {
            return Self::Nothing;
        };
        if values.next().is_some() {
            return Self::Unclear("There is more than one cookie of that name; send the token itself.");
        }
        match std::str::from_utf8(value) {
            Ok("") => Self::Nothing, // how some clear a cookie
            Ok(token) => Self::Token(token.to_owned()),
            Err(_) => Self::Unclear("The cookie is not UTF-8; send the token itself."),
        }
    }

    /// The token to verify: the one that the client gave, or else the cookie's; none if there is neither. Errors:
    /// `unauthenticated` for cookies that leave open which token is meant.
    pub(crate) fn or_given(self, given: Option<String>) -> Result<Option<String>, Problem> {
        match (given, self) {
            (Some(token), _) | (None, Self::Token(token)) => Ok(Some(token)),
            (None, Self::Nothing) => Ok(None),
            (None, Self::Unclear(why)) => Err(Problem::new(ErrorCode::Unauthenticated, Some(why.to_owned()))),
        }
    }
}

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(set_cookie, clear_cookie))
}

/// Lets the browser keep the token of this request in a cookie, for as long as the token holds. Pages of the server's own
/// host can then open sockets whose `hello` has no `token`. REST does not take the cookie.
#[utoipa::path(put, path = "/v1/auth/cookie", tag = "auth",
    responses(
        (status = 204, description = "The cookie is set.",
            headers(("set-cookie" = String, description = "`HttpOnly`, `Secure`, `SameSite=Strict`, `Path=/`."))),
        (status = 404, description = "The operator has switched the cookie off (`auth.cookie`).", body = HttpProblem,
            content_type = "application/problem+json")))]
async fn set_cookie(State(app): State<App>, Caller(who): Caller, headers: HeaderMap) -> Answer {
    let name = name(&app)?;
    let token = bearer(&headers)?;
    if who.kind == UserKind::System {
        let detail = "a back end's token does not belong into a browser";
        return Err(TransportError::refused(ErrorCode::Forbidden, detail));
    }
    if name.len() + token.len() > COOKIE_BYTES_MAX {
        let detail = "browsers drop cookies as large as this token; send it with each socket";
        return Err(TransportError::invalid(detail));
    }
    let life_s = app.auth.rest_of_life(&who).as_secs();
    Ok(told(format!("{name}={token}; Max-Age={life_s}; {ATTRIBUTES}")))
}

/// Takes the cookie away. Needs no token: whoever can ask could also forget it.
#[utoipa::path(delete, path = "/v1/auth/cookie", tag = "auth", security(()),
    responses(
        (status = 204, description = "The cookie is gone.",
            headers(("set-cookie" = String, description = "With `Max-Age=0`."))),
        (status = 404, description = "The operator has switched the cookie off (`auth.cookie`).", body = HttpProblem,
            content_type = "application/problem+json")))]
async fn clear_cookie(State(app): State<App>) -> Answer {
    let name = name(&app)?;
    Ok(told(format!("{name}=; Max-Age=0; {ATTRIBUTES}")))
}

fn name(app: &App) -> Result<&str, TransportError> {
    let off = || TransportError::refused(ErrorCode::NotFound, "this server signs nobody in by a cookie");
    app.options.cookie.as_deref().ok_or_else(off)
}

fn told(cookie: String) -> axum::response::Response {
    (StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    const NAME: &str = "__Host-klatch";

    fn headers(cookies: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in cookies {
            headers.append(header::COOKIE, HeaderValue::from_bytes(line).unwrap());
        }
        headers
    }

    fn named(cookies: &[&[u8]]) -> Carried {
        Carried::named(&headers(cookies), NAME)
    }

    fn token(text: &str) -> Carried {
        Carried::Token(text.to_owned())
    }

    #[test]
    fn one_cookie_of_the_exact_name_is_found_among_others() {
        for line in [
            "__Host-klatch=a.b-c_d",
            "x=1; __Host-klatch=a.b-c_d; y=2",
            "x;__Host-klatch=a.b-c_d;;",
            " __Host-klatch = a.b-c_d ",
            "__host-klatch=other; __Host-klatch=a.b-c_d; __Host-klatch2=other; x__Host-klatch=other",
            "x=__Host-klatch; __Host-klatch=a.b-c_d",
        ] {
            assert_eq!(named(&[line.as_bytes()]), token("a.b-c_d"), "{line}");
        }
        assert_eq!(named(&[b"__Host-klatch=a=b=="]), token("a=b=="));
        assert_eq!(named(&[b"x=\xff\xfe; __Host-klatch=a"]), token("a"));
        assert_eq!(named(&[b"x=1", b"__Host-klatch=a"]), token("a"));
    }

    #[test]
    fn other_names_and_empty_values_are_nothing() {
        for line in [
            "",
            ";",
            "=",
            "x=1",
            "__Host-klatch",
            "__Host-klatch=",
            "__Host-klatch= ; x=1",
            "__host-klatch=a",
            "klatch=a",
            "=__Host-klatch=a",
        ] {
            assert_eq!(named(&[line.as_bytes()]), Carried::Nothing, "{line}");
        }
        assert_eq!(named(&[]), Carried::Nothing);
    }

    #[test]
    fn what_leaves_open_which_token_is_meant_is_refused() {
        let long = [b"x=".as_slice(), &[b'a'; COOKIES_BYTES_MAX]].concat();
        let cases: [&[&[u8]]; 6] = [
            &[b"__Host-klatch=a; __Host-klatch=b"],
            &[b"__Host-klatch=a; __Host-klatch=a"],
            &[b"__Host-klatch=a; x=1; __Host-klatch="],
            &[b"__Host-klatch=a", b"__Host-klatch=b"],
            &[b"__Host-klatch=\xff"],
            &[b"__Host-klatch=a", &long],
        ];
        for lines in cases {
            let carried = named(lines);
            assert!(matches!(carried, Carried::Unclear(_)), "{carried:?}");
            assert_eq!(
                carried.clone().or_given(None).unwrap_err().code,
                ErrorCode::Unauthenticated
            );
            assert_eq!(carried.or_given(Some("t".to_owned())).unwrap().unwrap(), "t");
        }
    }

    #[test]
    fn the_token_of_hello_wins() {
        let given = || Some("given".to_owned());
        assert_eq!(token("kept").or_given(given()).unwrap(), given());
        assert_eq!(token("kept").or_given(None).unwrap().unwrap(), "kept");
        assert_eq!(Carried::Nothing.or_given(given()).unwrap(), given());
        assert_eq!(Carried::Nothing.or_given(None).unwrap(), None);
        // A client that gave an empty token gave one.
        assert_eq!(token("kept").or_given(Some(String::new())).unwrap().unwrap(), "");
    }

    /// Contract, browser sockets: the cookie counts beside an allowed `Origin` only.
    #[test]
    fn only_pages_that_may_connect_bring_it() {
        let of = |origin: Option<&'static str>, judged: &Origin| {
            let mut headers = headers(&[b"__Host-klatch=a"]);
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            }
            Carried::of(&headers, judged, Some(NAME))
        };
        let listed = || HeaderValue::from_static("https://app.example");
        assert_eq!(of(Some("https://chat.example"), &Origin::Own), token("a"));
        assert_eq!(
            of(Some("https://app.example"), &Origin::Listed(listed())),
            token("a")
        );
        assert_eq!(
            of(Some("https://app.example"), &Origin::Space(listed())),
            token("a")
        );
        assert_eq!(of(Some("http://127.0.0.1:8080"), &Origin::Own), token("a"));
        assert_eq!(of(None, &Origin::None), Carried::Nothing);
        assert_eq!(
            of(Some("https://evil.example"), &Origin::Foreign),
            Carried::Nothing
        );
        // Whoever can change what a page over plain HTTP says must not act for those who came over TLS.
        assert_eq!(of(Some("http://chat.example"), &Origin::Own), Carried::Nothing);
        let mut headers = headers(&[b"__Host-klatch=a"]);
        headers.insert(header::ORIGIN, listed());
        assert_eq!(Carried::of(&headers, &Origin::Own, None), Carried::Nothing);
    }
}
