//! Keys of back ends, external issuers, and the server's own signing keys.

use super::query::{all, execute, exists, json, one, to_json};
use klatch_engine::EngineError;
use klatch_engine::row::{ApiKeyRow, IssuerKeys, IssuerRow, SigningKeyRow};
use klatch_engine::sqlite::{id, millis, opt_millis};
use klatch_types::{ApiKeyId, IssuerId, Millis, SpaceId};
use rusqlite::{Connection, Row, params};

const API_COLUMNS: &str = "id, space, user, name, hash, created_at, revoked_at";
const ISSUER_COLUMNS: &str = "id, space, issuer, audience, secret, jwks_url, algorithm, claims, created_at";
/// The one algorithm of issuers with a shared secret.
const HS256: &str = "HS256";

fn api_row(row: &Row<'_>) -> rusqlite::Result<ApiKeyRow> {
    Ok(ApiKeyRow {
        id: id(row, 0)?,
        space: id(row, 1)?,
        user: id(row, 2)?,
        name: row.get(3)?,
        hash: row.get(4)?,
        created_at: millis(row, 5)?,
        revoked_at: opt_millis(row, 6)?,
    })
}

pub(super) fn api_add(db: &Connection, key: &ApiKeyRow) -> Result<bool, EngineError> {
    let needed = "SELECT 1 FROM spaces s, users u WHERE s.id = ?1 AND u.id = ?2";
    if !exists(db, needed, params![key.space.as_bytes(), key.user.as_bytes()])? {
        return Ok(false);
    }
    let values = params![
        key.id.as_bytes(),
        key.space.as_bytes(),
        key.user.as_bytes(),
        key.name,
        key.hash,
        key.created_at.0,
        key.revoked_at.map(|at| at.0),
    ];
    let sql = format!("INSERT INTO api_keys ({API_COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    execute(db, &sql, values)?;
    Ok(true)
}

pub(super) fn api_by_hash(db: &Connection, hash: [u8; 32]) -> Result<Option<ApiKeyRow>, EngineError> {
    let sql = format!("SELECT {API_COLUMNS} FROM api_keys WHERE hash = ?1");
    one(db, &sql, [hash], api_row)
}

pub(super) fn api_of_space(db: &Connection, space: SpaceId) -> Result<Vec<ApiKeyRow>, EngineError> {
    let sql = format!("SELECT {API_COLUMNS} FROM api_keys WHERE space = ?1 ORDER BY created_at, id");
    all(db, &sql, [space.as_bytes()], api_row)
}

pub(super) fn api_revoke(db: &Connection, key: ApiKeyId, at: Millis) -> Result<bool, EngineError> {
    let sql = "UPDATE api_keys SET revoked_at = ifnull(revoked_at, ?2) WHERE id = ?1";
    Ok(execute(db, sql, params![key.as_bytes(), at.0])? > 0)
}

fn issuer_row(row: &Row<'_>) -> rusqlite::Result<IssuerRow> {
    let keys = match row.get::<_, Option<String>>(5)? {
        Some(url) => IssuerKeys::Jwks {
            url,
            algorithm: row.get(6)?,
        },
        None => IssuerKeys::Hs256 { secret: row.get(4)? },
    };
    Ok(IssuerRow {
        id: id(row, 0)?,
        space: id(row, 1)?,
        issuer: row.get(2)?,
        audience: row.get(3)?,
        keys,
        claims: json(row, 7)?,
        created_at: millis(row, 8)?,
    })
}

pub(super) fn issuer_add(db: &Connection, issuer: &IssuerRow) -> Result<bool, EngineError> {
    let space = issuer.space.as_bytes();
    if !exists(db, "SELECT 1 FROM spaces WHERE id = ?1", [space])? {
        return Ok(false);
    }
    let (secret, url, algorithm) = match &issuer.keys {
        IssuerKeys::Hs256 { secret } => (Some(secret), None, HS256),
        IssuerKeys::Jwks { url, algorithm } => (None, Some(url), algorithm.as_str()),
    };
    let values = params![
        issuer.id.as_bytes(),
        space,
        issuer.issuer,
        issuer.audience,
        secret,
        url,
        algorithm,
        to_json(&issuer.claims)?,
        issuer.created_at.0,
    ];
    let sql = format!("INSERT INTO issuers ({ISSUER_COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
    execute(db, &sql, values)?;
    Ok(true)
}

pub(super) fn issuer_by_name(db: &Connection, name: &str) -> Result<Option<IssuerRow>, EngineError> {
    let sql = format!("SELECT {ISSUER_COLUMNS} FROM issuers WHERE issuer = ?1");
    one(db, &sql, [name], issuer_row)
}

pub(super) fn issuers_of_space(db: &Connection, space: SpaceId) -> Result<Vec<IssuerRow>, EngineError> {
    let sql = format!("SELECT {ISSUER_COLUMNS} FROM issuers WHERE space = ?1 ORDER BY created_at, id");
    all(db, &sql, [space.as_bytes()], issuer_row)
}

pub(super) fn issuer_remove(db: &Connection, issuer: IssuerId) -> Result<bool, EngineError> {
    Ok(execute(db, "DELETE FROM issuers WHERE id = ?1", [issuer.as_bytes()])? > 0)
}

pub(super) fn signing_all(db: &Connection) -> Result<Vec<SigningKeyRow>, EngineError> {
    let sql = "SELECT kid, private_der, created_at FROM signing_keys ORDER BY created_at, kid";
    all(db, sql, [], |row| {
        Ok(SigningKeyRow {
            kid: row.get(0)?,
            private_der: row.get(1)?,
            created_at: millis(row, 2)?,
        })
    })
}

pub(super) fn signing_add(db: &Connection, key: &SigningKeyRow) -> Result<(), EngineError> {
    let sql = "INSERT INTO signing_keys (kid, private_der, created_at) VALUES (?1, ?2, ?3)";
    execute(db, sql, params![key.kid, key.private_der, key.created_at.0])?;
    Ok(())
}
