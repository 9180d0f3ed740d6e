//! What is taken away is gone at once, on sockets that are open (contract, delivery 9), and nobody speaks as another.

use super::unlimited;
use anyhow::{Context, Result};
use klatch_testkit::Server;
use klatch_tests::{Api, Socket, code};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How soon a removal must have taken effect.
const REMOVED_WITHIN: Duration = Duration::from_secs(1);
/// How soon the sockets of a revoked device must be closed.
const REVOKED_WITHIN: Duration = Duration::from_secs(5);
const PASSWORD: &str = "correct horse battery";

/// A server, its back end, and `ana` and `rui`, who can log in.
struct Town {
    server: Server,
    nobody: Api,
    system: Api,
    ana: (String, Api),
    rui: (String, Api),
}

impl Town {
    async fn new() -> Result<Self> {
        let server = Server::start_with(unlimited()).await?;
        let key = server.api_key().to_owned();
        let nobody = Api::new(server.public())?;
        let system = nobody.with(key);
        for username in ["ana", "rui"] {
            let body = json!({ "username": username, "password": PASSWORD });
            system.must("POST", "/v1/users", Some(body)).await?;
        }
        let (ana, rui) = (log_in(&nobody, "ana").await?, log_in(&nobody, "rui").await?);
        // Of several processes, each has another.
        let person = |signed_in: &Value| -> Result<(String, Api)> {
            let api = Api::new(server.public())?.with(token(signed_in));
            Ok((id(&signed_in["user"]), api))
        };
        let (ana, rui) = (person(&ana)?, person(&rui)?);
        Ok(Self {
            server,
            nobody,
            system,
            ana,
            rui,
        })
    }

    /// A group of ana's with rui in it.
    async fn group(&self) -> Result<String> {
        let body = json!({ "kind": "group", "name": "both", "members": [self.rui.0] });
        self.ana
            .1
            .must("POST", "/v1/channels", Some(body))
            .await?
            .text("id")
    }

    async fn socket_of(&self, api: &Api) -> Result<Socket> {
        Socket::open(self.server.public(), api.token().context("they have a token")?).await
    }
}

async fn log_in(nobody: &Api, username: &str) -> Result<Value> {
    let body = json!({ "space": "test", "username": username, "password": PASSWORD });
    Ok(nobody.must("POST", "/v1/auth/login", Some(body)).await?.body)
}

fn token(signed_in: &Value) -> String {
    signed_in["access_token"].as_str().unwrap_or_default().to_owned()
}

fn id(thing: &Value) -> String {
    thing["id"].as_str().unwrap_or_default().to_owned()
}

