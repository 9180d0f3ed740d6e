//! S1.3: a page whose browser holds the token in a cookie opens sockets with it, and nothing else can be done with it.

use anyhow::{Context, Result, ensure};
use klatch_testkit::{Server, ServerOptions, TestClient};
use klatch_tests::raw::{self, Response};
use klatch_tests::{Api, Ended, Socket, cli, skipped, token};
use klatch_types::{Clock, SystemClock};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(10);
const PASSWORD: &str = "correct horse battery";
/// A secret that the meeting product and the server share.
const SECRET: &str = "q8Zr1v0Xo2Kd7Lw5Jt9Gm3Hs6Fy4BnCe";
const MEETINGS: &str = "https://meetings.example/";
const NAME: &str = "__Host-klatch";

/// The first frame of a page that leaves the token to its browser.
fn hello() -> Value {
    json!({ "op": "hello" })
}

/// The server's own page at one of its doors.
struct Page {
    door: SocketAddr,
    origin: String,
}

impl Page {
    fn of(server: &Server) -> Self {
        let door = server.public();
        let origin = format!("http://{door}");
        Self { door, origin }
    }

    /// Opens a socket with this `Cookie` header.
    async fn open(&self, cookie: &str, hello: Value) -> Result<Socket> {
        let headers = [("origin", self.origin.as_str()), ("cookie", cookie)];
        Socket::greet_with(self.door, &headers, hello).await
    }

    /// The code of the refusal of a socket with this `Cookie` header, and how it ended.
    async fn refused(&self, cookie: &str) -> Result<(String, Ended)> {
        refused(self.door, &[("origin", &self.origin), ("cookie", cookie)]).await
    }

    /// What the route of the cookie answers to the page.
    async fn ask(&self, method: &str, token: Option<&str>) -> Result<Response> {
        let mut headers = vec![("Origin".to_owned(), self.origin.clone())];
        headers.extend(token.map(|token| ("Authorization".to_owned(), format!("Bearer {token}"))));
        let request = raw::request(self.door, method, "/v1/auth/cookie", &headers, b"");
        raw::exchange(self.door, &request).await?.context("no answer")
    }
}

async fn refused(door: SocketAddr, headers: &[(&str, &str)]) -> Result<(String, Ended)> {
    let (frames, ended) = Socket::refused_with(door, headers, &[hello()]).await?;
    let code = frames.first().and_then(|frame| frame["refused"]["code"].as_str());
    Ok((code.with_context(|| format!("{frames:?}"))?.to_owned(), ended))
}

/// Fails unless a socket was refused with this code, and closed with 4001.
fn is_refusal(told: &(String, Ended), code: &str) -> Result<()> {
    let (refused, ended) = told;
    let closed = ended.as_ref().map(|(code, _)| *code);
    ensure!(refused == code && closed == Some(4001), "{told:?} is not {code}");
    Ok(())
}

fn carrying(name: &str, token: &str) -> String {
    format!("{name}={token}")
}

async fn people(server: &Server) -> Result<(TestClient, TestClient)> {
    let tenant = server.tenant()?;
    Ok((tenant.user("ana").await?, tenant.user("rui").await?))
}

