//! S0.6: the stock client of Socket.IO on every storage. Its tests in full are in `tests/compat`.

use super::Town;
use anyhow::{Context, Result, ensure};
use klatch_testkit::ServerOptions;
use klatch_tests::Socket;
use serde_json::json;
use std::path::Path;
use std::time::Duration;
use tokio::process::Command;

const SOON: Duration = Duration::from_secs(20);
/// Messages of each of the two.
const COUNT: usize = 20;

/// S0.6: two stock clients, on a cluster each at a node of its own, and one of `/v1/ws` see the same messages in the same
/// order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_see_the_same_order() -> Result<()> {
    let town = Town::with(ServerOptions::default().set("limits.sends_per_second", "0")).await?;
    let mut plain = Socket::open(town.server.public(), &town.jane.token).await?;
    let person = |up: &str, token: &str, transports: &[&str]| json!({ "up": up, "token": token, "url": town.server.base(), "transports": transports });
    let people = [
        person("up201906680", &town.ana.token, &["websocket"]),
        person("johndoe", &town.john.token, &["polling", "websocket"]),
    ];
    let scene = json!({ "room": town.group, "count": COUNT, "people": people });
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("compat");
    ensure!(folder.join("node_modules").is_dir(), "run scripts/setup first");
    let output = Command::new("node")
        .arg("several.mjs")
        .current_dir(folder)
        .env("SCENE", scene.to_string())
        .kill_on_drop(true)
        .output()
        .await?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let heard: Vec<Vec<String>> = serde_json::from_slice(&output.stdout)?;
    ensure!(heard.len() == 2 && heard[0] == heard[1], "{heard:?}");
    let mut texts = Vec::new();
    while texts.len() < 2 * COUNT {
        let frame = plain.pushed(SOON).await.context("the rest does not come")?;
        let events = frame["events"].as_array().cloned().unwrap_or_default();
        texts.extend(
            events
                .iter()
                .filter_map(|event| event["text"].as_str().map(str::to_owned)),
        );
    }
    ensure!(texts == heard[0], "{texts:?} and {heard:?}");
    for up in ["up201906680", "johndoe"] {
        let of_one: Vec<&String> = texts.iter().filter(|text| text.starts_with(up)).collect();
        let sent: Vec<String> = (0..COUNT).map(|n| format!("{up} {n}")).collect();
        ensure!(
            of_one.iter().zip(&sent).all(|(came, sent)| *came == sent),
            "{of_one:?}"
        );
    }
    Ok(())
}
