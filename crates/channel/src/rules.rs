//! The rules of a channel: when a meeting is, who waits, who may speak and how often. What they allow is decided in
//! `access`; here they are made and changed.

use crate::access::Operation;
use crate::fact::Fact;
use crate::meeting::end_of_meeting;
use crate::publish::Draft;
use crate::{Actor, ChannelError, ChannelState, Channels};
use klatch_log::{Change, Receipt};
use klatch_types::{
    ChannelId, ChannelKind, ClientKey, HistoryVisibility, Millis, Policy, Role, Rules, RulesChange, UserKind,
    limits,
};

impl Channels {
    /// Changes what is given of a channel's rules. Moderators may change the lobby, mute all and slow mode; when a meeting
    /// is and what those who come see of the past is the owner's to say.
    ///
    /// # Errors
    /// `Invalid` for what this kind of channel cannot have or the policy does not allow, and what
    /// [`crate::access::may`] refuses.
    pub async fn change_rules(
        &self,
        actor: &Actor,
        channel: ChannelId,
        change: &RulesChange,
        key: Option<ClientKey>,
    ) -> Result<Receipt, ChannelError> {
        let policy = &self.space(actor.space).await?.policy;
        self.commit_as(actor, channel, key, Operation::Update, |state| {
            if *change == RulesChange::default() {
                return Err(ChannelError::Invalid("`rules` must say what changes".into()));
            }
            owners_alone(state, actor, change)?;
            let rules = change.of(state.rules);
            check(state.kind, &state.rules, &rules, policy, self.now())?;
            let moved = rules.ends_at.filter(|_| rules.ends_at != state.rules.ends_at);
            let work = moved.map_or_else(Vec::new, |at| end_of_meeting(actor.user, at));
            let draft = Draft::new(Fact::RulesChanged { rules }, None, vec![Change::Rules(rules)]);
            Ok(draft.and_later(work))
        })
        .await
    }

    /// The rules of a channel that is being made.
    pub(crate) fn first_rules(
        &self,
        kind: ChannelKind,
        wanted: &RulesChange,
        policy: &Policy,
    ) -> Result<Rules, ChannelError> {
        let rules = wanted.of(Rules::default());
        check(kind, &Rules::default(), &rules, policy, self.now())?;
        Ok(rules)
    }
}

fn owners_alone(state: &ChannelState, actor: &Actor, change: &RulesChange) -> Result<(), ChannelError> {
    let member = state.members.get(&actor.user);
    let owns = actor.kind == UserKind::System || member.is_some_and(|member| member.role == Role::Owner);
    if !owns && (change.starts_at.is_some() || change.ends_at.is_some() || change.history.is_some()) {
        return Err(ChannelError::Forbidden(
            "only an owner of the channel may change `starts_at`, `ends_at` and `history`",
        ));
    }
    Ok(())
}

/// Whether a channel of this kind may have these rules after those.
fn check(
    kind: ChannelKind,
    before: &Rules,
    after: &Rules,
    policy: &Policy,
    now: Millis,
) -> Result<(), ChannelError> {
    let invalid = |text: String| Err(ChannelError::Invalid(text));
    if after == before {
        return Ok(());
    }
    if kind == ChannelKind::Direct {
        return invalid("`rules` are for other kinds of channels than `direct`".into());
    }
    let is_meeting = after.starts_at.is_some() || after.ends_at.is_some() || after.lobby;
    if is_meeting && kind != ChannelKind::Meeting {
        return invalid("`starts_at`, `ends_at` and `lobby` are for channels of kind `meeting`".into());
    }
    if after.slow_mode_s > limits::SLOW_MODE_S_MAX {
        return invalid(format!(
            "`slow_mode_s` must be from 0 to {}",
            limits::SLOW_MODE_S_MAX
        ));
    }
    if after.history == Some(HistoryVisibility::All) && policy.history == HistoryVisibility::SinceJoin {
        return invalid("`history` cannot be `all`: the policy of the space is `since_join`".into());
    }
    if (before.starts_at, before.ends_at) == (after.starts_at, after.ends_at) {
        return Ok(());
    }
    check_times(after, now)
}

fn check_times(rules: &Rules, now: Millis) -> Result<(), ChannelError> {
    let invalid = |text: String| Err(ChannelError::Invalid(text));
    let starts_at = rules.starts_at.unwrap_or(now);
    if starts_at < Millis(1) || starts_at > now.plus(limits::MEETING_AHEAD_MAX) {
        return invalid("`starts_at` must be a time in Unix milliseconds, at most two years ahead".into());
    }
    let Some(ends_at) = rules.ends_at else {
        return Ok(());
    };
    let begins = starts_at.max(now);
    if ends_at <= begins || ends_at > begins.plus(limits::MEETING_LASTS_MAX) {
        let days = limits::MEETING_LASTS_MAX.as_secs() / (24 * 3600);
        return invalid(format!(
            "`ends_at` must be a time to come in Unix milliseconds, after `starts_at` and within {days} days of it"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use klatch_types::Profile;

    const NOW: Millis = Millis(1_000_000);

    fn checked(kind: ChannelKind, change: RulesChange) -> bool {
        let rules = change.of(Rules::default());
        check(
            kind,
            &Rules::default(),
            &rules,
            &Policy::of(Profile::Meeting),
            NOW,
        )
        .is_ok()
    }

    #[test]
    fn a_meeting_ends_after_it_begins_and_within_a_month() {
        let times = |starts_at: Option<i64>, ends_at: Option<i64>| RulesChange {
            starts_at: starts_at.map(Millis),
            ends_at: ends_at.map(Millis),
            ..RulesChange::default()
        };
        let month = i64::try_from(limits::MEETING_LASTS_MAX.as_millis()).unwrap();
        for (starts_at, ends_at, good) in [
            (None, Some(NOW.0 + 1), true),
            (None, Some(NOW.0), false),
            (Some(5), Some(NOW.0), false),
            (Some(5), Some(NOW.0 + month), true),
            (None, Some(NOW.0 + month + 1), false),
            (Some(NOW.0 + 10), Some(NOW.0 + 10), false),
            (Some(NOW.0 + 10), Some(NOW.0 + 10 + month), true),
            (Some(-1), None, false),
            (None, Some(-1), false),
            (Some(i64::MAX), None, false),
            (Some(0), Some(0), true),
        ] {
            let is_good = checked(ChannelKind::Meeting, times(starts_at, ends_at));
            assert_eq!(is_good, good, "{starts_at:?} to {ends_at:?}");
        }
    }

    #[test]
    fn times_and_lobbies_are_for_meetings_and_pauses_for_every_kind_but_direct() {
        let slow = RulesChange {
            slow_mode_s: Some(limits::SLOW_MODE_S_MAX),
            ..RulesChange::default()
        };
        let lobby = RulesChange {
            lobby: Some(true),
            ..RulesChange::default()
        };
        let may = |kind| (checked(kind, slow), checked(kind, lobby));
        let all = ChannelKind::ALL.iter().copied().map(may);
        assert_eq!(
            all.collect::<Vec<_>>(),
            [(false, false), (true, false), (true, true), (true, false)]
        );
        let too_slow = RulesChange {
            slow_mode_s: Some(limits::SLOW_MODE_S_MAX + 1),
            ..RulesChange::default()
        };
        assert!(!checked(ChannelKind::Group, too_slow));
    }
}
