//! Both logs against the suite, and what only one of them can show.

mod durable;
mod equivalence;
mod memory_rows;
mod sqlite_rows;

mod memory {
    crate::log_conformance!(super::memory_rows::subject);
}

mod sqlite {
    crate::log_conformance!(super::sqlite_rows::subject);
}
