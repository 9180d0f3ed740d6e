//! A prefix as a range of texts, for the engines that find users by the beginning of their names.

/// The least text that is greater than every text beginning with `prefix`, by bytes after A to Z became a to z
/// (NOCASE of SQLite, `lower` of PostgreSQL on COLLATE "C"). None if there is none: the prefix is empty, or all of
/// the last code point.
pub(crate) fn end_of_prefix(prefix: &str) -> Option<String> {
    let mut end = prefix.to_ascii_lowercase();
    while let Some(last) = end.pop() {
        let next = match last {
            // The order has nothing between `@` and `[`: capitals lie with the small letters.
            '@' => Some('['),
            last => (last..=char::MAX).nth(1),
        };
        if let Some(next) = next {
            end.push(next);
            return Some(end);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::end_of_prefix;

    #[test]
    fn the_end_of_a_prefix_is_next_in_the_folded_order() {
        let cases = [
            ("An", Some("ao")),
            ("z", Some("{")),
            ("a@", Some("a[")),
            ("%", Some("&")),
            ("\u{d7ff}", Some("\u{e000}")),
            ("a\u{10ffff}", Some("b")),
            ("", None),
            ("\u{10ffff}", None),
        ];
        for (prefix, end) in cases {
            assert_eq!(end_of_prefix(prefix).as_deref(), end, "{prefix:?}");
        }
    }
}
