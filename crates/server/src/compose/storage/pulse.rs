//! Whether the database answers: asked every two seconds on a connection of its own, so that `/readyz` can tell.

use klatch_engine::EngineError;
use klatch_engine::postgres::Postgres;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// How often it is asked.
const EVERY: Duration = Duration::from_secs(2);
/// Longest wait for an answer.
const ANSWER_MAX: Duration = Duration::from_secs(2);
/// Silence after which a load balancer should look elsewhere.
const SILENCE_MAX: Duration = Duration::from_secs(5);

/// Asks for as long as it lives.
pub(super) struct Pulse {
    answered: Arc<Mutex<Instant>>,
    task: JoinHandle<()>,
}

impl Pulse {
    /// Begins to ask. The database has just answered.
    pub(super) fn start(database: Postgres) -> Self {
        let answered = Arc::new(Mutex::new(Instant::now()));
        let noted = Arc::clone(&answered);
        let task = tokio::spawn(async move {
            loop {
                if let Err(error) = ask(&database, &noted).await {
                    tracing::warn!(target: "database", %error, "the database does not answer");
                }
                tokio::time::sleep(EVERY).await;
            }
        });
        Self { answered, task }
    }

    /// Whether it has answered within the last seconds.
    pub(super) fn beats(&self) -> bool {
        self.answered.lock().elapsed() < SILENCE_MAX
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Asks on a new connection until it fails.
async fn ask(database: &Postgres, answered: &Mutex<Instant>) -> Result<(), EngineError> {
    let client = database.connect().await?;
    loop {
        let answer = tokio::time::timeout(ANSWER_MAX, client.query_one("SELECT 1", &[])).await;
        answer.map_err(|_| EngineError::Unavailable(format!("no answer within {ANSWER_MAX:?}")))??;
        *answered.lock() = Instant::now();
        tokio::time::sleep(EVERY).await;
    }
}
