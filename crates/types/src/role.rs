//! Kinds of users and channels, and the roles of members.

use serde::{Deserialize, Serialize};

/// An enumeration whose values are kept as small numbers and told as words. A word is a `tt`, because utoipa does not see
/// through a `literal`.
macro_rules! coded {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal $text:tt),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant = $code),+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The small number that databases keep.
            pub fn code(self) -> u8 {
                self as u8
            }

            /// From the number a database kept.
            pub fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }

            /// The word on the wire and the command line.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(format!("`{}` is none of: {}", text.chars().take(40).collect::<String>(), [$($text),+].join(", "))),
                }
            }
        }
    };
}

pub(crate) use coded;

coded!(/// What a channel is for.
    ChannelKind {
    /// Two users; at most one per pair and space.
    Direct = 1 "direct",
    /// Any group of users.
    Group = 2 "group",
    /// A meeting of the meeting product; its owner is the organizer.
    Meeting = 3 "meeting",
    /// Made from an enrolment roster (S0.3, S2.1).
    Course = 4 "course",
});

coded!(/// What a member may do, weakest first: the order is used to compare ranks.
    Role {
    /// Reads and writes, nothing else; made by tokens and invite links.
    Guest = 1 "guest",
    /// An ordinary member; a participant of a meeting.
    Member = 2 "member",
    /// Keeps order: invites, removes, mutes, deletes others' messages.
    Moderator = 3 "moderator",
    /// May do everything to the channel; the organizer of a meeting.
    Owner = 4 "owner",
});

coded!(/// What a group of a roster is; nearer to its people the later (S0.3).
    RosterKind {
    /// A course of studies, or the department that gives it.
    Degree = 1 "degree",
    /// A course.
    Course = 2 "course",
    /// A class: a course as it is taught, with its people.
    Class = 3 "class",
});

coded!(/// What someone is in a group of a roster, weakest first.
    RosterRole {
    /// Learns.
    Student = 1 "student",
    /// Helps to teach.
    Assistant = 2 "assistant",
    /// Teaches.
    Teacher = 3 "teacher",
});

coded!(/// How an import of a roster came about.
    RosterImportKind {
    /// A whole roster.
    Whole = 1 "whole",
    /// Single changes to the one before.
    Changes = 2 "changes",
    /// The one before the last, put back.
    Undo = 3 "undo",
});

coded!(/// How far an import is.
    RosterImportState {
    /// Under way.
    Running = 1 "running",
    /// Done.
    Done = 2 "done",
    /// Ended in the middle: the same roster again finishes it. Kept as running that nobody runs.
    Unfinished = 3 "unfinished",
});

impl RosterRole {
    /// The role in the group's channel. A degree belongs to nobody: its teachers keep order there.
    pub fn in_channel(self, kind: RosterKind) -> Role {
        match (kind, self) {
            (_, Self::Student) | (RosterKind::Degree, Self::Assistant) => Role::Member,
            (_, Self::Assistant) | (RosterKind::Degree, Self::Teacher) => Role::Moderator,
            (_, Self::Teacher) => Role::Owner,
        }
    }
}

coded!(/// Who can find a channel.
    Visibility {
    /// Only members see that it exists.
    Private = 1 "private",
    /// Everyone in the space (guests aside) sees and may join it.
    Open = 2 "open",
});

coded!(/// What kind of account a user is.
    UserKind {
    /// A person with an account.
    Person = 1 "person",
    /// A person with a token for a while and no account.
    Guest = 2 "guest",
    /// A product's back end, acting through an API key.
    System = 3 "system",
});
