//! `klatch who`: where a user is connected.

use super::inside::{Inside, print_json};
use super::node::shown_url;
use super::table::table;
use super::{Global, on_runtime, say};
use anyhow::Context;
use clap::Args;
use klatch_protocol::view::{UserConnection, UserNodes};
use klatch_types::{Slug, UserId, Username};
use time::OffsetDateTime;

/// Print which servers hold a user's connections
#[derive(Debug, Args)]
pub(super) struct Who {
    /// The user: username or id
    user: String,
    /// Short name of the space; may be left out where there is one
    #[arg(long)]
    space: Option<Slug>,
    #[command(flatten)]
    inside: Inside,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Who {
    /// Runs it.
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        let path = path(&self.user, self.space.as_ref())?;
        on_runtime(async {
            let found: UserNodes = self.inside.rest(global)?.get(&path).await?;
            if self.json {
                return print_json(&found);
            }
            let mut rows = Vec::new();
            for node in &found.nodes {
                rows.extend(node.connections.iter().map(|connection| {
                    let mut row = vec![node.node.to_string(), shown_url(&node.url).to_owned()];
                    row.extend(cells(connection));
                    row
                }));
            }
            say(&table(&["NODE", "URL", "DEVICE", "SINCE", "ACTIVE"], &rows));
            Ok(())
        })
    }
}

/// Where to ask after a user.
fn path(user: &str, space: Option<&Slug>) -> anyhow::Result<String> {
    if let Ok(id) = user.parse::<UserId>() {
        return Ok(format!("/v1/users/{id}/nodes"));
    }
    let username: Username = user.parse().with_context(|| format!("`{user}`"))?;
    // Of what a username may have, these two mean something else in a query.
    let username = username.as_str().replace('+', "%2B").replace('@', "%40");
    let space = space.map(|slug| format!("&space={slug}")).unwrap_or_default();
    Ok(format!("/v1/users/nodes?username={username}{space}"))
}

fn cells(connection: &UserConnection) -> [String; 3] {
    let device = connection
        .device
        .map_or_else(|| "-".to_owned(), |device| device.to_string());
    [
        device,
        shown(connection.connected_at),
        shown(connection.active_at),
    ]
}

/// A time, to the second, UTC (RFC 3339).
fn shown(millis: i64) -> String {
    let Ok(at) = OffsetDateTime::from_unix_timestamp(millis.div_euclid(1_000)) else {
        return "-".to_owned();
    };
    format!(
        "{}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_asked_after_by_id_or_name() {
        let id = "0190f3a1-7c1e-7000-8000-5f3b2c1d0e9f";
        assert_eq!(path(id, None).unwrap(), format!("/v1/users/{id}/nodes"));
        let uni: Slug = "uni".parse().unwrap();
        assert_eq!(
            path("+123@x", Some(&uni)).unwrap(),
            "/v1/users/nodes?username=%2B123%40x&space=uni"
        );
        assert!(path("not a name", None).is_err());
    }

    #[test]
    fn times_are_written_to_the_second() {
        assert_eq!(shown(1_655_128_543_732), "2022-06-13T13:55:43Z");
        assert_eq!(shown(i64::MAX), "-");
    }
}
