//! The logs against the suite, and what only one of them can show.

mod durable;
mod equivalence;
mod memory_rows;
mod postgres_nodes;
mod postgres_rows;
mod sqlite_rows;

mod memory {
    crate::log_conformance!(super::memory_rows::subject);
}

mod sqlite {
    crate::log_conformance!(super::sqlite_rows::subject);
}

mod postgres {
    crate::log_conformance!(super::postgres_rows::whole);
}

/// In a database whose triggers refuse a transaction that writes in two buckets.
mod postgres_by_bucket {
    crate::log_conformance!(super::postgres_rows::by_bucket);
}
