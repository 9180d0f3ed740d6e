//! Who shows nobody whether they are online.

use super::query::all;
use klatch_engine::EngineError;
use klatch_engine::postgres::{Postgres, id};
use klatch_types::UserId;
use uuid::Uuid;

pub(super) async fn hide(db: &Postgres, user: UserId, hide: bool) -> Result<(), EngineError> {
    let sql = if hide {
        "INSERT INTO presence_hidden (user_id) VALUES ($1) ON CONFLICT DO NOTHING"
    } else {
        "DELETE FROM presence_hidden WHERE user_id = $1"
    };
    db.execute(sql, &[&user.0]).await?;
    Ok(())
}

pub(super) async fn hidden(db: &Postgres, users: &[UserId]) -> Result<Vec<UserId>, EngineError> {
    let ids: Vec<Uuid> = users.iter().map(|user| user.0).collect();
    let sql = "SELECT h.user_id FROM presence_hidden h WHERE h.user_id = ANY($1)";
    all(&db.query(sql, &[&ids]).await?, |row| id(row, 0))
}
