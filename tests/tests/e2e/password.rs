//! S4.2: people change their own password over REST.

use anyhow::Result;
use klatch_testkit::{Server, ServerOptions};
use klatch_tests::{Answer, Api, Socket};
use serde_json::{Value, json};
use std::time::Duration;

const BEFORE: &str = "correct horse battery";
const AFTER: &str = "staple battery horse";

async fn log_in(api: &Api, password: &str) -> Result<Answer> {
    let body = json!({ "username": "ana", "password": password });
    api.call("POST", "/v1/auth/login", Some(body)).await
}

fn change(current: &str, new: &str) -> Option<Value> {
    Some(json!({ "current": current, "new": new }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_password_signs_the_other_devices_out() -> Result<()> {
    let server = Server::start().await?;
    let nobody = Api::new(server.public())?;
    let account = json!({ "username": "ana", "password": BEFORE });
    let here = nobody.must("POST", "/v1/auth/signup", Some(account)).await?;
    let here = nobody.with(here.text("access_token")?);
    let elsewhere = log_in(&nobody, BEFORE).await?;
    let elsewhere = nobody.with(elsewhere.text("access_token")?);
    let mut socket = Socket::open(server.public(), elsewhere.token().unwrap_or_default()).await?;

    let path = "/v1/me/password";
    let short = here.call("PUT", path, change(BEFORE, "short")).await?;
    assert_eq!((short.status, short.code()), (422, "invalid"));
    let wrong = here.call("PUT", path, change(AFTER, AFTER)).await?;
    assert_eq!((wrong.status, wrong.code()), (401, "bad_credentials"));
    here.must("PUT", path, change(BEFORE, AFTER)).await?;

    let ended = socket.ended(Duration::from_secs(5)).await?;
    assert_eq!(ended, Some((4003, "revoked".to_owned())));
    here.must("GET", "/v1/me", None).await?;
    assert_eq!(elsewhere.call("GET", "/v1/me", None).await?.code(), "revoked");
    assert_eq!(log_in(&nobody, BEFORE).await?.code(), "bad_credentials");
    assert_eq!(log_in(&nobody, AFTER).await?.code(), "ok");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_accounts_with_a_password_change_it_and_guesses_are_counted() -> Result<()> {
    let server =
        Server::start_with(ServerOptions::default().set("limits.logins_per_account_15_min", "2")).await?;
    let (tenant, nobody) = (server.tenant()?, Api::new(server.public())?);
    let rui = nobody.with(&tenant.user("rui").await?.token);
    let back_end = nobody.with(server.api_key());
    let guest = json!({ "name": "Guest" });
    let guest = back_end.must("POST", "/v1/guests", Some(guest)).await?;
    let guest = nobody.with(guest.text("access_token")?);
    for caller in [&rui, &back_end, &guest] {
        let answer = caller
            .call("PUT", "/v1/me/password", change(BEFORE, AFTER))
            .await?;
        assert_eq!((answer.status, answer.code()), (403, "forbidden"));
    }
    assert_eq!(
        nobody
            .call("PUT", "/v1/me/password", change(BEFORE, AFTER))
            .await?
            .status,
        401
    );

    let account = json!({ "username": "eva", "password": BEFORE });
    let eva = nobody.must("POST", "/v1/auth/signup", Some(account)).await?;
    let eva = nobody.with(eva.text("access_token")?);
    let mut codes = Vec::new();
    for _ in 0..3 {
        let answer = eva.call("PUT", "/v1/me/password", change(AFTER, AFTER)).await?;
        codes.push(answer.code().to_owned());
    }
    assert_eq!(codes, ["bad_credentials", "bad_credentials", "rate_limited"]);
    Ok(())
}
