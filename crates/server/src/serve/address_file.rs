//! The file that tells scripts and tests where the running server listens.

use anyhow::Context;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// `klatch.addr` in the data folder; gone when the server stops.
pub(super) struct AddressFile(PathBuf);

impl AddressFile {
    /// Writes the file whole, so that nobody reads half of it.
    pub(super) fn write(path: PathBuf, public: SocketAddr, internal: SocketAddr) -> anyhow::Result<Self> {
        let write = || {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let part = path.with_extension("addr.part");
            let text = format!(
                "public = \"{public}\"\ninternal = \"{internal}\"\npid = {}\n",
                std::process::id()
            );
            std::fs::write(&part, text)?;
            std::fs::rename(&part, &path)
        };
        write().with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self(path))
    }

    fn is_ours(path: &Path) -> bool {
        let ours = format!("pid = {}\n", std::process::id());
        std::fs::read_to_string(path).is_ok_and(|text| text.ends_with(&ours))
    }
}

impl Drop for AddressFile {
    fn drop(&mut self) {
        if Self::is_ours(&self.0) {
            std::fs::remove_file(&self.0).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_toml_and_goes_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data").join("klatch.addr");
        let file = AddressFile::write(
            path.clone(),
            "127.0.0.1:8080".parse().unwrap(),
            "[::1]:8081".parse().unwrap(),
        )
        .unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("public = \"127.0.0.1:8080\"\ninternal = \"[::1]:8081\"\npid = "),
            "{text}"
        );
        drop(file);
        assert!(!path.exists());
    }

    #[test]
    fn anothers_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("klatch.addr");
        let address = "127.0.0.1:1".parse().unwrap();
        let file = AddressFile::write(path.clone(), address, address).unwrap();
        std::fs::write(&path, "public = \"x\"\npid = 0\n").unwrap();
        drop(file);
        assert!(path.exists());
    }
}