/// S1.3: the token is put into a cookie that no script can read, opens sockets, and is taken away again.
#[tokio::test]
async fn a_page_signs_in_by_cookie() -> Result<()> {
    let server = Server::start().await?;
    let (ana, rui) = people(&server).await?;
    let page = Page::of(&server);
    let answer = page.ask("PUT", Some(&ana.token)).await?;
    ensure!(answer.status == 204 && answer.body.is_empty(), "{answer:?}");
    let set = answer.header("set-cookie").context("a cookie")?;
    let mut parts = set.split("; ");
    ensure!(parts.next() == Some(&carrying(NAME, &ana.token)), "{set}");
    let (life, attributes): (Vec<&str>, Vec<&str>) = parts.partition(|part| part.starts_with("Max-Age="));
    ensure!(
        attributes == ["Path=/", "Secure", "HttpOnly", "SameSite=Strict"],
        "{set}"
    );
    let life: u64 = life[0].trim_start_matches("Max-Age=").parse()?;
    ensure!((590..=600).contains(&life), "{set}");

    let kept = format!("theme=dark; {}; lang=pt", carrying(NAME, &ana.token));
    let socket = page.open(&kept, hello()).await?;
    ensure!(
        socket.ready["user"]["id"] == json!(ana.user.id),
        "{}",
        socket.ready
    );
    let answer = socket.ask(json!({ "op": "channel_list" })).await?;
    ensure!(answer["ok"].is_object(), "{answer}");

    // The token of the first frame wins, also over cookies that leave open who is meant.
    let given = json!({ "op": "hello", "token": rui.token });
    for cookie in [kept.as_str(), &format!("{kept}; {NAME}=x")] {
        let socket = page.open(cookie, given.clone()).await?;
        ensure!(
            socket.ready["user"]["id"] == json!(rui.user.id),
            "{}",
            socket.ready
        );
    }

    let answer = page.ask("DELETE", None).await?;
    ensure!(answer.status == 204, "{answer:?}");
    let taken = answer.header("set-cookie").unwrap_or_default();
    ensure!(
        taken.starts_with(&format!("{NAME}=; Max-Age=0; Path=/; Secure")),
        "{taken}"
    );
    let tokenless = page.ask("PUT", None).await?;
    ensure!(tokenless.code() == "unauthenticated", "{tokenless:?}");
    ensure!(tokenless.header("set-cookie").is_none(), "{tokenless:?}");
    let back_end = page.ask("PUT", Some(server.api_key())).await?;
    ensure!(back_end.code() == "forbidden", "{back_end:?}");
    Ok(())
}

/// S1.3: only sockets take the cookie, and only from pages that may connect (contract, browser sockets).
#[tokio::test]
async fn the_cookie_is_good_for_sockets_of_allowed_pages_only() -> Result<()> {
    let options = ServerOptions::default().set(
        "security.allowed_origins",
        r#"["http://plain.example", "https://app.example"]"#,
    );
    let server = Server::start_with(options).await?;
    let (ana, _) = people(&server).await?;
    let (page, kept) = (Page::of(&server), carrying(NAME, &ana.token));
    let cookie = ("cookie", kept.as_str());
    Socket::greet_with(page.door, &[("origin", "https://app.example"), cookie], hello()).await?;

    is_refusal(&refused(page.door, &[cookie]).await?, "invalid")?;
    let plain = [("origin", "http://plain.example"), cookie];
    is_refusal(&refused(page.door, &plain).await?, "invalid")?;
    for origin in ["https://evil.example", "null", "https://app.example.evil.example"] {
        let told = Socket::greet_with(page.door, &[("origin", origin), cookie], hello()).await;
        let told = told.err().context("a foreign page came in")?.to_string();
        ensure!(told.contains("403"), "{origin}: {told}");
    }
    for (cookie, code) in [
        ("", "invalid"),
        ("__host-klatch=x", "invalid"),
        ("__Host-klatch=", "invalid"),
        (&format!("klatch={}", ana.token), "invalid"),
        (&format!("{kept}; {kept}"), "unauthenticated"),
        (&format!("{kept}; {NAME}=x"), "unauthenticated"),
        (
            &format!("{kept}; filler={}", "x".repeat(9_000)),
            "unauthenticated",
        ),
        (&format!("{kept}x"), "unauthenticated"),
    ] {
        is_refusal(&page.refused(cookie).await?, code).with_context(|| cookie.to_owned())?;
    }
    let twice = [("origin", page.origin.as_str()), cookie, cookie];
    is_refusal(&refused(page.door, &twice).await?, "unauthenticated")?;

    for (method, path) in [
        ("GET", "/v1/me"),
        ("GET", "/v1/channels"),
        ("DELETE", "/v1/devices"),
    ] {
        let headers = [("Origin", page.origin.as_str()), ("Cookie", &kept)];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let request = raw::request(page.door, method, path, &headers, b"");
        let answer = raw::exchange(page.door, &request).await?.context("no answer")?;
        ensure!(answer.status == 401, "{method} {path}: {answer:?}");
    }
    Ok(())
}

