//! How a roster is kept: JSON in an archive of one file.

use crate::fault::RosterError;
use crate::roster::Roster;
use std::io::{Cursor, Read as _, Write as _};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

const NAME: &str = "roster.json";
/// Largest roster that is unpacked; its limits keep it far below.
const BYTES_MAX: u64 = 1 << 30;

#[allow(clippy::needless_pass_by_value)] // it is mapped over errors
fn damaged(error: impl ToString) -> RosterError {
    RosterError::Damaged(error.to_string())
}

/// A roster as bytes: about a tenth of its JSON.
///
/// # Errors
/// Memory is short.
pub fn pack(roster: &Roster) -> Result<Vec<u8>, RosterError> {
    let json = serde_json::to_vec(roster).map_err(damaged)?;
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    archive.start_file(NAME, options).map_err(damaged)?;
    archive.write_all(&json).map_err(damaged)?;
    Ok(archive.finish().map_err(damaged)?.into_inner())
}

/// The roster that was packed.
///
/// # Errors
/// These bytes are none.
pub fn unpack(bytes: &[u8]) -> Result<Roster, RosterError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let file = archive.by_name(NAME).map_err(damaged)?;
    let mut json = Vec::new();
    file.take(BYTES_MAX).read_to_end(&mut json).map_err(damaged)?;
    serde_json::from_slice(&json).map_err(damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_comes_back_and_nonsense_does_not() {
        let roster = Roster::default();
        assert_eq!(unpack(&pack(&roster).unwrap()).unwrap(), roster);
        assert!(unpack(b"no archive").is_err());
    }
}
