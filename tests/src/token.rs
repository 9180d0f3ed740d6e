//! Tokens that an attacker would make (RFC 7515), and an issuer that publishes its key.

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// The header and the claims of a token, as they are.
pub fn open(token: &str) -> Result<(Value, Value)> {
    let mut parts = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part));
    let mut next = || -> Result<Value> { Ok(serde_json::from_slice(&parts.next().context("a part")??)?) };
    Ok((next()?, next()?))
}

/// Header and claims in compact form, without a signature.
pub fn unsigned(header: &Value, claims: &Value) -> String {
    format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header.to_string()),
        URL_SAFE_NO_PAD.encode(claims.to_string())
    )
}

/// A token with these bytes as its signature.
pub fn with_signature(header: &Value, claims: &Value, signature: &[u8]) -> String {
    format!(
        "{}.{}",
        unsigned(header, claims),
        URL_SAFE_NO_PAD.encode(signature)
    )
}

/// A token signed with HMAC-SHA-256.
pub fn hs256(header: &Value, claims: &Value, secret: &[u8]) -> Result<String> {
    let signed = unsigned(header, claims);
    let signature = crypto::sign(
        signed.as_bytes(),
        &EncodingKey::from_secret(secret),
        Algorithm::HS256,
    )?;
    Ok(format!("{signed}.{signature}"))
}

/// An issuer with an Ed25519 key, whose key set is served on loopback for as long as the test runs.
pub struct Issuer {
    key: SigningKey,
    address: SocketAddr,
}

impl Issuer {
    /// `seed` makes the key.
    pub async fn start(seed: u8) -> Result<Self> {
        let key = SigningKey::from_bytes(&[seed; 32]);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let issuer = Self {
            key,
            address: listener.local_addr()?,
        };
        let body = json!({ "keys": [issuer.jwk()] }).to_string();
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0u8; 4096];
                // One read holds the whole small request of the server under test.
                if stream.read(&mut request).await.is_ok_and(|read| read > 0) {
                    let _ = stream.write_all(answer.as_bytes()).await;
                }
            }
        });
        Ok(issuer)
    }

    /// Where the key set is.
    pub fn url(&self) -> String {
        format!("http://{}/keys", self.address)
    }

    /// The public key as it is published.
    pub fn jwk(&self) -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": "k1", "use": "sig", "alg": "EdDSA",
            "x": URL_SAFE_NO_PAD.encode(self.key.verifying_key().as_bytes()) })
    }

    /// What an attacker might take for an HMAC secret: the public key in every form in which one meets it.
    pub fn public_forms(&self) -> Vec<(&'static str, Vec<u8>)> {
        let raw = self.key.verifying_key().to_bytes();
        // RFC 8410 section 4: the prefix of every Ed25519 public key in DER.
        let prefix = [
            0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
        ];
        let der = [prefix.as_slice(), &raw].concat();
        let pem = format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            STANDARD.encode(&der)
        );
        vec![
            ("HS256 by the raw public key", raw.to_vec()),
            (
                "HS256 by the public key in base64url",
                URL_SAFE_NO_PAD.encode(raw).into_bytes(),
            ),
            ("HS256 by the public key in DER", der),
            ("HS256 by the public key in PEM", pem.into_bytes()),
            (
                "HS256 by the public key as a JWK",
                self.jwk().to_string().into_bytes(),
            ),
        ]
    }

    /// A token signed with the key.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let signature = self.key.sign(unsigned(header, claims).as_bytes());
        with_signature(header, claims, &signature.to_bytes())
    }
}
