//! Aligned columns for people; fields have no spaces at their ends, so `awk` reads them too.

/// Lines of columns under a head, each column as wide as its widest entry.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = head.iter().map(|h| h.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> = cells
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        format!("{}\n", padded.join("  ").trim_end())
    };
    let mut out = line(&mut head.iter().copied());
    for row in rows {
        out.push_str(&line(&mut row.iter().map(String::as_str)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = vec![
            vec!["ana".to_owned(), "Ana Á".to_owned()],
            vec!["marta".to_owned(), "-".to_owned()],
        ];
        assert_eq!(
            table(&["USER", "NAME"], &rows),
            "USER   NAME\nana    Ana Á\nmarta  -\n"
        );
    }
}
