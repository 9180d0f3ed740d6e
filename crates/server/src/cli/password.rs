//! Asking for a password: typed unseen, read from stdin, or made up. Never from an argument, which others can see.

use anyhow::{Context, bail};
use clap::Args;
use klatch_session::auth::make_up_password;
use klatch_types::{Entropy, limits};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use std::io::{BufRead, IsTerminal, Write};

/// Where the password comes from.
#[derive(Clone, Debug, Args)]
#[group(multiple = false)]
pub(super) struct PasswordSource {
    /// Read the password from the first line of stdin
    #[arg(long)]
    password_stdin: bool,
    /// Make up a password and print it
    #[arg(long)]
    generate: bool,
}

/// A password, and whether it was made up and must be shown.
pub(super) struct Password {
    pub(super) text: String,
    pub(super) made_up: bool,
}

impl PasswordSource {
    /// Gets the password.
    pub(super) fn get(&self, entropy: &dyn Entropy) -> anyhow::Result<Password> {
        if self.generate {
            return Ok(Password {
                text: make_up_password(entropy),
                made_up: true,
            });
        }
        let text = if self.password_stdin {
            first_line(std::io::stdin().lock())?
        } else if std::io::stdin().is_terminal() {
            typed()?
        } else {
            bail!("no terminal to ask for a password on: use --password-stdin or --generate");
        };
        if text.chars().count() < limits::PASSWORD_CHARS_MIN || text.len() > limits::PASSWORD_BYTES_MAX {
            let (least, most) = (limits::PASSWORD_CHARS_MIN, limits::PASSWORD_BYTES_MAX);
            bail!("a password has at least {least} characters and at most {most} bytes");
        }
        Ok(Password { text, made_up: false })
    }
}

fn first_line(input: impl BufRead) -> anyhow::Result<String> {
    let mut line = String::new();
    let most = u64::try_from(limits::PASSWORD_BYTES_MAX)
        .unwrap_or(u64::MAX)
        .saturating_add(3); // and a line end
    input
        .take(most)
        .read_line(&mut line)
        .context("cannot read the password from stdin")?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

/// Asks twice on the terminal, without showing what is typed.
fn typed() -> anyhow::Result<String> {
    let stdin = std::io::stdin();
    let before = tcgetattr(&stdin).context("cannot use the terminal")?;
    let mut quiet = before.clone();
    quiet.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&stdin, OptionalActions::Flush, &quiet).context("cannot hide the password")?;
    let ask = |question: &str| {
        write!(std::io::stderr(), "{question}: ").ok();
        let line = first_line(stdin.lock());
        writeln!(std::io::stderr()).ok();
        line
    };
    let answers = ask("Password").and_then(|first| ask("Again").map(|second| (first, second)));
    tcsetattr(&stdin, OptionalActions::Flush, &before).ok();
    let (first, second) = answers?;
    if first != second {
        bail!("the two passwords differ");
    }
    Ok(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_the_password_with_its_spaces() {
        assert_eq!(
            first_line(&b" correct horse \r\nrest"[..]).unwrap(),
            " correct horse "
        );
        assert_eq!(first_line(&b""[..]).unwrap(), "");
    }
}
