//! What outlives the test process: a small shell that ends an engine and removes its folder.
//!
//! The shell reads from a pipe that only the test process holds open. However that process ends, the kernel closes
//! the pipe, and the shell cleans up. Statics are never dropped and a killed process drops nothing, so nothing less
//! would do.

use anyhow::Context;
use parking_lot::Mutex;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Each line on stdin is the process id of the engine that runs now, or empty. At the end of the input the last one
/// is stopped, roughly if it does not go within five seconds, and the folder `$1` is removed. `$2` is the signal.
const SCRIPT: &str = r#"
trap '' HUP INT TERM
engine=
while IFS= read -r line; do engine=$line; done
if [ -n "$engine" ] && kill -s "$2" "$engine" 2>/dev/null; then
  tries=0
  while [ "$tries" -lt 100 ] && kill -s 0 "$engine" 2>/dev/null; do
    tries=$((tries + 1))
    sleep 0.05
  done
  kill -s KILL "$engine" 2>/dev/null
fi
for _ in 1 2 3 4 5; do
  rm -rf "$1" 2>/dev/null && exit 0
  sleep 0.2
done
"#;

/// The shell that cleans up after one engine, as soon as this value or the whole process is gone.
#[derive(Debug)]
pub(crate) struct Keeper {
    shell: Mutex<Child>,
}

impl Keeper {
    /// Watches over a folder, and over the engine it is told of; `signal` is what makes that one stop at once.
    ///
    /// # Errors
    /// There is no shell.
    pub(crate) fn start(folder: &Path, signal: &str) -> anyhow::Result<Self> {
        let shell = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "keeper"])
            .arg(folder)
            .arg(signal)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Of its own group: Ctrl-C in a terminal reaches the tests and not their keeper.
            .process_group(0)
            .spawn()
            .context("cannot start /bin/sh")?;
        Ok(Self {
            shell: Mutex::new(shell),
        })
    }

    /// This process is the engine now.
    ///
    /// # Errors
    /// The shell is gone.
    pub(crate) fn keep(&self, process: u32) -> anyhow::Result<()> {
        self.write(&process.to_string())
    }

    /// The engine has ended. A shell that is gone has nothing to forget.
    pub(crate) fn forget(&self) {
        let _ = self.write("");
    }

    fn write(&self, line: &str) -> anyhow::Result<()> {
        let mut shell = self.shell.lock();
        let pipe = shell.stdin.as_mut().context("the keeper's pipe is closed")?;
        writeln!(pipe, "{line}").context("the keeper of an engine is gone")
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let shell = self.shell.get_mut();
        drop(shell.stdin.take());
        let _ = shell.wait();
    }
}
