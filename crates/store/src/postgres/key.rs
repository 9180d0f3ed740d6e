//! Keys of back ends, external issuers, and the server's own signing keys.

use super::query::{all, hash, json, one, storable, to_json};
use super::{space, user};
use klatch_engine::EngineError;
use klatch_engine::postgres::{Params, Postgres, id, millis, opt_millis};
use klatch_engine::row::{ApiKeyRow, IssuerKeys, IssuerRow, SigningKeyRow};
use klatch_types::{ApiKeyId, IssuerId, Millis, SpaceId};
use tokio_postgres::Row;

const API_COLUMNS: &str = "id, space, user_id, name, hash, created_at, revoked_at";
const ISSUER_COLUMNS: &str = "id, space, issuer, audience, secret, jwks_url, algorithm, claims, created_at";
/// The one algorithm of issuers with a shared secret.
const HS256: &str = "HS256";

fn api_row(row: &Row) -> Result<ApiKeyRow, EngineError> {
    Ok(ApiKeyRow {
        id: id(row, 0)?,
        space: id(row, 1)?,
        user: id(row, 2)?,
        name: row.try_get(3)?,
        hash: hash(row, 4)?,
        created_at: millis(row, 5)?,
        revoked_at: opt_millis(row, 6)?,
    })
}

pub(super) async fn api_add(db: &Postgres, key: &ApiKeyRow) -> Result<bool, EngineError> {
    if !space::is_there(db, key.space).await? || !user::is_there(db, key.user).await? {
        return Ok(false);
    }
    let (hash, revoked_at) = (key.hash.as_slice(), key.revoked_at.map(|at| at.0));
    let values: Params<'_> = &[
        &key.id.0,
        &key.space.0,
        &key.user.0,
        &key.name,
        &hash,
        &key.created_at.0,
        &revoked_at,
    ];
    let sql = format!("INSERT INTO api_keys ({API_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)");
    Ok(db.execute(&sql, values).await? > 0)
}

pub(super) async fn api_by_hash(db: &Postgres, hash: [u8; 32]) -> Result<Option<ApiKeyRow>, EngineError> {
    let sql = format!("SELECT {API_COLUMNS} FROM api_keys WHERE hash = $1");
    one(db.query_opt(&sql, &[&hash.as_slice()]).await?, api_row)
}

pub(super) async fn api_of_space(db: &Postgres, space: SpaceId) -> Result<Vec<ApiKeyRow>, EngineError> {
    let sql = format!("SELECT {API_COLUMNS} FROM api_keys WHERE space = $1 ORDER BY created_at, id");
    all(&db.query(&sql, &[&space.0]).await?, api_row)
}

pub(super) async fn api_revoke(db: &Postgres, key: ApiKeyId, at: Millis) -> Result<bool, EngineError> {
    let sql = "UPDATE api_keys SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1";
    Ok(db.execute(sql, &[&key.0, &at.0]).await? > 0)
}

fn issuer_row(row: &Row) -> Result<IssuerRow, EngineError> {
    let keys = match row.try_get::<_, Option<String>>(5)? {
        Some(url) => IssuerKeys::Jwks {
            url,
            algorithm: row.try_get(6)?,
        },
        None => IssuerKeys::Hs256 {
            secret: row.try_get(4)?,
        },
    };
    Ok(IssuerRow {
        id: id(row, 0)?,
        space: id(row, 1)?,
        issuer: row.try_get(2)?,
        audience: row.try_get(3)?,
        keys,
        claims: json(row, 7)?,
        created_at: millis(row, 8)?,
    })
}

pub(super) async fn issuer_add(db: &Postgres, issuer: &IssuerRow) -> Result<bool, EngineError> {
    if !space::is_there(db, issuer.space).await? {
        return Ok(false);
    }
    let (secret, url, algorithm) = match &issuer.keys {
        IssuerKeys::Hs256 { secret } => (Some(secret), None, HS256),
        IssuerKeys::Jwks { url, algorithm } => (None, Some(url), algorithm.as_str()),
    };
    let claims = to_json(&issuer.claims)?;
    let values: Params<'_> = &[
        &issuer.id.0,
        &issuer.space.0,
        &issuer.issuer,
        &issuer.audience,
        &secret,
        &url,
        &algorithm,
        &claims,
        &issuer.created_at.0,
    ];
    let sql = format!("INSERT INTO issuers ({ISSUER_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
    Ok(db.execute(&sql, values).await? > 0)
}

pub(super) async fn issuer_by_name(db: &Postgres, name: &str) -> Result<Option<IssuerRow>, EngineError> {
    if !storable(name) {
        return Ok(None);
    }
    let sql = format!("SELECT {ISSUER_COLUMNS} FROM issuers WHERE issuer = $1");
    one(db.query_opt(&sql, &[&name]).await?, issuer_row)
}

pub(super) async fn issuers_of_space(db: &Postgres, space: SpaceId) -> Result<Vec<IssuerRow>, EngineError> {
    let sql = format!("SELECT {ISSUER_COLUMNS} FROM issuers WHERE space = $1 ORDER BY created_at, id");
    all(&db.query(&sql, &[&space.0]).await?, issuer_row)
}

pub(super) async fn issuer_remove(db: &Postgres, issuer: IssuerId) -> Result<bool, EngineError> {
    Ok(db
        .execute("DELETE FROM issuers WHERE id = $1", &[&issuer.0])
        .await?
        > 0)
}

pub(super) async fn signing_all(db: &Postgres) -> Result<Vec<SigningKeyRow>, EngineError> {
    let sql = "SELECT kid, private_der, created_at FROM signing_keys ORDER BY created_at, kid";
    all(&db.query(sql, &[]).await?, |row| {
        Ok(SigningKeyRow {
            kid: row.try_get(0)?,
            private_der: row.try_get(1)?,
            created_at: millis(row, 2)?,
        })
    })
}

pub(super) async fn signing_add(db: &Postgres, key: &SigningKeyRow) -> Result<(), EngineError> {
    let sql = "INSERT INTO signing_keys (kid, private_der, created_at) VALUES ($1, $2, $3)";
    db.execute(sql, &[&key.kid, &key.private_der, &key.created_at.0])
        .await?;
    Ok(())
}
