//! Reading the tables of cases, and what their requests are.

use super::http::Case;
use super::town::Town;
use anyhow::{Context, Result, bail};

/// The rows of a table: fields between `|`, as many as `N`; those at the end may be left out.
pub(super) fn rows<const N: usize>(table: &'static str) -> impl Iterator<Item = Result<[&'static str; N]>> {
    let lines = table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| {
        let mut fields = [""; N];
        for (at, field) in line.split('|').enumerate() {
            *fields
                .get_mut(at)
                .with_context(|| format!("too many fields: {line}"))? = field.trim();
        }
        Ok(fields)
    })
}

/// The cases of `rest.table`.
pub(super) fn rest(town: &Town) -> Result<Vec<Case>> {
    let read = |row: Result<[&'static str; 5]>| {
        let [who, expected, name, line, body] = row?;
        let token = match who {
            "mallory" => town.mallory.token(),
            "back end" => town.back_end.token(),
            "administrator" => town.administrator.token(),
            "pupil" => town.pupil.token(),
            "nobody" => None,
            other => bail!("`{other}` is nobody"),
        };
        let mut headers = Vec::new();
        headers.extend(token.map(|token| ("Authorization".to_owned(), format!("Bearer {token}"))));
        if !body.is_empty() {
            headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        }
        case(town, expected, name, line, headers, body)
    };
    rows(include_str!("rest.table")).map(read).collect()
}

/// The cases of `headers.table`.
pub(super) fn headers(town: &Town) -> Result<Vec<Case>> {
    let read = |row: Result<[&'static str; 5]>| {
        let [expected, name, line, lines, body] = row?;
        let mut headers = Vec::new();
        for header in lines.split(";;").filter(|header| !header.trim().is_empty()) {
            let (name, value) = header
                .split_once(':')
                .with_context(|| format!("`{header}` has no colon"))?;
            headers.push((name.trim().to_owned(), town.fill(value.trim())));
        }
        case(town, expected, name, line, headers, body)
    };
    rows(include_str!("headers.table")).map(read).collect()
}

fn case(
    town: &Town,
    expected: &'static str,
    name: &'static str,
    line: &'static str,
    headers: Vec<(String, String)>,
    body: &str,
) -> Result<Case> {
    let (status, code) = expected
        .split_once(' ')
        .with_context(|| format!("{name}: status and code"))?;
    let (method, target) = line
        .split_once(' ')
        .with_context(|| format!("{name}: method and target"))?;
    Ok(Case {
        name,
        method,
        target: town.fill(target),
        headers,
        body: town.fill(body).into_bytes(),
        status: status.parse()?,
        code,
    })
}
