//! Names of channels, made of what a roster says of a group.

use crate::roster::Group;
use klatch_types::{RosterKind, limits};
use std::collections::HashMap;
use std::str::FromStr;

/// A template such as `{course.title} · {class.title}`. Empty: no channel of this kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Part>);

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A place that there is not.
    #[error(
        "`{{{0}}}` is none of {{degree.title}}, {{degree.code}}, {{course.title}}, {{course.code}}, {{class.title}}, {{class.code}}, {{term}}"
    )]
    Unknown(String),
    /// A brace without its other.
    #[error("a `{{` has no `}}`")]
    Open,
    /// Too long, or with control characters.
    #[error(
        "a template has at most {} characters, none of them a control character",
        limits::ROSTER_TEMPLATE_CHARS_MAX
    )]
    Text,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Title(RosterKind),
    Code(RosterKind),
    Term,
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        let long = text.chars().count() > limits::ROSTER_TEMPLATE_CHARS_MAX;
        if long || text.chars().any(char::is_control) {
            return Err(TemplateError::Text);
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            if open > 0 {
                parts.push(Part::Text(rest[..open].to_owned()));
            }
            let close = rest[open..].find('}').ok_or(TemplateError::Open)? + open;
            parts.push(place(&rest[open + 1..close])?);
            rest = &rest[close + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self(parts))
    }
}

fn place(name: &str) -> Result<Part, TemplateError> {
    if name == "term" {
        return Ok(Part::Term);
    }
    let unknown = || TemplateError::Unknown(crate::roster::shown(name));
    let (kind, field) = name.split_once('.').ok_or_else(unknown)?;
    let kind: RosterKind = kind.parse().map_err(|_| unknown())?;
    match field {
        "title" => Ok(Part::Title(kind)),
        "code" => Ok(Part::Code(kind)),
        _ => Err(unknown()),
    }
}

impl Template {
    /// Whether channels of this kind are not wanted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The name of a group's channel: at most [`limits::NAME_CHARS_MAX`] characters, never empty. What a place would show
    /// and the roster does not say is left out, with the blanks and dashes that it leaves behind.
    pub(crate) fn name(&self, group: &Group, groups: &HashMap<&str, &Group>) -> String {
        let mut line = vec![group];
        while let Some(parent) = line.last().and_then(|last| groups.get(last.parent.as_deref()?)) {
            line.push(parent);
        }
        let of = |kind: RosterKind| line.iter().find(|group| group.kind == kind);
        let text: String = self
            .0
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.as_str(),
                Part::Title(kind) => of(*kind).map_or("", |group| &group.title),
                Part::Code(kind) => of(*kind).and_then(|group| group.code.as_deref()).unwrap_or(""),
                Part::Term => line.iter().find_map(|group| group.term.as_deref()).unwrap_or(""),
            })
            .collect();
        let name = tidy(&text);
        if name.is_empty() { tidy(&group.id) } else { name }
    }
}

/// Without doubled blanks and loose punctuation at the ends, and not too long.
fn tidy(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let joined = words.join(" ");
    let loose = |c: char| c.is_whitespace() || "·-–—:,/|".contains(c);
    let cut: String = joined
        .trim_matches(loose)
        .chars()
        .take(limits::NAME_CHARS_MAX)
        .collect();
    cut.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups() -> Vec<Group> {
        let group = |id: &str, kind, title: &str, parent: Option<&str>| Group {
            id: id.into(),
            kind,
            title: title.into(),
            code: (kind == RosterKind::Course).then(|| "M.EIC012".to_owned()),
            term: (kind == RosterKind::Class).then(|| "2026/27".to_owned()),
            parent: parent.map(Into::into),
        };
        vec![
            group("d", RosterKind::Degree, "Informatics", None),
            group("c", RosterKind::Course, "Software  Systems", Some("d")),
            group("k", RosterKind::Class, "3MEIC01", Some("c")),
            group("alone", RosterKind::Class, "Club", None),
        ]
    }

    fn name(template: &str, id: &str) -> String {
        let groups = groups();
        let by_id = crate::roster::by_id(&groups);
        template.parse::<Template>().unwrap().name(by_id[id], &by_id)
    }

    #[test]
    fn places_are_filled_from_the_group_and_what_it_belongs_to() {
        assert_eq!(
            name("{course.code} {class.title} ({term}), {degree.title}", "k"),
            "M.EIC012 3MEIC01 (2026/27), Informatics"
        );
        assert_eq!(
            name("{course.title} · {class.title}", "k"),
            "Software Systems · 3MEIC01"
        );
    }

    #[test]
    fn what_is_not_known_leaves_nothing_behind() {
        assert_eq!(name("{course.title} · {class.title}", "alone"), "Club");
        assert_eq!(name("{degree.code}", "alone"), "alone");
        assert_eq!(name(&"x".repeat(150), "alone").chars().count(), 100);
    }

    #[test]
    fn places_that_there_are_not_are_refused() {
        for wrong in ["{teacher}", "{class.room}", "{", "a{class.title"] {
            assert!(wrong.parse::<Template>().is_err(), "{wrong}");
        }
    }
}
