//! S0.1, S1.4, S2.3: every address of an earlier chat, for every kind of caller.

use super::Town;
use anyhow::{Result, ensure};
use klatch_tests::Api;
use serde_json::{Value, json};

/// Who calls, in the order of the outcomes below.
const CALLERS: [&str; 7] = [
    "nobody", "stranger", "outsider", "guest", "muted", "member", "back end",
];

/// One address: method, path, body, and what comes of it for each of [`CALLERS`].
struct Case {
    method: &'static str,
    path: String,
    body: Option<Value>,
    outcomes: [&'static str; 7],
}

/// The group is private. A stranger is of the space and not in the group; an outsider was removed from it. A guest may
/// read and write and looks nobody up by name; the back end runs the group without being a member.
fn cases(group: &str, caller: &str) -> Vec<Case> {
    let read = [
        "unauthenticated",
        "not_found",
        "not_found",
        "ok",
        "ok",
        "ok",
        "ok",
    ];
    let write = [
        "unauthenticated",
        "not_found",
        "not_found",
        "ok",
        "muted",
        "ok",
        "ok",
    ];
    let own = ["unauthenticated", "ok", "ok", "ok", "ok", "ok", "ok"];
    let get = |path: String, outcomes| Case {
        method: "GET",
        path,
        body: None,
        outcomes,
    };
    let post = |path: &str, body, outcomes| Case {
        method: "POST",
        path: path.to_owned(),
        body: Some(body),
        outcomes,
    };
    let meeting = json!({ "sender_ID": caller, "receiver_ID": group, "text": "x" });
    let course = json!({ "sender_userID": caller, "receiver_groupID": group, "text": "x" });
    let screen = json!({ "groupID": group, "screen_size": 5 });
    vec![
        get("/chat/location".to_owned(), own),
        get("/chat/message".to_owned(), own),
        get(format!("/chat/{group}/message"), read),
        get(format!("/messages/{caller}"), own),
        post("/messages", meeting, write),
        post("/send_message", course, write),
        get(format!("/get_message?groupID={group}&screen_size=5"), read),
        post("/get_message", screen, read),
        get(format!("/s4/channels/{group}/messages"), read),
    ]
}

#[tokio::test]
async fn everyone_may_what_the_list_says() -> Result<()> {
    let town = Town::new().await?;
    let group = town.group.clone();
    let owner = town.api(&town.ana)?;
    let back_end = owner.with(town.server.api_key());
    let stranger = town.server.tenant()?.user("stranger").await?;
    let channels = json!([{ "channel": group, "role": "guest" }]);
    let invited = json!({ "name": "Guest", "username": "visitor", "life_s": 600, "channels": channels });
    let guest = back_end
        .must("POST", "/v1/guests", Some(invited))
        .await?
        .text("access_token")?;
    let outsider = town.server.tenant()?.user("outsider").await?;
    let add = json!({ "user": outsider.user.id });
    owner
        .must("POST", &format!("/v1/channels/{group}/members"), Some(add))
        .await?;
    owner
        .must(
            "DELETE",
            &format!("/v1/channels/{group}/members/{}", outsider.user.id),
            None,
        )
        .await?;
    let mute = json!({});
    owner
        .must(
            "PUT",
            &format!("/v1/channels/{group}/mutes/{}", town.john.user.id),
            Some(mute),
        )
        .await?;

    let nobody = Api::new(town.server.public())?;
    let callers = [
        (nobody.clone(), "johndoe"),
        (nobody.with(&stranger.token), "stranger"),
        (nobody.with(&outsider.token), "outsider"),
        (nobody.with(&guest), "visitor"),
        (nobody.with(&town.john.token), "johndoe"),
        (nobody.with(&town.jane.token), "+1234567890"),
        (back_end, "system"),
    ];
    let mut wrong = Vec::new();
    for (at, (api, name)) in callers.iter().enumerate() {
        for case in cases(&group, name) {
            let answer = api.call(case.method, &case.path, case.body).await?;
            if answer.code() != case.outcomes[at] {
                wrong.push(format!(
                    "{} {} as {}: {} instead of {}",
                    case.method,
                    case.path,
                    CALLERS[at],
                    answer.code(),
                    case.outcomes[at]
                ));
            }
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
