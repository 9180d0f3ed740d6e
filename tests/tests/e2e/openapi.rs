//! S0.7: the server does what its description of REST says. Schemathesis makes requests from it, good and bad ones, and
//! looks at every answer: no status that is not documented, no fault of the server, bodies of the documented shape.

use anyhow::{Context, Result, ensure};
use klatch_testkit::{Server, Storage};
use klatch_tests::{Api, skipped};
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// Requests made for each operation beside the examples and the edges of its parameters.
const EXAMPLES_MAX: &str = "8";
/// What is asked of every answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_schema_conformance,response_headers_conformance";
/// Makes a run the same as the one before.
const SEED: &str = "7";

/// Where `scripts/setup` put it.
fn schemathesis() -> Result<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("api/.venv/bin/schemathesis");
    path.canonicalize()
        .with_context(|| format!("there is no {}: `make setup` installs it", path.display()))
}

/// A real channel in place of made-up ones, so that requests come past the first lookup. Closing it for good, whose path
/// ends with the id, keeps to made-up ones.
fn settings(channel: &str) -> String {
    format!(
        "[[operations]]\ninclude-path-regex = \"^/v1/channels/[^/]+/\"\nparameters = {{ \"path.id\" = \"{channel}\" }}\n"
    )
}

async fn try_all(folder: &Path, base: &str, token: &str, channel: &str) -> Result<()> {
    std::fs::write(folder.join("schemathesis.toml"), settings(channel))?;
    let output = Command::new(schemathesis()?)
        .current_dir(folder)
        .args(["run", &format!("{base}/openapi.json")])
        .args(["--header", &format!("Authorization: Bearer {token}")])
        .args(["--checks", CHECKS, "--seed", SEED, "--max-examples", EXAMPLES_MAX])
        .args(["--phases", "examples,coverage,fuzzing"])
        .args(["--warnings", "off", "--no-color"])
        .kill_on_drop(true)
        .output()
        .await?;
    let told = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{told}");
    ensure!(told.contains("No issues found"), "{told}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_are_as_described() -> Result<()> {
    if Storage::chosen()? != Storage::Sqlite {
        skipped("what REST answers is the same on every storage");
        return Ok(());
    }
    let server = Server::start().await?;
    let (tenant, folder) = (server.tenant()?, tempfile::tempdir()?);
    let (ana, rui) = (tenant.user("ana").await?, tenant.user("rui").await?);
    let channel = tenant.group("described", &[&ana, &rui]).await?;
    let channel = channel.to_string();
    let api = Api::new(server.public())?.with(&ana.token);
    for text in ["first", "second"] {
        api.send(&channel, text).await?;
    }
    for token in [ana.token.as_str(), server.api_key()] {
        try_all(folder.path(), &server.base(), token, &channel).await?;
    }
    Ok(())
}
