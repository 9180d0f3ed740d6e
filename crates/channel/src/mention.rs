//! Mentions in a text: `@username` and `@all`.

use crate::{Actor, ChannelError, Channels};
use klatch_engine::row::UserRow;
use klatch_types::limits;

/// What a text mentions, before anyone knows whether such users exist.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Mentioned {
    /// Possible usernames, each once, in order.
    pub usernames: Vec<String>,
    /// Whether everyone is meant.
    pub all: bool,
}

/// Finds `@name` at the beginning of a word. A username may hold `.`, `-` and the like; at the end of a name they
/// are more likely punctuation, so the name is also tried without them.
pub(crate) fn scan(text: &str) -> Mentioned {
    let mut found = Mentioned::default();
    let mut previous = ' ';
    for (at, character) in text.char_indices() {
        let starts = character == '@' && !previous.is_alphanumeric() && previous != '@';
        previous = character;
        if !starts {
            continue;
        }
        let rest = &text[at + 1..];
        let is_name = |b: u8| b.is_ascii_alphanumeric() || b"._-+@".contains(&b);
        let name = &rest[..rest.bytes().take_while(|b| is_name(*b)).count()];
        let bare = name.trim_end_matches(['.', '-', '_', '+', '@']);
        if matches!(bare, "all" | "everyone" | "channel") {
            found.all = true;
            continue;
        }
        for candidate in [name.to_owned(), bare.to_owned(), format!("@{bare}")] {
            let fits =
                !candidate.is_empty() && candidate != "@" && candidate.len() <= limits::USERNAME_CHARS_MAX;
            if fits
                && !found.usernames.contains(&candidate)
                && found.usernames.len() < 3 * limits::MENTIONS_MAX
            {
                found.usernames.push(candidate);
            }
        }
    }
    found
}

impl Channels {
    /// The users of the actor's space that a text may mention, and whether everyone is meant.
    pub(crate) async fn mentioned(
        &self,
        actor: &Actor,
        text: &str,
    ) -> Result<(Vec<UserRow>, bool), ChannelError> {
        let found = scan(text);
        if found.usernames.is_empty() {
            return Ok((Vec::new(), found.all));
        }
        let mut users = self
            .parts
            .directory
            .users_by_username(actor.space, &found.usernames)
            .await?;
        users.truncate(limits::MENTIONS_MAX);
        Ok((users, found.all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_at_word_starts_with_or_without_punctuation() {
        let names = |text: &str| scan(text).usernames;
        assert_eq!(
            names("hi @ana, and @rui.b."),
            ["ana", "@ana", "rui.b.", "rui.b", "@rui.b"]
        );
        assert!(names("mail me at ana@example").is_empty());
        assert!(scan("@all please").all && scan("@everyone.").all);
        assert!(names("@ alone").is_empty());
        assert_eq!(names("(@ana) @ana"), ["ana", "@ana"]);
    }
}
