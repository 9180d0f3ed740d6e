//! One declaration per section of the configuration: the struct, its defaults, its documentation.

use figment::value::Value;

/// One key of a section, for the reference that `klatch config print-default` prints.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Name of the key.
    pub name: &'static str,
    /// What it means: the lines of the struct's own documentation.
    pub doc: &'static [&'static str],
}

/// A section of the configuration, as the loader and the reference see it.
#[derive(Clone, Debug)]
pub struct SectionInfo {
    /// Name of the section, as in `[server]`.
    pub name: &'static str,
    /// What it is about.
    pub doc: &'static [&'static str],
    /// Its keys, in the order of the file.
    pub fields: &'static [Field],
    /// The defaults; keys without one are absent or empty.
    pub defaults: Value,
}

impl SectionInfo {
    /// The default of a key, if it has one.
    pub fn default_of(&self, key: &str) -> Option<&Value> {
        match self.defaults.as_dict()?.get(key)? {
            Value::Empty(..) => None,
            value => Some(value),
        }
    }
}

/// Declares a section: a struct whose documentation is the reference and whose defaults stand beside the fields.
macro_rules! section {
    (
        $(#[doc = $doc:literal])+
        pub struct $name:ident = $section:literal {
            $( $(#[doc = $field_doc:literal])+ pub $field:ident: $kind:ty = $default:expr, )+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $( $(#[doc = $field_doc])+ pub $field: $kind, )+
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $( $field: $default, )+ }
            }
        }

        impl $name {
            /// Name, documentation and defaults of this section.
            pub fn info() -> $crate::config::section::SectionInfo {
                $crate::config::section::SectionInfo {
                    name: $section,
                    doc: &[$($doc),+],
                    fields: &[$( $crate::config::section::Field { name: stringify!($field), doc: &[$($field_doc),+] } ),+],
                    defaults: figment::value::Value::serialize(Self::default())
                        .expect("a section is made of plain values"),
                }
            }
        }
    };
}

pub(crate) use section;