/// S1.3: a token in the cookie ends as any other: signed out and expired ones let nobody in and close what is open.
#[tokio::test]
async fn revoked_and_expired_cookies_let_nobody_in() -> Result<()> {
    let server = Server::start().await?;
    server.tenant()?.user_with_password("ana", PASSWORD).await?;
    let page = Page::of(&server);
    let api = Api::new(page.door)?;
    let body = json!({ "username": "ana", "password": PASSWORD });
    let signed_in = api.must("POST", "/v1/auth/login", Some(body)).await?;
    let access = signed_in.text("access_token")?;
    let kept = carrying(NAME, &access);
    let mut socket = page.open(&kept, hello()).await?;
    api.with(&access).must("POST", "/v1/auth/logout", None).await?;
    ensure!(socket.ended(SOON).await?.context("a close frame")?.0 == 4003);
    let (code, ended) = page.refused(&kept).await?;
    ensure!(
        code == "revoked" && ended.context("a close frame")?.0 == 4003,
        "{code}"
    );
    let answer = page.ask("PUT", Some(&access)).await?;
    ensure!(answer.code() == "revoked", "{answer:?}");

    let body = json!({ "name": "Gil", "life_s": 2 });
    let guest = api
        .with(server.api_key())
        .must("POST", "/v1/guests", Some(body))
        .await?;
    let kept = carrying(NAME, &guest.text("access_token")?);
    let mut socket = page.open(&kept, hello()).await?;
    ensure!(socket.ended(SOON).await?.context("a close frame")?.0 == 4001);
    is_refusal(&page.refused(&kept).await?, "token_expired")
}

/// S1.3: a meeting product on the same host keeps its own token in a cookie of its own, and that is enough; each space says
/// for itself which pages may bring it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cookie_of_the_meeting_product_is_enough() -> Result<()> {
    const THEIRS: &str = "__Host-meetings";
    let mut server = Server::start_with(ServerOptions::default().set("auth.cookie", THEIRS)).await?;
    if !server.storage().is_durable() {
        skipped("the cookie of an issuer: a server's memory cannot be told of one");
        return Ok(());
    }
    server.stop().await?;
    std::fs::write(server.folder().join("secret"), SECRET)?;
    for line in [
        "space add elsewhere --profile meeting",
        &format!("space issuer add test {MEETINGS} --secret-file secret"),
        "space policy test --origin https://meet.example",
        "space policy elsewhere --origin https://elsewhere.example",
    ] {
        cli(&server, line)?;
    }
    server.restart().await?;
    let page = Page::of(&server);
    let now = SystemClock.now().0 / 1000;
    let issued = |exp: i64, secret: &str| {
        let claims = json!({ "iss": MEETINGS, "sub": "olga", "name": "Olga", "exp": exp });
        token::hs256(&json!({ "alg": "HS256" }), &claims, secret.as_bytes())
    };
    let theirs = issued(now + 600, SECRET)?;
    let kept = carrying(THEIRS, &theirs);
    let socket = page.open(&kept, hello()).await?;
    ensure!(socket.ready["user"]["name"] == "Olga", "{}", socket.ready);
    let of = |origin: &'static str| [("origin", origin), ("cookie", kept.as_str())];
    Socket::greet_with(page.door, &of("https://meet.example"), hello()).await?;
    let (code, _) = refused(page.door, &of("https://elsewhere.example")).await?;
    ensure!(code == "origin_refused", "{code}");

    is_refusal(
        &page.refused(&carrying(THEIRS, &issued(now - 5, SECRET)?)).await?,
        "token_expired",
    )?;
    let forged = issued(now + 600, "another secret that is long enough too")?;
    is_refusal(
        &page.refused(&carrying(THEIRS, &forged)).await?,
        "unauthenticated",
    )?;
    is_refusal(&page.refused(&carrying(NAME, &theirs)).await?, "invalid")?;
    let answer = page.ask("PUT", Some(&theirs)).await?;
    let set = answer.header("set-cookie").unwrap_or_default();
    ensure!(set.starts_with(&format!("{kept}; Max-Age=")), "{answer:?}");
    let large = json!({ "iss": MEETINGS, "sub": "olga", "exp": now + 600, "padding": "x".repeat(3_500) });
    let large = token::hs256(&json!({ "alg": "HS256" }), &large, SECRET.as_bytes())?;
    let answer = page.ask("PUT", Some(&large)).await?;
    ensure!(answer.code() == "invalid", "browsers would drop it: {answer:?}");
    Ok(())
}

