//! Runs the example programs as a user does. Owns where they lie, and a bound on how long they
//! take; must not know what they print.

// Each test binary uses a part of it.
#![allow(dead_code)]

use std::env;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a program may take; a machine that builds something else beside it is slow.
const PATIENCE: Duration = Duration::from_secs(60);

/// An example, which cargo builds beside the tests of its package.
pub fn example(name: &str, arguments: &[&str]) -> Command {
    // target/debug/deps/TEST-HASH: the examples are in target/debug/examples.
    let test = env::current_exe().expect("the path of this test");
    let profile = test.ancestors().nth(2).expect("a target folder");
    let path: PathBuf = profile.join("examples").join(name);
    assert!(
        path.is_file(),
        "{} is missing: `cargo test -p netlane-examples` builds it, `--test NAME` alone does not",
        path.display()
    );
    let mut command = Command::new(path);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs an example to its end.
pub fn run(name: &str, arguments: &[&str]) -> Output {
    let child = example(name, arguments)
        .spawn()
        .expect("the example starts");
    finish(child)
}

/// Waits for a program, and ends it when it takes too long.
pub fn finish(mut child: Child) -> Output {
    let stdout = child.stdout.take().map(read_all);
    let stderr = child.stderr.take().map(read_all);
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("the example can be waited for") {
            break status;
        }
        if began.elapsed() > PATIENCE {
            child.kill().expect("the example can be killed");
            child.wait().expect("the example can be waited for");
            panic!("the example did not end within {PATIENCE:?}");
        }
        thread::sleep(Duration::from_millis(5));
    };
    let text = |reader: Option<thread::JoinHandle<Vec<u8>>>| {
        reader.map_or_else(Vec::new, |reader| reader.join().expect("the reader ends"))
    };
    Output {
        status,
        stdout: text(stdout),
        stderr: text(stderr),
    }
}

fn read_all(mut source: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        source.read_to_end(&mut bytes).expect("a pipe can be read");
        bytes
    })
}

/// What a program printed; panics with its complaints unless it ended well.
pub fn good(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}\n{text}{errors}", output.status);
    assert_eq!(errors, "", "complaints");
    text.into_owned()
}

/// The complaint of a program that must have failed with `code`, without a panic.
pub fn bad(output: &Output, code: i32) -> String {
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{errors}");
    assert!(!errors.contains("panicked"), "{errors}");
    errors
}

/// A program whose output is read while it runs.
#[derive(Debug)]
pub struct Live {
    /// `None` once it has been waited for.
    child: Option<Child>,
    lines: BufReader<ChildStdout>,
}

impl Live {
    /// Starts an example.
    pub fn start(name: &str, arguments: &[&str]) -> Self {
        let mut child = example(name, arguments)
            .spawn()
            .expect("the example starts");
        let stdout = child.stdout.take().expect("a pipe");
        let lines = BufReader::new(stdout);
        let child = Some(child);
        Self { child, lines }
    }

    /// The next line, without its end; empty after the last.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a pipe can be read");
        line.trim_end().to_owned()
    }

    /// Reads on to a line that contains `text`.
    pub fn until(&mut self, text: &str) -> String {
        loop {
            let line = self.line();
            assert_ne!(line, "", "the example ended without '{text}'");
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Everything that is left, once it has ended well.
    pub fn rest(mut self) -> String {
        let mut rest = String::new();
        self.lines
            .read_to_string(&mut rest)
            .expect("a pipe can be read");
        let child = self.child.take().expect("a program that runs");
        let output = finish(child);
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "complaints");
        assert!(output.status.success(), "{}", output.status);
        rest
    }
}

/// A program that has not ended by itself is ended here, also when the test fails.
impl Drop for Live {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            drop(child.kill());
            drop(child.wait());
        }
    }
}
