//! All directories against the suite, each beside its own log, and what only one of them can show.

mod plans;
mod postgres_lost;
mod postgres_plans;
mod subjects;
mod unread;

mod memory {
    crate::directory_conformance!(super::subjects::memory);
}

mod sqlite {
    crate::directory_conformance!(super::subjects::sqlite);
}

mod postgres {
    crate::directory_conformance!(super::subjects::postgres_whole);
}

mod postgres_by_bucket {
    crate::directory_conformance!(super::subjects::postgres_by_bucket);
}
