//! One SQLite database: migrations, the writer thread with group commit, readers, backup.
