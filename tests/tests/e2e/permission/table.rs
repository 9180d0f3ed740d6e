//! Reading `matrix.table` and `meeting.table`.

use anyhow::{Context, Result, ensure};
use std::collections::HashMap;

/// Who asks: the columns of every scene.
pub(super) const CALLERS: [&str; 11] = [
    "owner",
    "moderator",
    "member",
    "guest",
    "visitor",
    "muted",
    "banned",
    "outsider",
    "stranger",
    "foreigner",
    "system",
];

/// Who asks where there is a lobby: one who waits in it.
pub(super) const WAITING: &str = "waiting";

/// The scenes: the sections.
pub(super) const SCENES: [&str; 15] = [
    "direct",
    "group private",
    "group open",
    "meeting private",
    "course private",
    "group private archived",
    "group open archived",
    "meeting private archived",
    "course private archived",
    "meeting private not_begun",
    "meeting private lobby",
    "meeting open lobby",
    "meeting private ended",
    "meeting private muted_all",
    "meeting private slow",
];

/// Whether people wait in this scene.
pub(super) fn has_lobby(scene: &str) -> bool {
    scene.ends_with("lobby")
}

/// The columns of a scene.
pub(super) fn columns(scene: &str) -> Vec<&'static str> {
    let waiting = has_lobby(scene).then_some(WAITING);
    CALLERS.into_iter().chain(waiting).collect()
}

/// What a cell expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// It is done.
    Ok,
    /// 404, word for word as for a channel that does not exist.
    Hidden,
    /// Refused with this code.
    Refused(&'static str),
}

impl Expected {
    fn read(word: &str) -> Result<Self> {
        Ok(match word {
            "ok" => Self::Ok,
            "hidden" => Self::Hidden,
            "absent" => Self::Refused("not_found"),
            "no" => Self::Refused("forbidden"),
            "last" => Self::Refused("limit_reached"),
            "muted" => Self::Refused("muted"),
            "banned" => Self::Refused("banned"),
            "archived" => Self::Refused("archived"),
            "exists" => Self::Refused("exists"),
            "not_started" => Self::Refused("not_started"),
            "waiting" => Self::Refused("waiting"),
            "slow_mode" => Self::Refused("slow_mode"),
            other => anyhow::bail!("`{other}` is no answer"),
        })
    }

    /// Whether the answer leaves something behind: who is told to wait does.
    pub(super) fn changes(self) -> bool {
        matches!(self, Self::Ok | Self::Refused("waiting"))
    }

    /// The code, or `ok`.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Hidden => "not_found",
            Self::Refused(code) => code,
        }
    }
}

/// A table: scene, operation or event, caller to answer.
pub(super) struct Table(HashMap<(&'static str, String, &'static str), Expected>);

impl Table {
    /// Reads that of the operations.
    pub(super) fn read() -> Result<Self> {
        Self::of(concat!(
            include_str!("matrix.table"),
            include_str!("meeting.table")
        ))
    }

    /// Reads one; every scene must have every column.
    pub(super) fn of(text: &str) -> Result<Self> {
        let mut cells = HashMap::new();
        let mut scene = None;
        let mut header_seen = false;
        for line in text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                let known = SCENES.iter().find(|known| **known == name);
                scene = Some(*known.with_context(|| format!("`{name}` is no scene"))?);
                header_seen = false;
                continue;
            }
            let scene = scene.with_context(|| format!("`{line}` stands in no section"))?;
            let words: Vec<&str> = line.split_whitespace().collect();
            if !header_seen {
                ensure!(words == columns(scene), "the columns of [{scene}] are {words:?}");
                header_seen = true;
                continue;
            }
            let columns = columns(scene);
            ensure!(words.len() == columns.len() + 1, "[{scene}] {line}");
            for (caller, word) in columns.iter().zip(&words[1..]) {
                let before = cells.insert((scene, words[0].to_owned(), *caller), Expected::read(word)?);
                ensure!(before.is_none(), "[{scene}] has `{}` twice", words[0]);
            }
        }
        Ok(Self(cells))
    }

    /// What a caller is answered.
    pub(super) fn expected(
        &self,
        scene: &'static str,
        operation: &str,
        caller: &'static str,
    ) -> Result<Expected> {
        let cell = self.0.get(&(scene, operation.to_owned(), caller)).copied();
        cell.with_context(|| format!("[{scene}] has no `{operation}`"))
    }

    /// The rows of a scene.
    pub(super) fn operations(&self, scene: &str) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .0
            .keys()
            .filter(|key| key.0 == scene)
            .map(|key| key.1.as_str())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}
