//! The rotated files of a folder. The plain name, such as `requests.log`, always leads to the newest.

use crate::config::Rotation;
use std::io;
use std::path::Path;
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_appender::rolling;

/// Lines that may wait for the disk; past it lines are dropped and counted, and no request waits.
const LINES_QUEUED_MAX: usize = 16_384;

/// A writer that never blocks, what flushes it when dropped, and how many lines it dropped.
pub(super) struct Sink {
    /// Takes lines.
    pub writer: NonBlocking,
    /// Writes what waits when dropped.
    pub guard: WorkerGuard,
    /// Counts dropped lines.
    pub dropped: ErrorCounter,
}

impl Sink {
    /// A bounded queue before any writer.
    pub(super) fn before<W: io::Write + Send + 'static>(name: &str, target: W) -> Self {
        let (writer, guard) = NonBlockingBuilder::default()
            .buffered_lines_limit(LINES_QUEUED_MAX)
            .lossy(true)
            .thread_name(name)
            .finish(target);
        let dropped = writer.error_counter();
        Self {
            writer,
            guard,
            dropped,
        }
    }

    /// A bounded queue before the rotated files `<name>.<date>.log` of a folder.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub(super) fn file(folder: &Path, name: &str, rotation: Rotation, keep: usize) -> io::Result<Self> {
        let plain = format!("{name}.log");
        // The link's target is written as given: a relative one would lead nowhere from inside the folder.
        let folder = &std::path::absolute(folder)?;
        make_room(folder, name, rotation)?;
        // The date comes between name and `.log`, so that pruning finds a kind's own files and no others.
        let files = rolling::Builder::new()
            .filename_prefix(name)
            .filename_suffix("log")
            .max_log_files(keep);
        let files = match rotation {
            Rotation::Daily => files.rotation(rolling::Rotation::DAILY).latest_symlink(plain),
            Rotation::Hourly => files.rotation(rolling::Rotation::HOURLY).latest_symlink(plain),
            Rotation::Never => files.rotation(rolling::Rotation::NEVER),
        };
        let appender = files.build(folder).map_err(io::Error::other)?;
        Ok(Self::before(name, appender))
    }
}

/// A plain name left by the other way of rotating must give way: a link to a dated file, or a file.
fn make_room(folder: &Path, name: &str, rotation: Rotation) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let plain = folder.join(format!("{name}.log"));
    let Ok(metadata) = plain.symlink_metadata() else {
        return Ok(());
    };
    match rotation {
        Rotation::Never if metadata.is_symlink() => std::fs::remove_file(plain),
        Rotation::Daily | Rotation::Hourly if metadata.is_file() => {
            std::fs::rename(plain, folder.join(format!("{name}.before-rotation.log")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn write(folder: &Path, rotation: Rotation, line: &str) {
        let mut sink = Sink::file(folder, "requests", rotation, 3).unwrap();
        sink.writer.write_all(line.as_bytes()).unwrap();
        drop(sink.guard); // flushes
    }

    #[test]
    fn dated_files_are_reached_by_the_plain_name() {
        for (rotation, date_parts) in [(Rotation::Daily, 3), (Rotation::Hourly, 4)] {
            let folder = tempfile::tempdir().unwrap();
            write(folder.path(), rotation, "one\n");
            assert_eq!(
                std::fs::read_to_string(folder.path().join("requests.log")).unwrap(),
                "one\n"
            );
            let names = names(folder.path());
            assert_eq!(names.len(), 2, "{names:?}");
            let dated = names.iter().find(|n| *n != "requests.log").unwrap();
            let date = dated
                .strip_prefix("requests.")
                .unwrap()
                .strip_suffix(".log")
                .unwrap();
            assert_eq!(date.split('-').count(), date_parts, "{dated}");
        }
    }

    #[test]
    fn the_plain_name_leads_on_from_everywhere() {
        let here = std::env::current_dir().unwrap();
        let folder = tempfile::tempdir_in(&here).unwrap();
        write(
            folder.path().strip_prefix(&here).unwrap(),
            Rotation::Daily,
            "one\n",
        );
        assert_eq!(
            std::fs::read_to_string(folder.path().join("requests.log")).unwrap(),
            "one\n"
        );
    }

    #[test]
    fn changing_the_rotation_loses_no_line() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), Rotation::Never, "plain\n");
        assert_eq!(names(folder.path()), ["requests.log"]);
        write(folder.path(), Rotation::Daily, "dated\n");
        assert_eq!(
            std::fs::read_to_string(folder.path().join("requests.log")).unwrap(),
            "dated\n"
        );
        write(folder.path(), Rotation::Never, "plain again\n");
        assert_eq!(
            std::fs::read_to_string(folder.path().join("requests.log")).unwrap(),
            "plain again\n"
        );
        let all: String = names(folder.path())
            .iter()
            .map(|n| std::fs::read_to_string(folder.path().join(n)).unwrap())
            .collect();
        for line in ["plain\n", "dated\n", "plain again\n"] {
            assert!(all.contains(line), "{line:?} in {all:?}");
        }
    }
}
