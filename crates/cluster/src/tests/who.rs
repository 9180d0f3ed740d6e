//! Where a user is connected.

use super::*;

#[tokio::test(start_paused = true)]
async fn who_asks_only_where_the_user_is_and_soon_has_an_answer() {
    let net = MemoryNet::new();
    let (a, b, c) = (
        Node::start(&net, card(1, 0)),
        Node::start(&net, card(2, 0)),
        Node::start(&net, card(3, 0)),
    );
    pass(1).await;
    let connections = [a.connect(user(1)), b.connect(user(1)), b.connect(user(1))];
    b.connect(user(2));
    let (holders, took) = timed(a.cluster.who(user(1))).await;
    let holders = holders.unwrap();
    let shown: Vec<_> = holders
        .iter()
        .map(|holder| (holder.node, holder.url.as_str(), holder.connections.len()))
        .collect();
    assert_eq!(
        shown,
        [
            (a.id(), "https://chat-1.example.org", 1),
            (b.id(), "https://chat-2.example.org", 2)
        ]
    );
    assert_eq!(holders[1].connections, connections[1..]);
    assert!(took <= limits::WHO_WAIT + Duration::from_millis(10), "{took:?}");
    assert!(c.cluster.who(user(3)).await.unwrap().is_empty());
    drop(b);
    let left = c.cluster.who(user(1)).await.unwrap();
    assert_eq!(left.len(), 1, "a dead node holds nobody");
    assert_eq!(left[0].node, a.id());
}

#[tokio::test(start_paused = true)]
async fn questions_are_bounded_and_forgotten() {
    let net = MemoryNet::new();
    let (a, _b) = (Node::start(&net, card(1, 0)), Node::start(&net, card(2, 0)));
    pass(1).await;
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..=limits::WHO_QUESTIONS_MAX {
        let cluster = a.cluster.clone();
        asked.spawn(async move { cluster.who(user(1)).await });
    }
    let answers = asked.join_all().await;
    let refused = answers
        .iter()
        .filter(|answer| **answer == Err(ClusterError::TooManyQuestions));
    assert_eq!(refused.count(), 1);
    assert_eq!(
        a.cluster.who(user(1)).await,
        Ok(Vec::new()),
        "there is room again"
    );
}
