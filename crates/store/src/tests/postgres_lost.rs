//! What PostgreSQL did and could not answer.

use super::subjects;
use crate::conformance::World;
use crate::postgres::PostgresDirectory;
use crate::{Directory, Rotation};
use klatch_engine::postgres::{Postgres, PostgresOptions, Spread};
use klatch_testkit::engines::{Direction, Postgres as Server, Proxy};
use klatch_types::SeededEntropy;
use std::sync::Arc;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_whose_answer_was_lost_is_found_out() {
    let (subject, db) = subjects::with_postgres(Spread::Whole).await;
    let world = World::new(subject).await;
    let ana = world.user("ana").await;
    let (device, first) = world.device(ana).await;
    let (second, third) = (world.hash(), world.hash());

    let server = Server::shared().unwrap().address();
    let proxy = Proxy::start(server).unwrap();
    let direct = format!(":{}/", server.port());
    let url = db
        .options()
        .url
        .replace(&direct, &format!(":{}/", proxy.address().port()));
    assert_ne!(url, db.options().url);
    let through = Postgres::open(PostgresOptions::new(url), &SeededEntropy::new(1))
        .await
        .unwrap();
    let through = Arc::new(PostgresDirectory::new(through));
    let now = device.seen_at;
    let ends = now.plus(Duration::from_secs(3600));
    // Leaves a connection with the statement prepared: what is stalled below is the answer and nothing before it.
    let rotated = through.refresh_rotate(first, second, ends, now).await.unwrap();
    assert_eq!(rotated, Rotation::Rotated(device.clone()));

    proxy.stall(Direction::ToClient).unwrap();
    let rotating = tokio::spawn({
        let through = Arc::clone(&through);
        async move { through.refresh_rotate(second, third, ends, now).await }
    });
    let since = Instant::now();
    let used = "SELECT 1 FROM refresh_tokens WHERE hash = $1";
    while db.query_opt(used, &[&third.as_slice()]).await.unwrap().is_none() {
        assert!(since.elapsed() < PATIENCE, "the rotation never came");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    proxy.cut().unwrap();
    proxy.pass().unwrap();
    assert_eq!(rotating.await.unwrap().unwrap(), Rotation::Rotated(device));

    let again = through
        .refresh_rotate(third, world.hash(), ends, now)
        .await
        .unwrap();
    assert!(
        matches!(again, Rotation::Rotated(_)),
        "the client goes on with what it was given"
    );
}