/// S1.3: an operator can do without the cookie.
#[tokio::test]
async fn without_a_name_there_is_no_cookie() -> Result<()> {
    let server = Server::start_with(ServerOptions::default().set("auth.cookie", "")).await?;
    let (ana, _) = people(&server).await?;
    let page = Page::of(&server);
    for cookie in [carrying(NAME, &ana.token), format!("={}", ana.token)] {
        is_refusal(&page.refused(&cookie).await?, "invalid")?;
    }
    for method in ["PUT", "DELETE"] {
        let answer = page.ask(method, Some(&ana.token)).await?;
        ensure!(
            answer.code() == "not_found" && answer.header("set-cookie").is_none(),
            "{answer:?}"
        );
    }
    Ok(())
}

/// S1.3, S0.6: clients of Socket.IO, too, may leave the token to the browser, where it names the page.
#[tokio::test]
async fn socket_io_takes_the_cookie_as_well() -> Result<()> {
    let server = Server::start().await?;
    let (ana, _) = people(&server).await?;
    let (page, kept) = (Page::of(&server), carrying(NAME, &ana.token));
    let origin = Some(page.origin.as_str());
    let told = greeted(&page, origin, &kept, "40").await?;
    ensure!(told.starts_with("40{"), "{told}");
    let told = greeted(&page, origin, &kept, r#"40{"client":"page"}"#).await?;
    ensure!(told.starts_with("40{"), "{told}");
    for (origin, cookie, auth) in [
        (None, kept.as_str(), "40"),
        (origin, "", "40"),
        (origin, &format!("{kept}; {kept}"), "40"),
        (origin, &kept, r#"40{"token":"x"}"#),
    ] {
        let told = greeted(&page, origin, cookie, auth).await?;
        ensure!(
            told.starts_with("44{") && told.contains("unauthenticated: "),
            "{told}"
        );
    }
    Ok(())
}

/// What a client that polls is told when it connects to the namespace (Engine.IO 4, Socket.IO 5).
async fn greeted(page: &Page, origin: Option<&str>, cookie: &str, connect: &str) -> Result<String> {
    let address = format!("{}/socket.io/?EIO=4&transport=polling", page.origin);
    let http = reqwest::Client::builder().no_proxy().build()?;
    let mut first = http.get(&address).header("cookie", cookie);
    if let Some(origin) = origin {
        first = first.header("origin", origin);
    }
    let opened = first.send().await?.error_for_status()?.text().await?;
    let opened: Value = serde_json::from_str(opened.trim_start_matches('0'))?;
    let sid = opened["sid"].as_str().context("a session")?;
    let address = format!("{address}&sid={sid}");
    let said = http.post(&address).body(connect.to_owned()).send().await?;
    said.error_for_status()?;
    // Pings come between.
    for _ in 0..5 {
        let packets = http
            .get(&address)
            .send()
            .await?
            .error_for_status()?
            .text()
            .await?;
        if let Some(told) = packets.split('\u{1e}').find(|packet| packet.starts_with('4')) {
            return Ok(told.to_owned());
        }
    }
    anyhow::bail!("nothing but pings")
}
