//! Finding users.

use super::World;
use super::world::later;
use klatch_engine::row::UserRow;
use klatch_types::UserKind;

async fn found(world: &World, prefix: &str) -> Vec<String> {
    let users = world
        .directory
        .users_search(world.space, prefix, 50)
        .await
        .unwrap();
    users.into_iter().map(|user| user.username).collect()
}

async fn add(world: &World, username: &str, name: &str) {
    let user = UserRow {
        name: name.into(),
        ..world.user_row(username)
    };
    world.directory.user_add(user).await.unwrap();
}

/// Username or name begins with the text, whatever the case of ASCII letters; of this space, enabled, no system.
pub async fn search_finds_beginnings(world: &World) {
    let directory = &world.directory;
    add(world, "up2019", "Ana Sousa").await;
    add(world, "Anabela", "Bela").await;
    add(world, "banana", "Frutas, Ana").await;
    add(world, "eva", "Évora").await;
    let guest = UserRow {
        kind: UserKind::Guest,
        ..world.user_row("anton")
    };
    directory.user_add(guest).await.unwrap();
    let system = UserRow {
        kind: UserKind::System,
        ..world.user_row("analytics")
    };
    directory.user_add(system).await.unwrap();
    let disabled = UserRow {
        disabled_at: Some(later(0)),
        ..world.user_row("andre")
    };
    directory.user_add(disabled).await.unwrap();
    let elsewhere = world.other_space().await;
    directory
        .user_add(UserRow {
            space: elsewhere,
            ..world.user_row("ana")
        })
        .await
        .unwrap();

    assert_eq!(found(world, "ana").await, ["Anabela", "up2019"]);
    assert_eq!(found(world, "AN").await, ["Anabela", "anton", "up2019"]);
    assert_eq!(found(world, "ana s").await, ["up2019"]);
    assert_eq!(
        found(world, "é").await,
        Vec::<String>::new(),
        "only ASCII letters are folded"
    );
    assert_eq!(found(world, "É").await, ["eva"]);
    assert_eq!(found(world, "zz").await, Vec::<String>::new());
    assert_eq!(
        found(world, "").await,
        ["Anabela", "anton", "banana", "eva", "up2019"]
    );
}

/// Those on the page are the first by username of all who fit, through username or name, each once.
pub async fn search_is_bounded_and_ordered(world: &World) {
    for number in 0..30 {
        // Half are found by name only, and their order by name is not that by username.
        let (username, name) = match number % 2 {
            0 => (format!("x{number:02}"), format!("Xavier {}", 99 - number)),
            _ => (format!("w{:02}", 50 - number), format!("xena {number}")),
        };
        add(world, &username, &name).await;
    }
    let all = found(world, "X").await;
    assert_eq!(all.len(), 30);
    assert!(all.is_sorted(), "{all:?}");
    for limit in [0, 1, 7, 20] {
        let page = world
            .directory
            .users_search(world.space, "X", limit)
            .await
            .unwrap();
        let page: Vec<String> = page.into_iter().map(|user| user.username).collect();
        assert_eq!(page, all[..limit as usize]);
    }
}

/// Characters that patterns give a meaning to have none here.
pub async fn search_takes_text_as_it_is(world: &World) {
    for (username, name) in [
        ("a_b", "100%"),
        ("acb", "100 x"),
        ("a%b", "back\\slash"),
        ("a@b", "'quoted"),
        ("azb", "[x"),
    ] {
        add(world, username, name).await;
    }
    assert_eq!(found(world, "a_").await, ["a_b"]);
    assert_eq!(found(world, "a%").await, ["a%b"]);
    assert_eq!(found(world, "100%").await, ["a_b"]);
    assert_eq!(found(world, "back\\").await, ["a%b"]);
    assert_eq!(
        found(world, "a@").await,
        ["a@b"],
        "and not all up to the small letters"
    );
    assert_eq!(found(world, "az").await, ["azb"]);
    assert_eq!(found(world, "'").await, ["a@b"]);
    assert_eq!(found(world, "[").await, ["azb"]);
    for none in ["%", "_", "*", "?", "\\"] {
        assert_eq!(found(world, none).await, Vec::<String>::new(), "{none}");
    }
}
