//! The engines for tests do what their names say.

mod postgres;
