//! S1.1: what is kept of a meeting.

use super::{House, is};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

/// What the file of a transcript is made of.
async fn file(house: &House, token: &str, meeting: &str, format: &str) -> Result<(String, String, String)> {
    let url = format!(
        "{}/v1/channels/{meeting}/transcript?format={format}",
        house.server.base()
    );
    let response = reqwest::Client::builder()
        .no_proxy()
        .build()?
        .get(url)
        .bearer_auth(token)
        .send()
        .await?;
    ensure!(response.status() == 200, "{response:?}");
    let header = |name: &str| {
        let value = response.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let (disposition, policy) = (header("content-disposition"), header("content-security-policy"));
    Ok((response.text().await?, disposition, policy))
}

/// S1.1: the organizer takes a transcript along in three forms, of every page, with all that changed later; it harms nobody
/// who opens it, and is nobody else's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_organizer_takes_the_transcript_along() -> Result<()> {
    let house = House::new().await?;
    let (ana, rui) = (house.user("ana").await?, house.user("rui").await?);
    let meeting = house.meeting(&ana, &[&rui], json!({})).await?;
    let path = |rest: &str| format!("/v1/channels/{meeting}{rest}");
    let api = house.api(&rui.token)?;
    let formula = api.send(&meeting, "=HYPERLINK(\"x\"), \"quoted\"").await?;
    let markup = api.send(&meeting, "<script>alert(1)</script>").await?;
    let edited = api.send(&meeting, "frist").await?;
    let deleted = api.send(&meeting, "a secret").await?;
    for number in 0..250 {
        api.send(&meeting, &format!("line {number}")).await?;
    }
    let message = |seq: u64| path(&format!("/messages/{seq}"));
    api.must("PATCH", &message(edited), Some(json!({ "text": "first" })))
        .await?;
    api.must("DELETE", &message(deleted), None).await?;
    let thumb = format!("{}/reactions/%F0%9F%91%8D", message(markup));
    house.api(&ana.token)?.must("PUT", &thumb, None).await?;
    is(
        &house.api(&ana.token)?.call("DELETE", &path(""), None).await?,
        "ok",
    )?;

    let (json, disposition, _) = file(&house, &ana.token, &meeting, "json").await?;
    ensure!(disposition.starts_with("attachment"), "{disposition}");
    let json: Value = serde_json::from_str(&json)?;
    let lines = json["messages"].as_array().context("messages")?;
    ensure!(lines.len() == 254 && json["channel"]["name"] == "Stand-up");
    let seqs: Vec<u64> = lines.iter().filter_map(|line| line["seq"].as_u64()).collect();
    ensure!(
        seqs.windows(2).all(|pair| pair[0] < pair[1]) && seqs.len() == 254,
        "each once, in order"
    );
    ensure!(
        lines[1]["reactions"] == json!([{ "emoji": "👍", "count": 1 }]),
        "{}",
        lines[1]
    );
    ensure!(
        lines[2]["text"] == "first" && lines[2]["edited_at"].is_string(),
        "{}",
        lines[2]
    );
    ensure!(
        lines[3]["text"] == "" && lines[3]["deleted"] == true,
        "{}",
        lines[3]
    );
    ensure!(
        lines
            .iter()
            .all(|line| line["username"] == "rui" && line["at"].as_str().is_some_and(|at| at.ends_with('Z')))
    );
    ensure!(lines[253]["text"] == "line 249");

    let (csv, ..) = file(&house, &ana.token, &meeting, "csv").await?;
    ensure!(csv.matches("\r\n").count() == 255, "a head and a line for each");
    ensure!(
        csv.contains("\"'=HYPERLINK(\"\"x\"\"), \"\"quoted\"\"\""),
        "{}",
        &csv[..400]
    );
    ensure!(csv.contains(&format!("\r\n{formula},")) && !csv.contains("a secret"));

    let (html, _, policy) = file(&house, &ana.token, &meeting, "html").await?;
    ensure!(policy.contains("default-src 'none'"), "{policy}");
    ensure!(!html.contains("<script") && html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    ensure!(html.matches("<tr><td>").count() == 254 && html.ends_with("</html>\n"));

    is(&api.call("GET", &path("/transcript"), None).await?, "forbidden")?;
    let eva = house.user("eva").await?;
    is(
        &house
            .api(&eva.token)?
            .call("GET", &path("/transcript"), None)
            .await?,
        "not_found",
    )
}
