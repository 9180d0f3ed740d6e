//! What rosters look like in a terminal.

use crate::cli::inside::print_json;
use crate::cli::say;
use crate::cli::table::table;
use klatch_protocol::view::{
    RosterChange, RosterChangeKind, RosterCounts, RosterImports, RosterReport, RosterStatus,
};
use std::fmt::Write as _;

pub(super) fn report(report: &RosterReport, json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(report);
    }
    let mut text = String::new();
    if report.dry_run {
        for change in &report.changes {
            writeln!(text, "{}", line(change))?;
        }
        if report.more > 0 {
            writeln!(text, "and {} more changes", report.more)?;
        }
    }
    match report.import {
        Some(no) => writeln!(text, "import {no}: {}", counted(&report.counts))?,
        None if report.dry_run => writeln!(text, "would be done: {}", counted(&report.counts))?,
        None => writeln!(text, "nothing changed: {}", counted(&report.counts))?,
    }
    say(&text);
    Ok(())
}

pub(super) fn status(status: &RosterStatus, json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(status);
    }
    let mut text = format!(
        "{} groups, {} members, {} leaving\n",
        status.groups, status.members, status.leaving
    );
    match &status.last {
        Some(last) => writeln!(
            text,
            "last import: {} ({}), {}",
            last.import, last.kind, last.state
        )?,
        None => text.push_str("no roster has been imported yet\n"),
    }
    say(&text);
    Ok(())
}

pub(super) fn imports(imports: &RosterImports, json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(imports);
    }
    let rows: Vec<_> = imports
        .imports
        .iter()
        .map(|import| {
            vec![
                import.import.to_string(),
                klatch_types::Millis(import.at).day(),
                import.kind.to_string(),
                import.state.to_string(),
                counted(&import.counts),
            ]
        })
        .collect();
    say(&table(&["NO", "DAY", "KIND", "STATE", "CHANGES"], &rows));
    Ok(())
}

/// One change as a line: what, where, who, as what.
fn line(change: &RosterChange) -> String {
    let word = match change.change {
        RosterChangeKind::Account => "account",
        RosterChangeKind::Channel => "channel",
        RosterChangeKind::Rename => "rename",
        RosterChangeKind::Back => "back",
        RosterChangeKind::Gone => "gone",
        RosterChangeKind::Join => "join",
        RosterChangeKind::Return => "return",
        RosterChangeKind::Role => "role",
        RosterChangeKind::Drop => "drop",
        RosterChangeKind::Barred => "barred",
        RosterChangeKind::Closed => "closed",
    };
    let role = change.role.map(|role| role.to_string());
    let rest = [&change.group, &change.name, &change.user, &role];
    let rest: Vec<&str> = rest.into_iter().filter_map(Option::as_deref).collect();
    format!("{word:<8} {}", rest.join("  "))
}

fn counted(counts: &RosterCounts) -> String {
    let all = [
        ("accounts", counts.accounts),
        ("channels", counts.channels),
        ("renames", counts.renames),
        ("groups back", counts.back),
        ("groups gone", counts.gone),
        ("joins", counts.joins),
        ("returns", counts.returns),
        ("roles", counts.roles),
        ("drops", counts.drops),
        ("barred", counts.barred),
        ("closed", counts.closed),
        ("kept", counts.kept),
        ("unchanged", counts.unchanged),
    ];
    let some: Vec<String> = all
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(what, count)| format!("{count} {what}"))
        .collect();
    if some.is_empty() {
        "nothing".to_owned()
    } else {
        some.join(", ")
    }
}
