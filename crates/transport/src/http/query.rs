//! Which names a query may have: those that the route documents. An unknown one is refused rather than ignored,
//! because a misspelt `limit` or `after` would silently answer another question.

use crate::error::TransportError;
use axum::extract::Query;
use http::{Method, Uri};
use klatch_protocol::ErrorCode;
use std::collections::{HashMap, HashSet};
use utoipa::openapi::path::ParameterIn;
use utoipa::openapi::{OpenApi, RefOr};

/// Names of secrets. They are refused everywhere, because addresses end up in logs and histories.
const SECRETS: [&str; 6] = [
    "token",
    "access_token",
    "refresh_token",
    "id_token",
    "api_key",
    "authorization",
];

/// Names of query parameters by route template and method.
#[derive(Debug, Default)]
pub(crate) struct QueryNames(HashMap<String, HashMap<Method, HashSet<String>>>);

impl QueryNames {
    /// The names that the documentation gives.
    pub(crate) fn of(api: &OpenApi) -> Self {
        let mut names = Self::default();
        for (path, item) in &api.paths.paths {
            let routes = names.0.entry(path.clone()).or_default();
            for (method, operation) in crate::openapi::operations(item) {
                let parameters =
                    operation
                        .parameters
                        .iter()
                        .flatten()
                        .filter_map(|parameter| match parameter {
                            RefOr::T(p) if p.parameter_in == ParameterIn::Query => Some(p.name.clone()),
                            _ => None,
                        });
                routes.insert(method, parameters.collect());
            }
        }
        names
    }

    /// Refuses secrets in any query, and unknown names in those of documented routes.
    pub(crate) fn check(
        &self,
        method: &Method,
        template: Option<&str>,
        uri: &Uri,
    ) -> Result<(), TransportError> {
        if uri.query().is_none_or(str::is_empty) {
            return Ok(());
        }
        let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(uri) else {
            return Err(TransportError::refused(
                ErrorCode::Malformed,
                "the query could not be read",
            ));
        };
        if let Some((name, _)) = pairs.iter().find(|(name, _)| is_secret(name)) {
            return Err(TransportError::refused(
                ErrorCode::Malformed,
                format!(
                    "`{name}` in the query is refused: send the token in the `Authorization: Bearer` header"
                ),
            ));
        }
        let method = if method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        let Some(known) = template
            .and_then(|path| self.0.get(path))
            .and_then(|route| route.get(method))
        else {
            return Ok(());
        };
        match pairs.iter().find(|(name, _)| !known.contains(name)) {
            Some((name, _)) => {
                let name: String = name.chars().take(40).collect();
                Err(TransportError::invalid(format!(
                    "`{name}` is no query parameter of this address"
                )))
            }
            None => Ok(()),
        }
    }
}

fn is_secret(name: &str) -> bool {
    SECRETS.iter().any(|secret| name.eq_ignore_ascii_case(secret))
}
