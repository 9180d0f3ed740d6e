//! Work that is due once in the whole cluster.

use super::World;
use super::world::later;
use std::sync::Arc;
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(60);

async fn claim(world: &World, name: &str, at: i64) -> bool {
    world.directory.chore_claim(name, EVERY, later(at)).await.unwrap()
}

/// Who claims first has it until the period is over; each kind of work is by itself.
pub async fn chores_are_due_once_each_period(world: &World) {
    assert!(claim(world, "tokens", 0).await);
    assert!(!claim(world, "tokens", 0).await);
    assert!(!claim(world, "tokens", 59_999).await);
    assert!(claim(world, "events", 30_000).await, "another kind of work");
    assert!(claim(world, "tokens", 60_000).await);
    assert!(
        !claim(world, "tokens", 119_999).await,
        "a period from the last claim on"
    );
    assert!(
        claim(world, "tokens", 500_000).await,
        "what was not done for long is done once"
    );
    assert!(!claim(world, "tokens", 500_001).await);
}

/// Of twenty who come at once one has it, each time.
pub async fn of_many_claims_at_once_one_wins(world: &World) {
    for round in 0..5 {
        let start = Arc::new(tokio::sync::Barrier::new(20));
        let claims: Vec<_> = (0..20)
            .map(|_| {
                let (directory, start) = (Arc::clone(&world.directory), Arc::clone(&start));
                tokio::spawn(async move {
                    start.wait().await;
                    let now = later(round * 60_000);
                    directory.chore_claim("tokens", EVERY, now).await.unwrap()
                })
            })
            .collect();
        let mut won = 0;
        for claim in claims {
            won += u32::from(claim.await.unwrap());
        }
        assert_eq!(won, 1, "round {round}");
    }
}

/// A claim made while the clock was ahead does not hold the work up until then.
pub async fn a_clock_set_back_stops_no_chore(world: &World) {
    let day = 24 * 3600 * 1000;
    assert!(claim(world, "tokens", day).await);
    assert!(claim(world, "tokens", 0).await, "due too far ahead");
    assert!(!claim(world, "tokens", 1).await, "and then as ever");
    assert!(
        !claim(world, "tokens", -1_000).await,
        "nodes whose clocks differ a little agree who has it"
    );
}
