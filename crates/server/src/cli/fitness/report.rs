//! What was found: a row for each function, as a table or as JSON.

use super::super::table::table;
use super::EXIT_UNKNOWN;
use super::bounds::{Bound, Bounds, Function, Verdict};
use serde::Serialize;
use std::process::ExitCode;

/// What was found of one function.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    function: Function,
    #[serde(flatten)]
    bound: Bound,
    #[serde(skip_serializing_if = "Option::is_none")]
    measured: Option<f64>,
    verdict: Verdict,
    /// How it was measured and what else was seen, or why it was not.
    detail: String,
}

impl Row {
    /// A figure, and what the bounds make of it.
    pub(super) fn measured(function: Function, bounds: &Bounds, measured: f64, detail: String) -> Self {
        let bound = bounds.of(function);
        Self {
            function,
            bound,
            measured: Some(measured),
            verdict: bound.judge(measured),
            detail,
        }
    }

    /// A figure that is worth nothing, because something else went wrong.
    pub(super) fn failed(function: Function, bounds: &Bounds, measured: f64, detail: String) -> Self {
        Self {
            verdict: Verdict::Fail,
            ..Self::measured(function, bounds, measured, detail)
        }
    }

    /// No figure.
    pub(super) fn unknown(function: Function, bounds: &Bounds, why: String) -> Self {
        Self {
            function,
            bound: bounds.of(function),
            measured: None,
            verdict: Verdict::Unknown,
            detail: why,
        }
    }
}

/// What was found of a server.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    server: String,
    /// The server's version, if it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
    functions: Vec<Row>,
}

impl Report {
    pub(super) fn new(server: &str) -> Self {
        Self {
            server: server.to_owned(),
            version: None,
            functions: Vec::new(),
        }
    }

    /// Adds a row; rows stand in the order of the functions.
    pub(super) fn add(&mut self, row: Row) {
        self.functions.push(row);
        self.functions.sort_by_key(|row| row.function as usize);
    }

    /// 0, 1 if a function failed, 2 if one was not measured. That vulnerabilities were not looked for counts if `strict`.
    pub(super) fn exit_code(&self, strict: bool) -> ExitCode {
        let verdict = |row: &&Row| row.verdict == Verdict::Fail;
        if self.functions.iter().any(|row| verdict(&row)) {
            return ExitCode::FAILURE;
        }
        let missing = |row: &Row| {
            row.verdict == Verdict::Unknown && (strict || row.function != Function::KnownVulnerabilities)
        };
        if self.functions.iter().any(missing) {
            return ExitCode::from(EXIT_UNKNOWN);
        }
        ExitCode::SUCCESS
    }

    /// For programs.
    pub(super) fn json(&self) -> anyhow::Result<String> {
        Ok(format!("{}\n", serde_json::to_string_pretty(self)?))
    }

    /// For people.
    pub(super) fn table(&self) -> String {
        let cell = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), number);
        let rows: Vec<Vec<String>> = self
            .functions
            .iter()
            .map(|row| {
                vec![
                    row.function.name().to_owned(),
                    cell(row.bound.min),
                    cell(row.bound.ideal),
                    cell(row.bound.max),
                    cell(row.measured),
                    row.verdict.word().to_owned(),
                    row.detail.clone(),
                ]
            })
            .collect();
        let head = ["FUNCTION", "MIN", "IDEAL", "MAX", "MEASURED", "VERDICT", "DETAIL"];
        let version = self.version.as_deref().unwrap_or("of unknown version");
        format!("{} (klatch {version})\n\n{}", self.server, table(&head, &rows))
    }
}

/// A figure with as many places as it needs.
fn number(value: f64) -> String {
    match value {
        _ if value.fract() == 0.0 => format!("{value:.0}"),
        ..0.1 => format!("{value:.5}"),
        ..100.0 => format!("{value:.3}"),
        _ => format!("{value:.1}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(rows: Vec<Row>, strict: bool) -> String {
        let mut report = Report::new("http://127.0.0.1:1");
        rows.into_iter().for_each(|row| report.add(row));
        format!("{:?}", report.exit_code(strict))
    }

    /// S0.11: the exit code is the verdict.
    #[test]
    fn the_exit_code_tells_the_verdict() {
        let bounds = Bounds::default();
        let good = Row::measured(Function::Uptime, &bounds, 100.0, String::new());
        let bad = Row::measured(Function::SendLatency, &bounds, 11.0, String::new());
        let none = Row::unknown(Function::UsersOnline, &bounds, String::new());
        let unlooked = Row::unknown(Function::KnownVulnerabilities, &bounds, String::new());
        let [success, failure] = [ExitCode::SUCCESS, ExitCode::FAILURE].map(|code| format!("{code:?}"));
        let unknown = format!("{:?}", ExitCode::from(2));
        assert_eq!(code(vec![good.clone(), unlooked.clone()], false), success);
        assert_eq!(code(vec![good.clone(), unlooked], true), unknown);
        assert_eq!(code(vec![good.clone(), none.clone()], false), unknown);
        assert_eq!(code(vec![none, bad], false), failure);
        let broken = Row::failed(Function::SimultaneousRequests, &bounds, 2_000.0, String::new());
        assert_eq!(code(vec![good, broken], false), failure);
    }

    #[test]
    fn the_table_has_a_line_for_each_function() {
        let bounds = Bounds::default();
        let mut report = Report::new("http://127.0.0.1:8080");
        report.version = Some("1.2.3".to_owned());
        report.add(Row::measured(
            Function::Uptime,
            &bounds,
            99.5,
            "of 200 probes".to_owned(),
        ));
        report.add(Row::unknown(Function::UsersOnline, &bounds, "no".to_owned()));
        insta::assert_snapshot!(report.table(), @r"
        http://127.0.0.1:8080 (klatch 1.2.3)

        FUNCTION      MIN    IDEAL  MAX  MEASURED  VERDICT  DETAIL
        users_online  10000  10000  -    -         unknown  no
        uptime        99     100    -    99.500    pass     of 200 probes
        ");
    }
}
