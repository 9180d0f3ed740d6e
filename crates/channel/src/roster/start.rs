//! Beginning an import: what must change, and whether that may be.

use super::carry_out::Import;
use super::hold::Held;
use super::standing::Known;
use super::{RosterAsked, RosterOrder, RosterOutcome, RosterStarted};
use crate::access;
use crate::{Actor, ChannelError, Channels};
use klatch_roster::{Plan, Roster, RosterError, Settings, Wanted, pack, unpack};
use klatch_store::row::RosterImportRow;
use klatch_types::{AuditAct, RosterImportKind, RosterImportState, SpaceId};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// Groups named in a refusal.
const NAMED_MAX: usize = 5;

/// What an import begins with.
struct Beginning {
    roster: Roster,
    before: Roster,
    kind: RosterImportKind,
    no: u64,
}

/// How the audit log calls it.
fn act(asked: &RosterAsked) -> AuditAct {
    match asked {
        RosterAsked::Whole(_) => AuditAct::RosterImported,
        RosterAsked::Changes(_) => AuditAct::RosterChanged,
        RosterAsked::Undo => AuditAct::RosterUndone,
    }
}

type Begun = Result<(RosterOutcome, Option<Import>), ChannelError>;

impl Channels {
    /// Begins an import, or tells what it would do. Once it has begun it goes on, whether or not the caller stays.
    ///
    /// # Errors
    /// `Forbidden` for all but back ends and administrators, `RosterBusy` while another is under way, `RosterUnsafe` if it would drop too many,
    /// `Invalid` for changes that lead nowhere, channels that would be too full, and if there is nothing to undo.
    pub async fn roster_start(
        self: &Arc<Self>,
        actor: &Actor,
        asked: RosterAsked,
        order: RosterOrder,
    ) -> Result<RosterStarted, ChannelError> {
        access::may_keep_rosters(actor)?;
        let (act, by) = (act(&asked), *actor);
        let (told, begun) = oneshot::channel();
        let (ended, end) = oneshot::channel();
        // Channels follow a roster whoever sends it: what an administrator may do in them by themselves does not matter.
        let (channels, actor) = (Arc::clone(self), actor.as_back_end());
        tokio::spawn(async move {
            if order.dry_run {
                let begun = channels.begin(&actor, asked, order).await;
                told.send(begun.map(|(outcome, _)| outcome)).ok();
                ended.send(Ok(())).ok();
                return;
            }
            let held = match channels.hold(actor.space).await {
                Ok(held) => held,
                Err(error) => return drop(told.send(Err(error))),
            };
            let done = channels.import(held, &actor, asked, order, told).await;
            if let Err(error) = &done {
                tracing::warn!(space = %actor.space, %error, "a roster import ended before it was done");
            }
            ended.send(done).ok();
        });
        let closed = || ChannelError::Log(klatch_log::LogError::Engine(klatch_engine::EngineError::Closed));
        let outcome = begun.await.map_err(|_| closed())??;
        if let Some(no) = outcome.no {
            self.note(&by, act, None, format!("import {no}")).await?;
        }
        Ok(RosterStarted { outcome, end })
    }

    /// Begins and carries out, telling in between what is done.
    async fn import(
        &self,
        held: Held,
        actor: &Actor,
        asked: RosterAsked,
        order: RosterOrder,
        told: oneshot::Sender<Result<RosterOutcome, ChannelError>>,
    ) -> Result<(), ChannelError> {
        self.while_held(held, async {
            let (outcome, import) = match self.begin(actor, asked, order).await {
                Ok(begun) => begun,
                Err(error) => {
                    told.send(Err(error)).ok();
                    return Ok(());
                }
            };
            told.send(Ok(outcome)).ok();
            match import {
                Some(import) => self.carry_out(actor, import).await,
                None => Ok(()),
            }
        })
        .await
    }