/// The positions in `channel` that a socket hears until it hears `fence`, a text in another channel.
async fn heard_until(socket: &mut Socket, channel: &str, fence: &str) -> Result<Vec<u64>> {
    let mut heard = Vec::new();
    loop {
        let frame = socket
            .pushed(Duration::from_secs(20))
            .await
            .context("the fence never came")?;
        for event in frame["events"].as_array().into_iter().flatten() {
            if event["text"] == fence {
                return Ok(heard);
            }
            if event["channel"] == channel {
                heard.extend(event["seq"].as_u64());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_removed_banned_or_leaves_hears_nothing_more() -> Result<()> {
    let town = Town::new().await?;
    let (rui_id, rui) = &town.rui;
    for way in ["remove", "ban", "leave"] {
        let (channel, elsewhere) = (town.group().await?, town.group().await?);
        let at = |rest: &str| format!("/v1/channels/{channel}{rest}");
        let (mut first, mut second) = (town.socket_of(rui).await?, town.socket_of(rui).await?);
        town.ana.1.send(&channel, "before").await?;
        let gone = match way {
            "remove" => {
                town.ana
                    .1
                    .must("DELETE", &at(&format!("/members/{rui_id}")), None)
                    .await?
            }
            "ban" => {
                town.ana
                    .1
                    .must("PUT", &at(&format!("/bans/{rui_id}")), None)
                    .await?
            }
            _ => rui.must("POST", &at("/leave"), None).await?,
        };
        let last = gone.number("seq")?;
        let began = Instant::now();
        let mut late = u64::MAX;
        // Messages go on for longer than a removal may take.
        while began.elapsed() < REMOVED_WITHIN + Duration::from_millis(200) {
            let seq = town.ana.1.send(&channel, "after").await?;
            if began.elapsed() > REMOVED_WITHIN {
                late = late.min(seq);
            }
        }
        town.ana.1.send(&elsewhere, &format!("fence {way}")).await?;
        for socket in [&mut first, &mut second] {
            let heard = heard_until(socket, &channel, &format!("fence {way}")).await?;
            assert!(
                heard.iter().any(|seq| *seq < last),
                "{way}: the message before it was heard"
            );
            assert!(
                heard.iter().all(|seq| *seq < late),
                "{way}: {heard:?} heard, gone at {last}, late from {late}"
            );
            // Only their own going is theirs to hear of what came then.
            assert!(
                heard.iter().all(|seq| *seq <= last),
                "{way}: {heard:?} heard on one node, gone at {last}"
            );
            let answer = socket.ask(json!({ "op": "history", "channel": channel })).await?;
            assert_eq!(code(&answer), "not_found", "{way}");
        }
        let answer = rui.call("GET", &at("/messages"), None).await?;
        assert_eq!((answer.status, answer.code()), (404, "not_found"), "{way}");
        let answer = rui
            .call(
                "POST",
                &at("/messages"),
                Some(json!({ "key": uuid::Uuid::now_v7(), "text": "x" })),
            )
            .await?;
        assert_eq!((answer.status, answer.code()), (404, "not_found"), "{way}");
        // A new socket with the old cursor learns nothing either.
        let hello = json!({ "op": "hello", "token": rui.token(), "cursors": { &channel: 1 } });
        let mut again = Socket::greet(town.server.public(), hello).await?;
        let known = again.ready["channels"]
            .as_array()
            .context("ready names channels")?;
        assert!(
            known.iter().all(|known| known["channel"] != channel.as_str()),
            "{way}: {known:?}"
        );
        town.ana
            .1
            .send(&elsewhere, &format!("second fence {way}"))
            .await?;
        assert_eq!(
            heard_until(&mut again, &channel, &format!("second fence {way}")).await?,
            [0u64; 0],
            "{way}"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_guest_is_not_let_in_again_by_their_old_token() -> Result<()> {
    let town = Town::new().await?;
    let channel = town.group().await?;
    let body = json!({ "name": "Guest", "channels": [{ "channel": channel }] });
    let guest = town.system.must("POST", "/v1/guests", Some(body)).await?.body;
    let api = town.nobody.with(token(&guest));
    api.must("GET", &format!("/v1/channels/{channel}"), None).await?;
    let path = format!("/v1/channels/{channel}/members/{}", id(&guest["user"]));
    town.ana.1.must("DELETE", &path, None).await?;
    // A removal takes effect on every node within a second (contract, delivery 9).
    let deadline = Instant::now() + Duration::from_secs(1);
    loop {
        let answer = api.call("GET", &format!("/v1/channels/{channel}"), None).await?;
        if answer.status != 200 {
            assert_eq!((answer.status, answer.code()), (404, "not_found"));
            break;
        }
        assert!(Instant::now() < deadline, "still let in after a second");
    }
    let mut socket = town.socket_of(&api).await?;
    let answer = socket.ask(json!({ "op": "history", "channel": channel })).await?;
    assert_eq!(code(&answer), "not_found");
    town.ana.1.send(&channel, "not for guests").await?;
    assert_eq!(socket.pushed(Duration::from_millis(500)).await, None);
    // Who lets them in again does.
    let body = json!({ "user": guest["user"]["id"] });
    town.ana
        .1
        .must("POST", &format!("/v1/channels/{channel}/members"), Some(body))
        .await?;
    api.must("GET", &format!("/v1/channels/{channel}/messages"), None)
        .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_device_is_cut_off_and_the_others_stay() -> Result<()> {
    let town = Town::new().await?;
    let rui = &town.rui.1;
    for way in ["revoked", "logged out", "refresh token used twice"] {
        let signed_in = log_in(&town.nobody, "rui").await?;
        let device = town.nobody.with(token(&signed_in));
        let mut sockets = [town.socket_of(&device).await?, town.socket_of(&device).await?];
        let mut kept = town.socket_of(rui).await?;
        let refresh = Some(json!({ "refresh_token": signed_in["refresh_token"] }));
        let began = Instant::now();
        match way {
            "revoked" => {
                let path = format!("/v1/devices/{}", signed_in["device"].as_str().unwrap_or_default());
                rui.must("DELETE", &path, None).await?;
            }
            "logged out" => drop(device.must("POST", "/v1/auth/logout", None).await?),
            _ => {
                town.nobody
                    .must("POST", "/v1/auth/refresh", refresh.clone())
                    .await?;
                let answer = town.nobody.call("POST", "/v1/auth/refresh", refresh).await?;
                assert_eq!((answer.status, answer.code()), (401, "revoked"));
            }
        }
        for socket in &mut sockets {
            let ended = socket.ended(REVOKED_WITHIN).await?;
            assert_eq!(ended, Some((4003, "revoked".to_owned())), "{way}");
        }
        assert!(began.elapsed() < REVOKED_WITHIN, "{way}: {:?}", began.elapsed());
        let answer = device.call("GET", "/v1/channels", None).await?;
        assert_eq!((answer.status, answer.code()), (401, "revoked"), "{way}");
        let answer = kept.ask(json!({ "op": "channel_list" })).await?;
        assert_eq!(code(&answer), "ok", "{way}: the other device stays");
        assert!(kept.ended(Duration::from_millis(1)).await.is_err(), "{way}");
    }
    // Nobody signs out another's device.
    let ana = log_in(&town.nobody, "ana").await?;
    let path = format!("/v1/devices/{}", ana["device"].as_str().unwrap_or_default());
    let answer = rui.call("DELETE", &path, None).await?;
    assert_eq!((answer.status, answer.code()), (404, "not_found"));
    town.nobody
        .with(token(&ana))
        .must("GET", "/v1/channels", None)
        .await?;
    Ok(())
}

/// S0.1, S1.4: the sender is the token's user, whatever a body says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_speaks_as_another() -> Result<()> {
    let town = Town::new().await?;
    let channel = town.group().await?;
    let ((ana_id, ana), (rui_id, rui)) = (&town.ana, &town.rui);
    let socket = town.socket_of(rui).await?;
    let path = format!("/v1/channels/{channel}");
    let head = ana.must("GET", &path, None).await?.number("head")?;
    for field in [
        "actor",
        "from",
        "user",
        "sender",
        "sender_ID",
        "sender_userID",
        "up",
        "role",
        "space",
        "seq",
        "at",
    ] {
        let mut body = json!({ "key": uuid::Uuid::now_v7(), "text": "forged" });
        body[field] = json!(ana_id);
        let answer = rui
            .call("POST", &format!("{path}/messages"), Some(body.clone()))
            .await?;
        assert_eq!((answer.status, answer.code()), (422, "invalid"), "{field}");
        body["op"] = json!("send");
        body["channel"] = json!(channel);
        assert_eq!(code(&socket.ask(body).await?), "invalid", "{field}");
    }
    assert_eq!(
        ana.must("GET", &path, None).await?.number("head")?,
        head,
        "nothing was logged"
    );
    // Headers that some gateways would believe change nothing.
    let seq = rui.send(&channel, "mine").await?;
    let message = ana.must("GET", &format!("{path}/messages/{seq}"), None).await?;
    assert_eq!(message.text("actor")?, *rui_id);
    let hello = json!({ "op": "hello", "token": rui.token(), "user": ana_id });
    let (texts, ended) = Socket::refused(town.server.public(), &[hello]).await?;
    assert_eq!(texts[0]["refused"]["code"], "invalid");
    assert_eq!(ended.map(|ended| ended.0), Some(4001));
    // A key of one member does not touch what another did with the same key.
    let key = uuid::Uuid::now_v7();
    let body = |text: &str| Some(json!({ "key": key, "text": text }));
    let of_rui = rui
        .must("POST", &format!("{path}/messages"), body("rui's"))
        .await?;
    let of_ana = ana
        .must("POST", &format!("{path}/messages"), body("ana's"))
        .await?;
    assert_ne!(of_rui.number("seq")?, of_ana.number("seq")?);
    assert_eq!(of_ana.body.get("duplicate"), None);
    Ok(())
}
