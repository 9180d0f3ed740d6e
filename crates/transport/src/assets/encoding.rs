//! Which encoding of a file a client takes (RFC 9110 section 12.5.3).

/// How a file is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As it is.
    Plain,
    /// RFC 1952.
    Gzip,
    /// RFC 7932.
    Brotli,
}

impl Encoding {
    /// Its name in `Content-Encoding`; none as it is.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Gzip => Some("gzip"),
            Self::Brotli => Some("br"),
        }
    }

    /// Whether an `Accept-Encoding` header allows it: named, or meant by `*`, and not with the weight 0.
    pub fn is_accepted(self, header: &str) -> bool {
        let Some(name) = self.name() else { return true };
        let weight = |wanted: &str| {
            header.split(',').find_map(|part| {
                let (coding, parameters) = part.split_once(';').unwrap_or((part, ""));
                coding
                    .trim()
                    .eq_ignore_ascii_case(wanted)
                    .then(|| !is_zero(parameters))
            })
        };
        weight(name).or_else(|| weight("*")).unwrap_or(false)
    }
}

/// Whether the parameters give the weight 0, which refuses.
fn is_zero(parameters: &str) -> bool {
    let weight = parameters
        .trim()
        .strip_prefix("q=")
        .or_else(|| parameters.trim().strip_prefix("Q="));
    weight.is_some_and(|weight| weight.trim().parse() == Ok(0.0_f32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_accepted_is_sent() {
        for (header, brotli, gzip) in [
            ("", false, false),
            ("gzip, deflate, br", true, true),
            ("gzip;q=1.0, identity; q=0.5, *;q=0", false, true),
            ("br;q=0, gzip", false, true),
            ("br;q=0.000", false, false),
            ("*", true, true),
            ("GZIP , BR ; q=0.1", true, true),
            ("brotli, x-gzip", false, false),
        ] {
            assert_eq!(Encoding::Brotli.is_accepted(header), brotli, "{header}");
            assert_eq!(Encoding::Gzip.is_accepted(header), gzip, "{header}");
            assert!(Encoding::Plain.is_accepted(header));
        }
    }
}