    async fn begin(&self, actor: &Actor, asked: RosterAsked, order: RosterOrder) -> Begun {
        let space = actor.space;
        let settings = self.settings_of(space).await?;
        let is_undo = matches!(asked, RosterAsked::Undo);
        let beginning = self.beginning(space, asked).await?;
        let wanted = Wanted::of(&beginning.roster, &settings)
            .map_err(|error| ChannelError::Invalid(error.to_string()))?;
        let known = self.known(space, &wanted).await?;
        let plan = Plan::of(&known.standing, &wanted);
        self.check_sizes(space, &known, &plan).await?;
        let may_remove = order.allow_removals || beginning.kind != RosterImportKind::Whole;
        if !may_remove && !plan.is_safe(settings.removals_percent) {
            return Err(ChannelError::RosterUnsafe {
                drops: plan.drops.len(),
                before: plan.before,
                percent: settings.removals_percent,
            });
        }
        let nothing = plan.is_empty() && beginning.roster == beginning.before;
        if order.dry_run || nothing {
            return Ok((RosterOutcome { no: None, plan }, None));
        }
        let row = RosterImportRow {
            space,
            no: beginning.no,
            at: self.now(),
            by: actor.user,
            kind: beginning.kind,
            state: RosterImportState::Running,
            counts: counts(&plan),
        };
        let body = pack(&beginning.roster).map_err(invalid)?;
        self.parts.directory.roster_import_add(row.clone(), body).await?;
        let outcome = RosterOutcome {
            no: Some(row.no),
            plan: plan.clone(),
        };
        let import = Import {
            row,
            grace: grace(&settings, is_undo),
            roster: beginning.roster,
            wanted,
            known,
            plan,
        };
        Ok((outcome, Some(import)))
    }

    /// The roster that is asked for, and the one before.
    async fn beginning(&self, space: SpaceId, asked: RosterAsked) -> Result<Beginning, ChannelError> {
        let imports = self.parts.directory.roster_imports(space, 2).await?;
        let last = imports.first();
        let before = self.kept(space, last).await?;
        let (roster, kind) = match asked {
            RosterAsked::Whole(roster) => (roster, RosterImportKind::Whole),
            RosterAsked::Changes(changes) => {
                let changed = before.clone().with(changes).map_err(invalid)?;
                (changed, RosterImportKind::Changes)
            }
            RosterAsked::Undo => {
                let undoes = last.is_some_and(|last| last.kind != RosterImportKind::Undo);
                if !undoes {
                    let text = "there is nothing to undo: only the last import can be undone, and once";
                    return Err(ChannelError::Invalid(text.to_owned()));
                }
                (self.kept(space, imports.get(1)).await?, RosterImportKind::Undo)
            }
        };
        Ok(Beginning {
            roster,
            before,
            kind,
            no: last.map_or(0, |last| last.no) + 1,
        })
    }

    /// The roster of an import; an empty one where there was none.
    async fn kept(&self, space: SpaceId, import: Option<&RosterImportRow>) -> Result<Roster, ChannelError> {
        let Some(import) = import else {
            return Ok(Roster::default());
        };
        let body = self.parts.directory.roster_body(space, import.no).await?;
        let body = body.ok_or_else(|| {
            ChannelError::Invalid("the roster of that import is no longer kept: import a whole one".into())
        })?;
        unpack(&body).map_err(invalid)
    }

    /// Refuses a plan after which a channel would have more members than the policy allows.
    async fn check_sizes(&self, space: SpaceId, known: &Known, plan: &Plan) -> Result<(), ChannelError> {
        let most = self.space(space).await?.policy.members_max as usize;
        let mut sizes: HashMap<&str, usize> = HashMap::new();
        for (id, _, _) in &plan.joins {
            let size = sizes.entry(id).or_insert_with(|| {
                let group = known.groups.get(id);
                group
                    .and_then(|group| known.sizes.get(&group.channel))
                    .copied()
                    .unwrap_or(0)
            });
            *size += 1;
        }
        let mut large: Vec<(&str, usize)> = sizes.into_iter().filter(|(_, size)| *size > most).collect();
        if large.is_empty() {
            return Ok(());
        }
        large.sort_unstable();
        let named: Vec<String> = large
            .iter()
            .take(NAMED_MAX)
            .map(|(id, size)| format!("`{id}` ({size})"))
            .collect();
        Err(ChannelError::Invalid(format!(
            "{} channels would have more than the {most} members that the space's policy allows: {}. Raise `members_max`, \
             or give the template of that kind of group no name",
            large.len(),
            named.join(", ")
        )))
    }
}

fn grace(settings: &Settings, is_undo: bool) -> Duration {
    if is_undo {
        return Duration::ZERO;
    }
    Duration::from_secs(settings.grace_s)
}

/// How much an import does, as its record keeps it.
fn counts(plan: &Plan) -> String {
    let counts = plan.counts();
    serde_json::json!({
        "accounts": counts.accounts, "channels": counts.channels, "renames": counts.renames, "back": counts.back,
        "gone": counts.gone, "joins": counts.joins, "returns": counts.returns, "roles": counts.roles,
        "drops": counts.drops, "barred": counts.barred, "closed": counts.closed, "kept": counts.kept,
        "unchanged": counts.unchanged,
    })
    .to_string()
}

#[allow(clippy::needless_pass_by_value)] // it is mapped over errors
fn invalid(error: RosterError) -> ChannelError {
    ChannelError::Invalid(error.to_string())
}
