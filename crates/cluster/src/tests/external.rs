//! Servers registered from outside.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_server_from_outside_is_placed_upon_until_it_is_not_renewed() {
    let net = MemoryNet::new();
    let (a, b) = (Node::start(&net, card(1, 500)), Node::start(&net, card(2, 500)));
    pass(1).await;
    let outside = card(9, 0).id;
    let url = "https://old.example.org";
    for _ in 0..3 {
        let renewed = a.cluster.register(outside, registration(url, 20)).unwrap();
        assert_eq!(renewed.started_at, Millis(5_000));
        pass(15).await;
        for node in [&a, &b] {
            assert_eq!(node.cluster.location(&Wish::default()).url, url);
        }
    }
    pass(8).await;
    assert_eq!((a.knows().len(), b.knows().len()), (2, 2));
    assert_eq!(
        a.cluster.unregister(outside),
        Err(ClusterError::UnknownNode(outside))
    );
}

#[tokio::test(start_paused = true)]
async fn registrations_out_of_bounds_are_refused_with_what_they_must_be() {
    let net = MemoryNet::new();
    let (a, b) = (Node::start(&net, card(1, 0)), Node::start(&net, card(2, 0)));
    pass(1).await;
    let outside = card(9, 0).id;
    let good = || registration("https://old.example.org", 60);
    let wrong: [(Registration, &str); 6] = [
        (registration("old.example.org", 60), "`url`"),
        (registration("https://old.example.org", 0), "`ttl_s`"),
        (registration("https://old.example.org", 3_601), "`ttl_s`"),
        (
            Registration {
                region: "PORTO!".to_owned(),
                ..good()
            },
            "`region`",
        ),
        (
            Registration {
                capacity: 0,
                ..good()
            },
            "`capacity`",
        ),
        (
            Registration {
                connections: u32::MAX,
                ..good()
            },
            "`connections`",
        ),
    ];
    for (registration, names) in wrong {
        let refused = a.cluster.register(outside, registration).unwrap_err();
        assert!(refused.to_string().contains(names), "{refused}");
    }
    for node in [&a, &b] {
        let taken = a.cluster.register(node.id(), good());
        assert_eq!(taken, Err(ClusterError::Taken(node.id())));
        let removed = a.cluster.unregister(node.id());
        assert_eq!(removed, Err(ClusterError::NotExternal(node.id())));
    }
}
