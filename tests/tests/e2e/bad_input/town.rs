//! The server of the bad input, and who is there: mallory, who sends it, and ana and rui, who chat beside it.

use anyhow::{Context, Result};
use klatch_testkit::{Server, ServerOptions};
use klatch_tests::token::Issuer;
use klatch_tests::{Api, cli};
use serde_json::json;
use std::collections::HashMap;
use uuid::Uuid;

/// `iss` of the issuer that publishes a key.
pub(super) const PUBLISHING: &str = "https://issuer.example/";
/// `iss` of the issuer of another space that shares a secret.
pub(super) const SHARING: &str = "https://elsewhere.example/";
/// That secret.
pub(super) const SECRET: &str = "q8Zr1v0Xo2Kd7Lw5Jt9Gm3Hs6Fy4BnCe";
/// Who administers the server.
const ADMINISTRATOR: &str = "boss";
const PASSWORD: &str = "correct horse battery";
/// One more than a channel of a course may have, beside its maker.
const PUPILS: usize = 150;

pub(super) struct Town {
    pub(super) server: Server,
    pub(super) nobody: Api,
    pub(super) mallory: Api,
    pub(super) ana: Api,
    pub(super) rui: Api,
    pub(super) pupil: Api,
    pub(super) back_end: Api,
    pub(super) administrator: Api,
    pub(super) issuer: Issuer,
    words: HashMap<&'static str, String>,
}

impl Town {
    pub(super) async fn new() -> Result<Self> {
        // Only frames are limited, as they are by default.
        let options = ServerOptions::default().set("limits.frames_per_10_s", "200");
        let mut server = Server::start_with(options.set("security.allow_plain_http_issuers", "true")).await?;
        server.stop().await?;
        let issuer = Issuer::start(7).await?;
        let keys = settle(&server, &issuer)?;
        let password = administrator(&server)?;
        server.restart().await?;
        let nobody = Api::new(server.public())?;
        let [back_end, theirs, school] = keys.map(|key| nobody.with(key));
        let login = json!({ "space": "test", "username": ADMINISTRATOR, "password": password });
        let login = nobody.must("POST", "/v1/auth/login", Some(login)).await?;
        let administrator = nobody.with(login.text("access_token")?);
        let mut words = HashMap::new();

        let (me, mallory) = account(&back_end, &server, "mallory").await?;
        let (_, ana) = account(&back_end, &server, "ana").await?;
        let (r, rui) = account(&back_end, &server, "rui").await?;
        let (v, _) = account(&back_end, &server, "victim").await?;
        let (f, _) = account(&theirs, &server, "foreigner").await?;
        let (_, pupil) = account(&school, &server, "pupil").await?;
        let (_, latecomer) = account(&back_end, &server, "latecomer").await?;
        let s = back_end.must("GET", "/v1/me", None).await?.body["user"]["id"].take();
        let s = s.as_str().context("the back end is a user")?.to_owned();

        words.insert("q", group(&ana, &[&r]).await?);
        let body = json!({ "kind": "direct", "members": [r] });
        words.insert(
            "p",
            ana.must("POST", "/v1/channels", Some(body)).await?.text("id")?,
        );
        words.insert("all", class(&school).await?);
        let l = group(&pupil, &[]).await?;
        words.insert("lm", pupil.send(&l, "a message").await?.to_string());
        let c = group(&mallory, &[&v]).await?;
        words.insert("m", mallory.send(&c, "a message").await?.to_string());
        let d = mallory.send(&c, "to be deleted").await?.to_string();
        mallory
            .must("DELETE", &format!("/v1/channels/{c}/messages/{d}"), None)
            .await?;
        // An invitation for one, which one has used.
        let once = Some(json!({ "uses_max": 1 }));
        let i = mallory
            .must("POST", &format!("/v1/channels/{c}/invites"), once)
            .await?
            .text("code")?;
        latecomer
            .must("POST", &format!("/v1/invites/{i}/accept"), None)
            .await?;

        let t = mallory.token().unwrap_or_default().to_owned();
        let host = server.public().to_string();
        let ids = [
            ("me", me),
            ("r", r),
            ("v", v),
            ("f", f),
            ("s", s),
            ("c", c),
            ("l", l),
            ("d", d),
            ("i", i),
        ];
        words.extend(ids.into_iter().chain([("t", t), ("host", host)]));
        Ok(Self {
            server,
            nobody,
            mallory,
            ana,
            rui,
            pupil,
            back_end,
            administrator,
            issuer,
            words,
        })
    }

