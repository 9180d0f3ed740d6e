//! What an empty database begins with. Several servers may start over one at once: each step goes to whoever comes first.

use crate::compose::Operator;
use crate::config::{First, Problem, secret_from_file};
use crate::demo::{self, Past};
use klatch_protocol::ErrorCode;
use klatch_session::SessionError;
use klatch_session::auth::Auth;
use klatch_types::Policy;
use std::time::Duration;

/// Name of the key that the configuration gave.
const FIRST_KEY: &str = "first";
/// How long a server waits for another one that is filling the database.
const OTHERS_FIRST_STEPS_MAX: Duration = Duration::from_secs(60);
/// How often it looks.
const LOOK: Duration = Duration::from_millis(100);

/// What the start found or made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FirstStart {
    /// There are accounts.
    InUse,
    /// There is nobody yet who could log in.
    NoAccounts,
    /// The demo was made, now or before.
    Demo,
    /// The demo was asked for, but there are other spaces.
    NoDemo,
}

/// Gives an empty database its first space, and the demo if it is asked for.
pub(super) async fn start(
    operator: &Operator,
    first: &First,
    demo: bool,
    clock: &Past,
) -> anyhow::Result<FirstStart> {
    let spaces = operator.directory.spaces().await?;
    if demo {
        if spaces.is_empty() {
            return demo_once(operator, clock).await;
        }
        let made_before = spaces.iter().any(|space| space.slug == demo::SPACE);
        return Ok(if made_before {
            FirstStart::Demo
        } else {
            FirstStart::NoDemo
        });
    }
    if spaces.is_empty() {
        space(operator, first).await?;
    } else {
        tracing::debug!("there is a space already: [first] is passed over");
    }
    let (spaces, users, ..) = operator.directory.counts().await?;
    // Every space has one user of its own, which nobody logs in as.
    Ok(if users > spaces {
        FirstStart::InUse
    } else {
        FirstStart::NoAccounts
    })
}

/// Makes the demo, unless another server does: the short name of its space goes to one of them.
async fn demo_once(operator: &Operator, clock: &Past) -> anyhow::Result<FirstStart> {
    tracing::info!("populating database...");
    match demo::fill(operator, clock).await {
        Ok(()) => tracing::info!("populated database"),
        Err(error) if error.downcast_ref::<SessionError>().is_some_and(is_there) => {
            tracing::info!("another server populates the database");
        }
        Err(error) => return Err(error),
    }
    Ok(FirstStart::Demo)
}

/// Makes the space of `[first]` with its key, or waits until the server that was faster has done so.
async fn space(operator: &Operator, first: &First) -> anyhow::Result<()> {
    let key = match &first.api_key_file {
        Some(file) => {
            let key = secret_from_file("first.api_key_file", file)?;
            Auth::check_api_key(key.expose()).map_err(|why| Problem {
                key: "first.api_key_file".to_owned(),
                why: format!("holds a weak key: {why}"),
            })?;
            Some(key)
        }
        None => None,
    };
    let slug = first.slug()?;
    let policy = Policy::of(first.profile);
    let made = operator
        .auth
        .create_space(slug.clone(), first.shown_name()?, policy, Vec::new())
        .await;
    let id = match made {
        Ok(space) => space.id,
        Err(error) if is_there(&error) => {
            tracing::debug!("another server made the first space");
            made_by_another(operator, slug.as_str()).await?
        }
        Err(error) => return Err(error.into()),
    };
    let Some(key) = key else { return Ok(()) };
    // Each server offers the key, so that it is there even if the one that made the space ended right after.
    match operator
        .auth
        .accept_api_key(id, FIRST_KEY.parse()?, key.expose())
        .await
    {
        Err(error) if !is_there(&error) => Err(error.into()),
        _ => Ok(()),
    }
}

/// The space that another server made a moment ago.
async fn made_by_another(operator: &Operator, slug: &str) -> anyhow::Result<klatch_types::SpaceId> {
    let looking = async {
        loop {
            if let Some(space) = operator.directory.space_by_slug(slug).await? {
                return Ok(space.id);
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(OTHERS_FIRST_STEPS_MAX, looking).await?
}

fn is_there(error: &SessionError) -> bool {
    error.problem().code == ErrorCode::Exists
}
