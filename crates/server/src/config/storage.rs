//! `[storage]`: where everything is kept.

use super::section::section;
use super::{Problem, problem};
use std::path::PathBuf;

/// Which engine keeps the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StorageKind {
    /// One SQLite database in the data folder; durable.
    Sqlite,
    /// Memory; everything is gone when the server stops.
    Memory,
}

section! {
    /// Where messages and accounts are kept.
    pub struct Storage = "storage" {
        /// "sqlite": durable, in the data folder. "memory": gone when the server stops, for trials only.
        pub kind: StorageKind = StorageKind::Sqlite,
        /// Folder of the database; made if it is not there.
        pub data_dir: PathBuf = PathBuf::from("./data"),
    }
}

impl Storage {
    /// Refuses values that cannot work.
    pub fn check(&self) -> Result<(), Problem> {
        if self.data_dir.as_os_str().is_empty() {
            return problem("storage.data_dir", "is empty; name a folder, such as ./data");
        }
        Ok(())
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.data_dir.join("klatch.db")
    }

    /// The file that tells where the running server listens.
    pub fn address_file(&self) -> PathBuf {
        self.data_dir.join("klatch.addr")
    }
}
