//! The server, as its administrators see it.

use super::Town;
use anyhow::{Context, Result, ensure};
use serde_json::json;

/// Nodes, spaces and figures are told on the public listener as on the internal one, to administrators of the server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_spaces_and_figures_are_shown() -> Result<()> {
    let Some(town) = Town::new().await? else {
        return Ok(());
    };
    let boss = &town.boss.api;
    let nodes = boss.must("GET", "/v1/admin/nodes", None).await?.body;
    let inside = klatch_tests::Api::new(
        town.server
            .internal_base()
            .trim_start_matches("http://")
            .parse()?,
    )?;
    let told = inside.must("GET", "/v1/nodes", None).await?.body;
    let ids = |nodes: &serde_json::Value| -> Result<Vec<String>> {
        let nodes = nodes["nodes"].as_array().context("nodes")?;
        let mut ids: Vec<String> = nodes.iter().map(|node| node["id"].to_string()).collect();
        ids.sort_unstable();
        Ok(ids)
    };
    assert_eq!(ids(&nodes)?, ids(&told)?);
    assert_eq!(
        nodes["nodes"].as_array().map(Vec::len),
        Some(town.server.nodes().len())
    );

    let spaces = boss.must("GET", "/v1/admin/spaces", None).await?.body;
    let own = boss.must("GET", "/v1/admin/space", None).await?.body;
    assert_eq!(spaces, json!({ "spaces": [own] }));

    let figures = reqwest::Client::builder()
        .no_proxy()
        .build()?
        .get(format!("{}/v1/admin/metrics", town.server.base()))
        .bearer_auth(boss.token().context("a token")?)
        .send()
        .await?;
    ensure!(
        figures.headers()["content-type"]
            .to_str()?
            .starts_with("text/plain")
    );
    let figures = figures.text().await?;
    ensure!(figures.contains("klatch_build_info"), "{figures}");
    for path in ["nodes", "spaces", "metrics"] {
        let refused = town
            .keeper
            .api
            .call("GET", &format!("/v1/admin/{path}"), None)
            .await?;
        assert_eq!(refused.code(), "forbidden", "{path}");
    }
    Ok(())
}
