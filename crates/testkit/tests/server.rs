//! The kit against the real binary: a server is killed under load, comes back, and the checker judges what is left.
#![allow(clippy::unwrap_used)] // a test may

use klatch_client::{Backoff, Options, Socket, Start, State};
use klatch_protocol::command::message::Send;
use klatch_protocol::view::Ack;
use klatch_testkit::history::{Evidence, Floor, Membership, Recorder, UnreadClaim, check};
use klatch_testkit::{Server, ServerOptions, Storage, TestClient};
use klatch_types::{ChannelId, Seq};
use std::time::Duration;
use tokio::sync::watch;

/// Sends until told to stop, one message after the other, each tried with its key until the answer is definite.
async fn talk(
    client: TestClient,
    name: String,
    channel: ChannelId,
    recorder: Recorder,
    stop: watch::Receiver<bool>,
) {
    let mut number = 0;
    while !*stop.borrow() {
        let send = client.message(channel, format!("{name} says {number}"));
        number += 1;
        loop {
            match client.send_recorded(&recorder, &name, "one", &send).await {
                Ok(_) => break,
                Err(error) => {
                    assert!(error.is_retryable(), "{error}");
                    tokio::time::sleep(Duration::from_millis(20)).await; // the back-off of this client
                }
            }
        }
    }
}

/// Records what a socket is given until the channel has come this far.
async fn listen(
    mut socket: Socket,
    listener: TestClient,
    recorder: Recorder,
    mut until: watch::Receiver<Option<Seq>>,
) {
    let mut last = Seq::ZERO;
    loop {
        if until.borrow_and_update().is_some_and(|head| last >= head) {
            return;
        }
        tokio::select! {
            event = socket.next_event() => {
                let event = event.expect("the socket stays up");
                recorder.delivered("listener", listener.user.id, "one", &event);
                last = event.seq;
            }
            changed = until.changed() => changed.unwrap(),
        }
    }
}

/// Both are members from the beginning, and one has been told how much is unread.
async fn evidence(channel: ChannelId, ana: &TestClient, rui: &TestClient) -> Evidence {
    let listed = rui.rest().channels().await.unwrap().channels.remove(0);
    let (read, head, unread) = (listed.read, listed.head, listed.unread);
    let claim = UnreadClaim {
        reader: "rui".to_owned(),
        channel,
        read,
        head,
        unread,
    };
    let member = |client: &TestClient| Membership {
        user: client.user.id,
        channel,
        from: Seq(1),
        to: None,
    };
    Evidence {
        memberships: Some(vec![member(ana), member(rui)]),
        unread: vec![claim],
        floor: Floor {
            operations: 100,
            faults: 3,
            in_flight: 3,
        },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    let mut server = Server::start().await.unwrap();
    let tenant = server.tenant().unwrap();
    let (ana, rui) = (
        tenant.user("ana").await.unwrap(),
        tenant.user("rui").await.unwrap(),
    );
    let channel = tenant.group("kill", &[&ana, &rui]).await.unwrap();
    let recorder = Recorder::default();
    let (stop, stopped) = watch::channel(false);
    let (end, ended) = watch::channel(None);
    let options = Options {
        start: Start::Beginning,
        backoff: Backoff::new(Duration::from_millis(20), Duration::from_millis(200)),
        ..Options::default()
    };
    let (socket, _) = rui.connect(options).await.unwrap();
    let mut state = socket.state();
    let listening = tokio::spawn(listen(socket, rui.clone(), recorder.clone(), ended));
    let talking: Vec<_> = (0..8)
        .map(|n| {
            tokio::spawn(talk(
                ana.clone(),
                format!("ana-{n}"),
                channel,
                recorder.clone(),
                stopped.clone(),
            ))
        })
        .collect();
    for _ in 0..3 {
        state
            .wait_for(|state| matches!(state, State::Ready(_)))
            .await
            .unwrap();
        let so_far = recorder.history().entries.len();
        while recorder.history().entries.len() < so_far + 100 {
            tokio::time::sleep(Duration::from_millis(5)).await; // until enough has happened
        }
        recorder.fault("sigkill", "one");
        server.kill().unwrap();
        state
            .wait_for(|state| !matches!(state, State::Ready(_)))
            .await
            .unwrap();
        server.restart().await.unwrap();
    }
    stop.send(true).unwrap();
    for task in talking {
        task.await.unwrap();
    }
    let reads = [
        ana.final_read(channel).await.unwrap(),
        rui.final_read(channel).await.unwrap(),
    ];
    let head = reads[0].entries.last().unwrap().seq;
    end.send(Some(head)).unwrap();
    listening.await.unwrap();

    let evidence = evidence(channel, &ana, &rui).await;
    check(&recorder.history(), &reads, &evidence).assert_kept();
}

#[tokio::test]
async fn a_server_stops_by_itself_and_keeps_its_data() {
    let mut server = Server::start().await.unwrap();
    let tenant = server.tenant().unwrap();
    let ana = tenant
        .user_with_password("ana", "correct horse battery")
        .await
        .unwrap();
    let channel = tenant.group("room", &[&ana]).await.unwrap();
    let (socket, ready) = ana.connect(Options::default()).await.unwrap();
    assert_eq!(ready.user, ana.user);
    let send: Send = ana.message(channel, "over the socket");
    let acked: Ack = socket.send(&send).await.unwrap();
    drop(socket);
    let stopped = server.stop().await.unwrap();
    assert!(stopped.status.success(), "{}", server.log());
    assert!(
        ana.say(channel, "nobody hears").await.unwrap_err().is_definite(),
        "nobody listens there"
    );
    server.restart().await.unwrap();
    let again = ana.rest().send(&send).await.unwrap();
    assert_eq!(
        (again.seq, again.duplicate),
        (acked.seq, true),
        "the key is remembered"
    );
    let login = klatch_client::Login {
        space: Some(server.space().to_owned()),
        username: "ana".to_owned(),
        password: "correct horse battery".to_owned(),
    };
    let signed_in = ana.rest().login(&login).await.unwrap();
    let renewed = ana.rest().refresh(&signed_in.refresh_token).await.unwrap();
    assert_eq!(renewed.user, ana.user);
}

#[tokio::test]
async fn a_server_keeps_its_data_where_it_is_told() {
    for storage in [Storage::Sqlite, Storage::Memory, Storage::Postgres] {
        let options = ServerOptions {
            storage: Some(storage),
            ..ServerOptions::default()
        };
        let mut server = Server::start_with(options).await.unwrap();
        assert_eq!(server.storage(), storage);
        server.tenant().unwrap().user("ana").await.unwrap();
        server.stop().await.unwrap();
        assert_eq!(
            server.data().join("klatch.db").exists(),
            storage == Storage::Sqlite,
            "{storage:?}"
        );
        server.restart().await.unwrap();
        let again = server.tenant().unwrap().user("ana").await;
        assert_eq!(
            again.is_err(),
            storage.is_durable(),
            "{storage:?}: the name is taken while the data is there"
        );
    }
}
