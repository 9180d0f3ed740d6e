//! Administrators: what they may administer, and what they did.

use crate::role::coded;
use serde::{Deserialize, Serialize};

coded!(/// What an administrator administers.
    AdminScope {
    /// Their own space: its people, channels, rules and rosters.
    Space = 1 "space",
    /// The whole server: its nodes, spaces and figures, and their own space as well.
    Server = 2 "server",
});

coded!(/// Something that an administrator or the command line did. The words stay as they are for good.
    AuditAct {
    /// Made an account.
    UserCreated = 1 "user.created",
    /// Changed an account's name to show.
    UserRenamed = 2 "user.renamed",
    /// Changed an account's password, which signs it out everywhere.
    UserPasswordChanged = 3 "user.password_changed",
    /// Disabled an account.
    UserDisabled = 4 "user.disabled",
    /// Let a disabled account in again.
    UserEnabled = 5 "user.enabled",
    /// Signed an account out everywhere.
    UserSignedOut = 6 "user.signed_out",
    /// Made an account an administrator, or no longer one.
    UserAdminChanged = 7 "user.admin_changed",
    /// Archived a channel.
    ChannelArchived = 8 "channel.archived",
    /// Made a space.
    SpaceCreated = 9 "space.created",
    /// Changed rules or origins of a space.
    SpaceChanged = 10 "space.changed",
    /// Made a key of a back end.
    KeyCreated = 11 "key.created",
    /// Revoked a key of a back end.
    KeyRevoked = 12 "key.revoked",
    /// Trusted an external issuer.
    IssuerAdded = 13 "issuer.added",
    /// Trusted an external issuer no longer.
    IssuerRemoved = 14 "issuer.removed",
    /// Put a roster in the place of the one before.
    RosterImported = 15 "roster.imported",
    /// Changed a roster here and there.
    RosterChanged = 16 "roster.changed",
    /// Took the last import of a roster back.
    RosterUndone = 17 "roster.undone",
    /// Changed how a space follows its rosters.
    RosterSettingsChanged = 18 "roster.settings_changed",
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_have_one_word_everywhere() {
        for act in AuditAct::ALL {
            let wire = serde_json::to_value(act).unwrap();
            assert_eq!(wire, act.as_str());
            assert_eq!(act.as_str().parse(), Ok(*act));
            assert_eq!(AuditAct::from_code(act.code()), Some(*act));
        }
        assert_eq!(serde_json::to_value(AdminScope::Server).unwrap(), "server");
    }

    #[test]
    fn the_server_includes_the_space() {
        assert!(AdminScope::Server > AdminScope::Space);
    }
}
