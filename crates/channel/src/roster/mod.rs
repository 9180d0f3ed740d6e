//! Rosters: channels and their members follow an enrolment source (S0.3, S2.1).
//!
//! An import is a plan and its carrying out. The plan ([`klatch_roster::Plan`]) is a function of what is there and what is
//! wanted, so that a dry run tells exactly what an import does. Whom a roster puts somewhere is noted before it is done:
//! an import that ends in the middle is finished by the same roster again. Who was put in by people is never noted, and so
//! never removed.

mod carry_out;
mod grace;
mod hold;
mod line;
mod standing;
mod start;

use crate::access;
use crate::{Actor, ChannelError, Channels};
use klatch_roster::{Changes, Plan, Roster, Settings};
use klatch_store::row::{RosterImportRow, RosterPlace};
use klatch_types::{AuditAct, RosterImportState, SpaceId};

/// What is to become of a space's roster.
#[derive(Clone, Debug)]
pub enum RosterAsked {
    /// This one takes the place of the one before.
    Whole(Roster),
    /// The one before with these changes.
    Changes(Changes),
    /// The one before the last import again; what that put in is removed at once.
    Undo,
}

/// How it is to be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RosterOrder {
    /// Only tell what would change.
    pub dry_run: bool,
    /// Drop as many members as it takes.
    pub allow_removals: bool,
}

/// What an import does, or would do.
#[derive(Clone, Debug)]
pub struct RosterOutcome {
    /// Its number; none for a dry run, and where nothing changed.
    pub no: Option<u64>,
    /// The difference.
    pub plan: Plan,
}

/// An import that has begun.
#[derive(Debug)]
pub struct RosterStarted {
    /// What it does.
    pub outcome: RosterOutcome,
    /// Answered when it is done; it goes on if nobody waits.
    pub end: tokio::sync::oneshot::Receiver<Result<(), ChannelError>>,
}

/// How a space's roster stands.
#[derive(Clone, Debug)]
pub struct RosterStanding {
    /// How it is followed.
    pub settings: Settings,
    /// Groups that the roster has.
    pub groups: usize,
    /// Members whom it put in.
    pub members: usize,
    /// Members who were dropped, and whose grace is not over.
    pub leaving: usize,
    /// The newest import.
    pub last: Option<RosterImportRow>,
}

impl Channels {
    /// How a space follows its rosters.
    ///
    /// # Errors
    /// `Forbidden` for all but back ends and administrators.
    pub async fn roster_settings(&self, actor: &Actor) -> Result<Settings, ChannelError> {
        access::may_keep_rosters(actor)?;
        self.settings_of(actor.space).await
    }

    /// Changes it, from the next import on.
    ///
    /// # Errors
    /// `Forbidden` for all but back ends and administrators, `Invalid` for settings that cannot be followed.
    pub async fn roster_settings_put(&self, actor: &Actor, settings: &Settings) -> Result<(), ChannelError> {
        access::may_keep_rosters(actor)?;
        settings
            .check()
            .map_err(|error| ChannelError::Invalid(error.to_string()))?;
        let text = serde_json::to_string(settings).expect("texts and numbers are always JSON");
        self.parts
            .directory
            .roster_settings_put(actor.space, &text)
            .await?;
        self.note(actor, AuditAct::RosterSettingsChanged, None, text)
            .await
    }

    /// How a space's roster stands.
    ///
    /// # Errors
    /// `Forbidden` for all but back ends and administrators.
    pub async fn roster_standing(&self, actor: &Actor) -> Result<RosterStanding, ChannelError> {
        access::may_keep_rosters(actor)?;
        let directory = &self.parts.directory;
        let groups = directory.roster_groups(actor.space).await?;
        let members = directory.roster_members(actor.space).await?;
        let leaving = members.iter().filter(|row| row.place == RosterPlace::Out).count();
        Ok(RosterStanding {
            settings: self.settings_of(actor.space).await?,
            groups: groups.iter().filter(|group| !group.gone).count(),
            members: members.len() - leaving,
            leaving,
            last: self.roster_imports(actor, 1).await?.pop(),
        })
    }

    /// The imports of a space, newest first. One that is kept as running and that nobody runs is told as unfinished.
    ///
    /// # Errors
    /// `Forbidden` for all but back ends and administrators.
    pub async fn roster_imports(
        &self,
        actor: &Actor,
        limit: u32,
    ) -> Result<Vec<RosterImportRow>, ChannelError> {
        access::may_keep_rosters(actor)?;
        let directory = &self.parts.directory;
        let is_held = directory.roster_is_held(actor.space, self.now()).await?;
        let mut imports = directory.roster_imports(actor.space, limit).await?;
        for (at, import) in imports.iter_mut().enumerate() {
            // Only the newest can be under way.
            if import.state == RosterImportState::Running && (at > 0 || !is_held) {
                import.state = RosterImportState::Unfinished;
            }
        }
        Ok(imports)
    }

    /// The day in UTC, which decides which enrolments have begun and which have ended.
    pub fn today(&self) -> String {
        self.now().day()
    }

    async fn settings_of(&self, space: SpaceId) -> Result<Settings, ChannelError> {
        let Some(text) = self.parts.directory.roster_settings(space).await? else {
            return Ok(Settings::default());
        };
        serde_json::from_str(&text)
            .map_err(|error| ChannelError::Invalid(format!("kept settings cannot be read: {error}")))
    }
}
