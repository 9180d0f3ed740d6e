//! Drains, orders, overload.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_drained_node_gets_nobody_sends_all_away_and_comes_back() {
    let net = MemoryNet::new();
    let (a, b) = (Node::start(&net, card(1, 500)), Node::start(&net, card(2, 100)));
    pass(1).await;
    let at_once = |node: &Node| node.cluster.location(&Wish::default()).id;
    assert_eq!(at_once(&a), b.id());
    let drained = a.cluster.drain(b.id(), Duration::from_secs(30)).await.unwrap();
    assert!(drained.draining && b.cluster.is_draining());
    assert_eq!((at_once(&a), at_once(&b)), (a.id(), a.id()));
    assert_eq!(*b.sockets.drains.lock(), [Duration::from_secs(30)]);
    pass(33).await;
    assert_eq!(
        b.sockets.drains.lock().len(),
        2,
        "who is still there is told again"
    );
    b.sockets.count.store(0, Ordering::SeqCst);
    pass(60).await;
    assert_eq!(b.sockets.drains.lock().len(), 2, "nobody is there");
    assert!(!a.cluster.resume(b.id()).await.unwrap().draining);
    assert_eq!((at_once(&a), b.cluster.is_draining()), (b.id(), false));
}

#[tokio::test(start_paused = true)]
async fn an_order_that_cannot_be_followed_is_refused_or_unknown() {
    let net = MemoryNet::new();
    let (a, b) = (Node::start(&net, card(1, 0)), Node::start(&net, card(2, 0)));
    pass(1).await;
    let second = Duration::from_secs(1);
    let nobody = card(8, 0).id;
    assert_eq!(
        a.cluster.drain(nobody, second).await,
        Err(ClusterError::UnknownNode(nobody))
    );
    let too_long = limits::DRAIN_SPREAD_MAX + second;
    assert!(matches!(
        a.cluster.drain(b.id(), too_long).await,
        Err(ClusterError::Invalid(_))
    ));
    let outside = card(9, 0).id;
    a.cluster
        .register(outside, registration("https://old.example.org", 60))
        .unwrap();
    assert!(matches!(
        a.cluster.drain(outside, second).await,
        Err(ClusterError::Invalid(_))
    ));
    net.cut(b.id());
    let (answer, took) = timed(a.cluster.drain(b.id(), second)).await;
    assert_eq!(answer, Err(ClusterError::NoAnswer(b.id())));
    assert!(took <= limits::NODE_ORDER_WAIT + second, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn an_overloaded_node_sends_a_few_away_in_each_tick_until_it_is_well() {
    let net = MemoryNet::new();
    let (a, _b) = (Node::start(&net, card(1, 950)), Node::start(&net, card(2, 100)));
    pass(15).await;
    assert_eq!(a.sockets.moved.load(Ordering::SeqCst), 10);
    pass(300).await;
    assert_eq!(a.sockets.moved.load(Ordering::SeqCst), 150);
    assert!(!a.cluster.own().overloaded);
}
