//! Reading and writing JSON, with the limits of the wire.

use crate::command::{Command, message};
use crate::frame::{ClientFrame, Hello};
use crate::{ErrorCode, Problem};
use klatch_types::limits;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Refuses a text whose arrays and objects nest deeper than [`limits::JSON_DEPTH_MAX`], without building it.
pub fn check_depth(text: &str) -> Result<(), Problem> {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for byte in text.bytes() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => {
                depth += 1;
                if depth > limits::JSON_DEPTH_MAX {
                    let detail = format!(
                        "arrays and objects may nest {} deep at most",
                        limits::JSON_DEPTH_MAX
                    );
                    return Err(Problem::new(ErrorCode::Malformed, Some(detail)));
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// Reads a JSON object of a known shape. A text that is not JSON is `malformed`; JSON of another shape is `invalid`.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    check_depth(text)?;
    if is_array(text) {
        return Err(wrong(text, "an object with named fields is expected".to_owned()));
    }
    serde_json::from_str(text).map_err(|error| wrong(text, short(&error.to_string())))
}

/// Whether a text begins like an array. Serde would take one of the fields in order for the object that has them, and
/// nothing on the wire depends on the order of fields.
fn is_array(text: &str) -> bool {
    text.trim_start().starts_with('[')
}

/// The problem of a text that could not be read: serde tells some wrong kinds of values as wrong syntax.
fn wrong(text: &str, detail: String) -> Problem {
    let code = match serde_json::from_str::<serde_json::Value>(text) {
        Ok(_) => ErrorCode::Invalid,
        Err(_) => ErrorCode::Malformed,
    };
    Problem::new(code, Some(detail))
}

/// Reads a frame after the first; an error comes with the frame's id if it could be read that far.
pub fn read_client_frame(text: &str) -> Result<ClientFrame, (Option<u64>, Problem)> {
    // Without the name, or with an escape in it, it is no short way; asking costs less than trying in vain.
    let send = text.contains("\"send\"").then(|| read_send(text));
    let read = match send.flatten() {
        Some(frame) => Ok(frame),
        None => read::<ClientFrame>(text),
    };
    read.map_err(|problem| (frame_id(text), problem))
}

/// The way of by far the most frames: a `send` is read in one pass, where an enum tagged by `op` needs two and a
/// copy. `None`: it is something else, or wrong, and the general way says what.
fn read_send(text: &str) -> Option<ClientFrame> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct SendFrame<'a> {
        id: u64,
        op: &'a str,
        channel: klatch_types::ChannelId,
        key: klatch_types::ClientKey,
        text: String,
        #[serde(default)]
        reply_to: Option<klatch_types::Seq>,
    }
    if is_array(text) {
        return None;
    }
    let frame: SendFrame<'_> = serde_json::from_str(text).ok()?;
    let SendFrame {
        id,
        op: "send",
        channel,
        key,
        text,
        reply_to,
    } = frame
    else {
        return None;
    };
    Some(ClientFrame {
        id,
        command: Command::Send(message::Send {
            channel,
            key,
            text,
            reply_to,
        }),
    })
}

/// Reads the first frame, `{"op":"hello", …}`.
pub fn read_hello(text: &str) -> Result<Hello, Problem> {
    #[derive(serde::Deserialize)]
    #[serde(tag = "op", rename_all = "snake_case")]
    enum First {
        Hello(Hello),
    }
    let First::Hello(hello) = read::<First>(text)?;
    if hello.cursors.len() > limits::HELLO_CURSORS_MAX {
        let detail = format!(
            "`cursors` may name {} channels at most",
            limits::HELLO_CURSORS_MAX
        );
        return Err(Problem::new(ErrorCode::Invalid, Some(detail)));
    }
    Ok(hello)
}

