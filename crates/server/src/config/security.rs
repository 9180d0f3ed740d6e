//! `[security]`: who may connect from a browser, and switches for tests.

use super::section::section;
use super::{Problem, problem};

section! {
    /// Who may connect from a browser, and switches that only tests need.
    pub struct Security = "security" {
        /// Exact origins of other pages that may connect, such as "https://www.example.org". Empty: only the
        /// server's own page, and what each space allows.
        pub allowed_origins: Vec<String> = Vec::new(),
        /// Lets external issuers' key sets be fetched over plain http and from private addresses. Tests only.
        pub allow_plain_http_issuers: bool = false,
    }
}

impl Security {
    /// Refuses values that are no exact origins.
    pub fn check(&self) -> Result<(), Problem> {
        for origin in &self.allowed_origins {
            if !super::origin::is_origin(origin) {
                return problem(
                    "security.allowed_origins",
                    format!(
                        "`{origin}` is not an exact origin such as https://www.example.org (no path, no `*`)"
                    ),
                );
            }
        }
        Ok(())
    }
}
