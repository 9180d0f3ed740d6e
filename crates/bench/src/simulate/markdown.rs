//! Numbers for people, and tables of them.

/// Three digits, and a letter for thousands.
pub(super) fn short(value: f64) -> String {
    let (scaled, letter) = match value {
        v if v >= 1e12 => (v / 1e12, " T"),
        v if v >= 1e9 => (v / 1e9, " G"),
        v if v >= 1e6 => (v / 1e6, " M"),
        v if v >= 1e4 => (v / 1e3, " k"),
        v => (v, ""),
    };
    let digits = match scaled {
        v if v >= 99.5 || v == v.round() => 0,
        v if v >= 9.95 => 1,
        _ => 2,
    };
    format!("{scaled:.digits$}{letter}")
}

/// Processor cores.
pub(super) fn cores(value: f64) -> String {
    match value {
        nothing if nothing < 0.05 => "< 0.1".to_owned(),
        some if some < 9.95 => format!("{some:.1}"),
        many => short(many.round()),
    }
}

/// Bytes, with a letter for thousands of them.
pub(super) fn bytes(value: f64) -> String {
    let text = short(value.round());
    if text.contains(' ') {
        text + "B"
    } else {
        text + " B"
    }
}

/// A table.
pub(super) fn table(head: &[String], rows: &[Vec<String>]) -> String {
    let mut out = String::new();
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    out += &line(head);
    out += &line(&vec!["---".to_owned(); head.len()]);
    for row in rows {
        out += &line(row);
    }
    out
}

/// Cells of a row.
pub(super) fn texts(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_with_three_digits_at_most() {
        let told = [0.83, 8.3, 33.3, 1_000.0, 12_345.0, 2.5e6, 3e9].map(short);
        assert_eq!(told, ["0.83", "8.30", "33.3", "1000", "12.3 k", "2.50 M", "3 G"]);
        assert_eq!([512.0, 14_674.0].map(bytes), ["512 B", "14.7 kB"]);
        assert_eq!([0.01, 2.34, 217.3].map(cores), ["< 0.1", "2.3", "217"]);
    }
}