/// The `id` of a frame whose rest could not be read, so that the error can be matched to it.
fn frame_id(text: &str) -> Option<u64> {
    #[derive(serde::Deserialize)]
    struct OnlyId {
        id: u64,
    }
    check_depth(text).ok().filter(|()| !is_array(text))?;
    serde_json::from_str::<OnlyId>(text).ok().map(|frame| frame.id)
}

/// Writes a value whose serialisation cannot fail.
pub fn write<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("wire types have string keys and no failing serialiser")
}

/// The beginning of an error text: what it quotes of the input is bounded.
fn short(text: &str) -> String {
    text.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_send_is_read() {
        let text = r#"{"id":7,"op":"send","channel":"0190f3a1-7c1e-7000-8000-5f3b2c1d0e9f","key":"0190f3a1-7c1e-7000-8000-5f3b2c1d0e9f","text":"hi"}"#;
        let frame = read_client_frame(text).unwrap();
        assert_eq!(frame.id, 7);
        assert!(matches!(frame.command, Command::Send(send) if send.text == "hi"));
    }

    #[test]
    fn the_short_way_and_the_general_way_read_a_send_alike() {
        let id = "0190f3a1-7c1e-7000-8000-5f3b2c1d0e9f";
        let send = |rest: &str| format!(r#"{{"op":"send","channel":"{id}","id":1,"key":"{id}"{rest}}}"#);
        for rest in [
            r#","text":"a\u00e9\n""#,
            r#","text":"x","reply_to":3"#,
            r#","text":"x","reply_to":null"#,
        ] {
            let general: ClientFrame = read(&send(rest)).unwrap();
            let short = read_send(&send(rest)).unwrap();
            assert_eq!(format!("{general:?}"), format!("{short:?}"));
        }
        for wrong in [
            "",
            r#","text":7"#,
            r#","text":"x","extra":1"#,
            r#","text":"x","text":"y""#,
        ] {
            assert_eq!(
                read_client_frame(&send(wrong)).unwrap_err().1.code,
                ErrorCode::Invalid,
                "{wrong}"
            );
        }
    }

    #[test]
    fn an_unknown_op_keeps_its_id() {
        let (id, problem) = read_client_frame(r#"{"id":9,"op":"fly"}"#).unwrap_err();
        assert_eq!(id, Some(9));
        assert_eq!(problem.code, ErrorCode::Invalid);
    }

    #[test]
    fn fields_have_names() {
        let id = "0190f3a1-7c1e-7000-8000-5f3b2c1d0e9f";
        for array in [
            format!(r#"[1,"send","{id}","{id}","x",null]"#),
            "[1]".to_owned(),
            " []".to_owned(),
        ] {
            let (re, problem) = read_client_frame(&array).unwrap_err();
            assert_eq!((re, problem.code), (None, ErrorCode::Invalid), "{array}");
        }
        assert_eq!(
            read_hello(r#"["hello","token"]"#).unwrap_err().code,
            ErrorCode::Invalid
        );
        assert_eq!(read_hello("[1").unwrap_err().code, ErrorCode::Malformed);
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_invalid_and_no_json_is_malformed() {
        let of = |kind: &str| {
            let text = format!(r#"{{"id":1,"op":"channel_create","kind":{kind}}}"#);
            read_client_frame(&text).unwrap_err().1.code
        };
        for kind in ["2", "true", "[]", r#"{"a":1}"#, r#""club""#] {
            assert_eq!(of(kind), ErrorCode::Invalid, "{kind}");
        }
        for kind in ["two", "1e400", r#""\ud800""#, "01"] {
            assert_eq!(of(kind), ErrorCode::Malformed, "{kind}");
        }
    }

    #[test]
    fn depth_is_counted_outside_strings_only() {
        assert!(check_depth(&"[".repeat(limits::JSON_DEPTH_MAX)).is_ok());
        assert!(check_depth(&"[".repeat(limits::JSON_DEPTH_MAX + 1)).is_err());
        assert!(check_depth(&format!("\"{}\"", "[".repeat(100))).is_ok());
        assert!(check_depth(r#""\"[[[""#).is_ok());
    }
}
