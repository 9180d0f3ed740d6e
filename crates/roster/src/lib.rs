//! Enrolment rosters: read from the forms in which student systems give them, and compared with what is there.
