//! A certificate for a server on 127.0.0.1, signed by an authority that nobody else knows.

use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Three PEM files, gone with this value. Made by `openssl`, which Debian's PostgreSQL brings with it.
#[derive(Debug)]
pub struct Certificate {
    folder: TempDir,
}

impl Certificate {
    /// A new authority and a certificate for 127.0.0.1 and `localhost`, good for two days.
    ///
    /// # Errors
    /// There is no `openssl`.
    pub fn new() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("klatch-certificate-").tempdir()?;
        let path = folder.path();
        std::fs::write(
            path.join("names"),
            "subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\n",
        )?;
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        openssl(
            path,
            &format!("req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=authority"),
        )?;
        openssl(
            path,
            &format!("req {key} -keyout key.pem -out request.pem -subj /CN=localhost"),
        )?;
        openssl(
            path,
            "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names -days 2 \
             -out certificate.pem",
        )?;
        Ok(Self { folder })
    }

    /// The authority, for clients.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The server's certificate.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    /// The server's private key.
    pub fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }
}

fn openssl(folder: &Path, line: &str) -> anyhow::Result<()> {
    let output = Command::new("openssl")
        .args(line.split_whitespace())
        .current_dir(folder)
        .output()
        .context("there is no openssl: `scripts/setup` installs PostgreSQL, which brings it")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "`openssl {line}` failed: {}",
        said.trim()
    );
    Ok(())
}
