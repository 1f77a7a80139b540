//! The section "Without the module" of docs/tutorial.md, typed line by line: each program says what the
//! page shows. The page's other commands, against the module: `tests/lab/run --tutorial`.
//!
//! Owns the reading of the page and the processes; must not know netlink.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use netlane_testkit::in_namespace;

const PAGE: &str = include_str!("../../../docs/tutorial.md");
const SECTION: &str = "\n## Without the module\n";
const CARGO: &str = "cargo run -q -p netlane-tutorial --bin ";

/// A command of the page and what it prints.
struct Typed {
    /// The program's name.
    program: &'static str,
    /// What stands behind the name and `--`, as a shell reads it.
    arguments: &'static str,
    output: String,
}

/// The commands of the section, in order.
fn session() -> Vec<Typed> {
    let (_, section) = PAGE.split_once(SECTION).unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let mut session: Vec<Typed> = Vec::new();
    for line in section.lines().filter_map(|line| line.strip_prefix("    ")) {
        if let Some(command) = line.strip_prefix("$ ") {
            let command = command.strip_prefix(CARGO).unwrap();
            let (program, arguments) = command.split_once(" -- ").unwrap();
            session.push(Typed {
                program,
                arguments,
                output: String::new(),
            });
        } else {
            session.last_mut().unwrap().output += &format!("{line}\n");
        }
    }
    session
}

/// A program as cargo built it for these tests.
fn command(typed: &Typed) -> Command {
    let directory = Path::new(env!("CARGO_BIN_EXE_echo")).parent().unwrap();
    let program = directory.join(typed.program);
    let mut shell = Command::new("sh");
    let line = format!("exec '{}' {}", program.display(), typed.arguments);
    shell.args(["-c", &line]);
    shell
}

/// A running `stand_in`, ended when dropped.
struct StandIn(Child);

impl StandIn {
    fn start(typed: &Typed) -> Self {
        let mut child = command(typed).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line, typed.output);
        Self(child)
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn check(typed: &Typed) {
    let output = command(typed).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}{complaint}");
    assert_eq!(said, typed.output, "{} {}", typed.program, typed.arguments);
}

#[test]
fn the_page_says_what_the_programs_print() {
    in_namespace(|| {
        let mut programs = Vec::new();
        let mut stand_in = None;
        for typed in session() {
            if typed.program == "stand_in" {
                drop(stand_in.take());
                stand_in = Some(StandIn::start(&typed));
            } else {
                check(&typed);
                programs.push(typed.program);
            }
        }
        let expected = ["echo", "hello", "hello", "echo", "conversation", "greeting"];
        assert_eq!(programs, expected);
    });
}

#[test]
fn two_programs_hear_one_greeting() {
    in_namespace(|| {
        let session = session();
        let find = |program| session.iter().rfind(|typed| typed.program == program);
        let _stand_in = StandIn::start(find("stand_in").unwrap());
        let greeting = find("greeting").unwrap();
        let two = [(), ()].map(|()| command(greeting).stdout(Stdio::piped()).spawn().unwrap());
        for child in two {
            let output = child.wait_with_output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), greeting.output);
        }
    });
}

/// What a program says when it fails, which it must.
fn complaint(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn nobody_there_is_said_plainly() {
    in_namespace(|| {
        let said = complaint(env!("CARGO_BIN_EXE_echo"), &["--protocol", "usersock"]);
        assert!(said.contains("no socket has that port"), "{said}");
    });
}

/// Fails when who waits for another to begin waits for ever, or does not say for what.
#[test]
fn nobody_who_speaks_first_is_said_plainly() {
    in_namespace(|| {
        let arguments = ["--protocol", "usersock", "--patience", "0"];
        let said = complaint(env!("CARGO_BIN_EXE_conversation"), &arguments);
        let expected = "port 200 was asked no question";
        assert!(said.contains(expected), "{said}");
    });
}
