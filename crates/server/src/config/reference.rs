//! The commented default configuration, made from the sections themselves.

use super::Config;
use figment::value::{Num, Value};
use std::fmt::Write as _;

const HEAD: &str = "\
# Configuration of klatch. Everything here is the default: keep only the lines you change.
# A file is read from ./klatch.toml or from --config FILE. A variable such as KLATCH_SERVER__PUBLIC
# wins over the file, a flag over both. `klatch config check` tells whether a configuration is good.
";

/// The default configuration as TOML with every key explained.
pub fn print_default() -> String {
    let mut out = HEAD.to_owned();
    for section in Config::sections() {
        out.push('\n');
        comment(&mut out, section.doc);
        out.push_str(&format!("[{}]\n", section.name));
        for field in section.fields {
            comment(&mut out, field.doc);
            match section.default_of(field.name) {
                Some(value) => writeln!(out, "{} = {}", field.name, toml(value)),
                None => writeln!(out, "# {} =", field.name),
            }
            .expect("a String takes everything");
        }
    }
    out
}

fn comment(out: &mut String, lines: &[&str]) {
    for line in lines {
        writeln!(out, "#{line}").expect("a String takes everything");
    }
}

/// A plain value in TOML. Sections hold nothing deeper than lists of plain values.
fn toml(value: &Value) -> String {
    match value {
        Value::String(_, text) => quoted(text),
        Value::Char(_, c) => quoted(&c.to_string()),
        Value::Bool(_, yes) => yes.to_string(),
        Value::Num(_, Num::F32(n)) => n.to_string(),
        Value::Num(_, Num::F64(n)) => n.to_string(),
        Value::Num(_, n) => n
            .to_u128()
            .map_or_else(|| format!("{:?}", n.to_i128()), |n| n.to_string()),
        Value::Array(_, items) => format!("[{}]", items.iter().map(toml).collect::<Vec<_>>().join(", ")),
        Value::Empty(..) | Value::Dict(..) => unreachable!("a key of a section is a plain value or a list"),
    }
}

fn quoted(text: &str) -> String {
    // A JSON string is a TOML basic string: both escape quotes, backslashes and control characters alike.
    serde_json::Value::from(text).to_string()
}
