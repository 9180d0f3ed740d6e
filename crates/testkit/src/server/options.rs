//! What a test may say about its server.

use super::Storage;
use std::path::PathBuf;

/// How a server begins.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Configuration beside the defaults: `("limits.sends_per_second", "0")`. Later ones win.
    pub settings: Vec<(String, String)>,
    /// Profile of its space: `campus`, `meeting`, `course` or `app`.
    pub profile: String,
    /// Where it keeps its data; [`Storage::chosen`] if none.
    pub storage: Option<Storage>,
    /// The binary; [`binary`](super::binary) if none.
    pub binary: Option<PathBuf>,
}

impl Default for ServerOptions {
    /// The limits that protect from one busy client are lifted: tests of limits set their own.
    fn default() -> Self {
        let unlimited = [
            "sends_per_second",
            "sends_burst",
            "frames_per_10_s",
            "requests_per_second",
            "logins_per_account_15_min",
            "logins_per_ip_15_min",
            "sign_ups_per_ip_hour",
            "connections_per_user",
            "connections_per_ip",
        ];
        let settings = unlimited
            .map(|key| (format!("limits.{key}"), "0".to_owned()))
            .to_vec();
        Self {
            settings,
            profile: "app".to_owned(),
            storage: None,
            binary: None,
        }
    }
}

impl ServerOptions {
    /// With one more setting, such as `("limits.sends_per_second", "10")`.
    #[must_use]
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.push((key.to_owned(), value.to_string()));
        self
    }
}
