//! Talking to PostgreSQL over TLS, with a real server and certificates of an authority of its own.

#![allow(clippy::unwrap_used)] // a test: a failed step ends it, and the line says which

use klatch_engine::EngineError;
use klatch_engine::postgres::{Postgres, PostgresOptions};
use klatch_testkit::engines::{self, Certificate};
use klatch_types::SystemEntropy;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

/// A server that speaks TLS, and to nobody without it.
fn server(certificate: &Certificate) -> engines::Postgres {
    let server = engines::Postgres::start(engines::PostgresOptions::default()).unwrap();
    let data = server.sql("SHOW data_directory").unwrap();
    let data = Path::new(data.trim());
    let owner = std::fs::metadata(data).unwrap();
    for (from, name) in [
        (certificate.certificate(), "server.pem"),
        (certificate.key(), "server.key"),
    ] {
        let to = data.join(name);
        std::fs::copy(from, &to).unwrap();
        std::fs::set_permissions(&to, std::fs::Permissions::from_mode(0o600)).unwrap();
        chown(&to, Some(owner.uid()), Some(owner.gid())).unwrap();
    }
    for line in [
        "ALTER SYSTEM SET ssl_cert_file = 'server.pem'",
        "ALTER SYSTEM SET ssl_key_file = 'server.key'",
        "ALTER SYSTEM SET ssl = on",
    ] {
        server.sql(line).unwrap();
    }
    std::fs::write(
        data.join("pg_hba.conf"),
        "local all all trust\nhostssl all all 127.0.0.1/32 trust\n",
    )
    .unwrap();
    server
}

async fn open(url: &str, authority: Option<&Certificate>) -> Result<Postgres, EngineError> {
    let options = PostgresOptions {
        ca_file: authority.map(Certificate::authority),
        ..PostgresOptions::new(url)
    };
    Postgres::open(options, &SystemEntropy).await
}

#[tokio::test]
async fn certificates_are_verified_and_plain_text_is_no_way_out() {
    let certificate = Certificate::new().unwrap();
    let server = server(&certificate);
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", server.port());
    server.sql("SELECT pg_reload_conf()").unwrap();
    // The new configuration holds for connections that come a moment later.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    let opened = loop {
        match open(&format!("{url}?sslmode=require"), Some(&certificate)).await {
            Ok(opened) => break opened,
            Err(error) if std::time::Instant::now() > deadline => panic!("{error}"),
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
        }
    };
    let encrypted = opened
        .query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", &[])
        .await
        .unwrap();
    assert!(encrypted[0].get::<_, bool>(0));

    let stranger = Certificate::new().unwrap();
    for authority in [None, Some(&stranger)] {
        for mode in ["?sslmode=require", "?sslmode=prefer", ""] {
            let refused = open(&format!("{url}{mode}"), authority).await.unwrap_err();
            let text = refused.to_string();
            assert!(
                text.contains("certificate") && text.contains("ca_file"),
                "{mode}: {text}"
            );
        }
    }
    let plain = open(&format!("{url}?sslmode=disable"), Some(&certificate))
        .await
        .unwrap_err();
    assert!(plain.to_string().contains("no encryption"), "{plain}");
}
