//! How many files and sockets the process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Assumed where there is no limit at all: more than one machine's connections.
const NO_LIMIT: u64 = 1_000_000;
/// Kept for the database, logs, the internal listener and outgoing requests.
const RESERVED: u64 = 400;
/// Connections allowed however small the limit is.
const CONNECTIONS_MIN: u64 = 64;

/// Raises the soft limit to the hard one; gives the limit that holds now.
pub(crate) fn raise() -> u64 {
    let before = getrlimit(Resource::Nofile);
    if setrlimit(
        Resource::Nofile,
        Rlimit {
            current: before.maximum,
            maximum: before.maximum,
        },
    )
    .is_err()
    {
        tracing::warn!(limit = before.current, "cannot raise the limit of open files");
    }
    getrlimit(Resource::Nofile).current.unwrap_or(NO_LIMIT)
}

/// How many connections fit below a limit of open files.
pub(super) fn for_connections(files_max: u64) -> usize {
    let connections = files_max
        .saturating_sub(RESERVED)
        .clamp(CONNECTIONS_MIN, NO_LIMIT);
    usize::try_from(connections).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_files_are_kept_for_other_things() {
        assert_eq!(for_connections(20_000), 19_600);
        assert_eq!(for_connections(256), 64);
        assert_eq!(for_connections(u64::MAX), 1_000_000);
    }
}
