//! Processes of this machine, as `/proc` tells of them.

use anyhow::Context;
use rustix::process::Pid;

/// A process id for signals.
///
/// # Errors
/// It is none.
pub(crate) fn pid(process: u32) -> anyhow::Result<Pid> {
    i32::try_from(process)
        .ok()
        .and_then(Pid::from_raw)
        .context("the process has no id")
}

/// Processes that a process has started.
///
/// # Errors
/// There is no `/proc`.
pub(crate) fn children(parent: u32) -> anyhow::Result<Vec<u32>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(process) = name.to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        if state(process).is_some_and(|(_, of)| of == parent) {
            found.push(process);
        }
    }
    Ok(found)
}

/// A dead process may stay as a zombie until someone collects it.
pub(crate) fn is_alive(process: u32) -> bool {
    state(process).is_some_and(|(letter, _)| !matches!(letter, 'Z' | 'X'))
}

/// State and parent of a process, from the fields after its name, which is in brackets.
fn state(process: u32) -> Option<(char, u32)> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let mut fields = text.rsplit_once(") ")?.1.split(' ');
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}
