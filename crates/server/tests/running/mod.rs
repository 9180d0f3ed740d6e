//! A `klatch serve` of its own for each test: its folder, its ports, its end.

#![allow(clippy::unwrap_used)] // a test that cannot go on stops
#![allow(dead_code, unreachable_pub)] // each test binary uses what it needs

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

/// The built program.
pub const KLATCH: &str = env!("CARGO_BIN_EXE_klatch");

/// Runs a command in a folder to its end.
pub fn klatch(folder: &Path, args: &[&str]) -> Output {
    command(folder).args(args).stdin(Stdio::null()).output().unwrap()
}

/// Runs a command that must do well; gives what it printed.
pub fn klatch_ok(folder: &Path, args: &[&str]) -> String {
    let output = klatch(folder, args);
    assert!(
        output.status.success(),
        "{args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a command that must fail with this code; gives the line it complained with.
pub fn klatch_fails(folder: &Path, args: &[&str], code: i32) -> String {
    let output = klatch(folder, args);
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {complaint}");
    complaint
}

/// The binary, in a folder of its own and without the variables of whoever runs the tests.
pub fn command(folder: &Path) -> Command {
    let mut command = Command::new(KLATCH);
    command.current_dir(folder);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("KLATCH_")) {
        command.env_remove(name);
    }
    command
}

/// A running server.
pub struct Server {
    pub folder: PathBuf,
    pub banner: String,
    pub public: String,
    pub internal: String,
    child: Child,
}

impl Server {
    /// Starts one in a folder on free ports and waits until it says where it is.
    pub fn start(folder: &Path, flags: &[&str]) -> Self {
        let errors = std::fs::File::options()
            .create(true)
            .append(true)
            .open(folder.join("stderr.txt"))
            .unwrap();
        let mut child = command(folder)
            .args(["serve", "--public", "127.0.0.1:0", "--internal", "127.0.0.1:0"])
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut banner = String::new();
        while !banner.contains("\n  data ") {
            let read = out.read_line(&mut banner).unwrap();
            let errors = || std::fs::read_to_string(folder.join("stderr.txt")).unwrap();
            assert!(read > 0, "the server ended before it listened: {}", errors());
        }
        let file = std::fs::read_to_string(folder.join("data/klatch.addr")).unwrap();
        let value = |key: &str| {
            let line = file.lines().find_map(|line| line.strip_prefix(key)).unwrap();
            line.trim_start_matches(" = ").trim_matches('"').to_owned()
        };
        let (public, internal) = (value("public"), value("internal"));
        // The rest of the banner comes in the same write.
        let rest = String::from_utf8_lossy(out.buffer()).into_owned();
        Self {
            folder: folder.to_owned(),
            banner: banner + &rest,
            public,
            internal,
            child,
        }
    }

    /// Sends a signal.
    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Stops it as a service manager does; gives how it ended.
    pub fn stop(mut self) -> ExitStatus {
        self.signal(rustix::process::Signal::TERM);
        self.child.wait().unwrap()
    }

    /// Waits for its end.
    pub fn wait(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// A request to the public listener; gives status and body.
    pub fn post(&self, path: &str, headers: &str, body: &str) -> (u16, String) {
        self.ask("POST", path, headers, body)
    }

    /// A request with a body to the public listener; gives status and body.
    pub fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n{headers}"
        );
        exchange(&self.public, &head, body)
    }

    /// A request to an address; gives status and body.
    pub fn get(&self, address: &str, path: &str, headers: &str) -> (u16, String) {
        exchange(address, &format!("GET {path} HTTP/1.1\r\n{headers}"), "")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn exchange(address: &str, head: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{head}host: {address}\r\nconnection: close\r\n\r\n{body}").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let status = text.split(' ').nth(1).unwrap().parse().unwrap();
    let (_, body) = text.split_once("\r\n\r\n").unwrap();
    (status, body.to_owned())
}
