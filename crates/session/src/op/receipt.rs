//! Who has received and read a message, and whether one shows what one reads.

use crate::{Principal, SessionError, Sessions};
use klatch_channel::Actor;
use klatch_protocol::command::receipt::Receipts;
use klatch_protocol::view::{ReceiptSetting, Reply};

impl Sessions {
    pub(crate) async fn receipts(&self, actor: &Actor, c: Receipts) -> Result<Reply, SessionError> {
        Ok(Reply::Receipts(
            self.channels.receipts(actor, c.channel, c.target).await?,
        ))
    }

    /// Whether the caller shows others what they have read.
    ///
    /// # Errors
    /// Failures of the directory.
    pub async fn receipt_setting(&self, who: &Principal) -> Result<ReceiptSetting, SessionError> {
        let shown = self.channels.shows_reading(&who.actor()).await?;
        Ok(ReceiptSetting { shown })
    }

    /// Changes that.
    ///
    /// # Errors
    /// Failures of the directory.
    pub async fn set_receipt_setting(
        &self,
        who: &Principal,
        setting: ReceiptSetting,
    ) -> Result<ReceiptSetting, SessionError> {
        self.channels.show_reading(&who.actor(), setting.shown).await?;
        Ok(setting)
    }
}
