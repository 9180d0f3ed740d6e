//! Following all channels of a space, for back ends.

use crate::{Principal, SessionError, Sessions};
use klatch_types::{ChannelId, Seq};

impl Sessions {
    /// The head of every channel of the space that the caller's back end runs.
    ///
    /// # Errors
    /// `forbidden` unless the caller is a back end, `limit_reached` if there are too many channels to follow.
    pub async fn space_heads(&self, who: &Principal) -> Result<Vec<(ChannelId, Seq)>, SessionError> {
        Ok(self.channels.space_heads(&who.actor()).await?)
    }

    /// Names this history: positions are of no use in another.
    pub fn epoch(&self) -> &str {
        self.channels.log().epoch()
    }
}