    /// What a word stands for.
    pub(super) fn word(&self, name: &str) -> &str {
        &self.words[name]
    }

    /// Puts in what `<…>` stands for: a word, an id, or `text*count`, whose text may have such words itself.
    pub(super) fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('<') {
            filled.push_str(&rest[..at]);
            let inner = &rest[at + 1..];
            let Some((standing_for, length)) = self.meaning(inner) else {
                filled.push('<');
                rest = inner;
                continue;
            };
            filled.push_str(&standing_for);
            rest = &inner[length..];
        }
        filled.push_str(rest);
        filled
    }

    /// What the text behind a `<` stands for, and how much of it is taken.
    fn meaning(&self, inner: &str) -> Option<(String, usize)> {
        // The end is the `>` that belongs to this `<`.
        let mut open = 1;
        let end = inner.char_indices().find_map(|(at, c)| {
            open += i32::from(c == '<') - i32::from(c == '>');
            (open == 0).then_some(at)
        })?;
        let what = &inner[..end];
        let meant = match what {
            "k" | "x" => Uuid::now_v7().to_string(),
            _ => match what
                .rsplit_once('*')
                .map(|(text, count)| (text, count.parse::<usize>()))
            {
                Some((text, Ok(count))) => self.fill(text).repeat(count),
                _ => self.words.get(what)?.clone(),
            },
        };
        Some((meant, end + 1))
    }
}

/// Spaces, issuers and keys, made while the server is stopped: the keys of `test`, `elsewhere` and `lessons`.
fn settle(server: &Server, issuer: &Issuer) -> Result<[String; 3]> {
    for space in [
        "elsewhere --profile app",
        "lessons --profile course",
        "meetings --profile meeting",
    ] {
        cli(server, &format!("space add {space}"))?;
    }
    // Many sockets of one pupil say what is bad at once; that a new one replaces the old is told elsewhere (`device.rs`).
    cli(server, "space policy lessons --set several_devices=true")?;
    std::fs::write(server.folder().join("secret"), SECRET)?;
    cli(
        server,
        &format!(
            "space issuer add test {PUBLISHING} --jwks {} --algorithm EdDSA",
            issuer.url()
        ),
    )?;
    cli(
        server,
        &format!("space issuer add elsewhere {SHARING} --secret-file secret"),
    )?;
    Ok([
        cli(server, "space key add test tests")?,
        cli(server, "space key add elsewhere tests")?,
        cli(server, "space key add lessons tests")?,
    ])
}

/// Makes an administrator of the server; answers their password.
fn administrator(server: &Server) -> Result<String> {
    let made = cli(
        server,
        &format!("user add {ADMINISTRATOR} --space test --generate"),
    )?;
    cli(
        server,
        &format!("user admin {ADMINISTRATOR} --space test --server"),
    )?;
    let password = made.trim().rsplit(' ').next();
    Ok(password.context("a password was made up")?.to_owned())
}

/// More pupils than a channel of a course may have beside its maker, as a list in JSON without its brackets.
async fn class(school: &Api) -> Result<String> {
    let mut ids = Vec::new();
    for number in 0..PUPILS {
        let body = json!({ "username": format!("pupil{number}") });
        ids.push(format!(
            "\"{}\"",
            school.must("POST", "/v1/users", Some(body)).await?.text("id")?
        ));
    }
    Ok(ids.join(","))
}

/// Makes an account, and a way to a server for it. Only ana's has a password: each costs a slow hash.
async fn account(back_end: &Api, server: &Server, username: &str) -> Result<(String, Api)> {
    let password = (username == "ana").then_some(PASSWORD);
    let body = json!({ "username": username, "password": password });
    let user = back_end.must("POST", "/v1/users", Some(body)).await?.text("id")?;
    let token = back_end
        .must("POST", "/v1/tokens", Some(json!({ "user": user })))
        .await?;
    let api = Api::new(server.public())?;
    Ok((user, api.with(token.text("access_token")?)))
}

async fn group(owner: &Api, members: &[&str]) -> Result<String> {
    let body = json!({ "kind": "group", "name": "group", "members": members });
    owner.must("POST", "/v1/channels", Some(body)).await?.text("id")
}
