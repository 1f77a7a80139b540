//! The tutorial's programs against `stand_in` on `NETLINK_USERSOCK`: what they print where there is no
//! kernel module. The same programs against the module: `tests/lab/run --tutorial`.
//!
//! Owns the processes and their expected output; must not know netlink.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use netlane_testkit::in_namespace;

const STAND_IN: &str = env!("CARGO_BIN_EXE_stand_in");
const ECHO: &str = env!("CARGO_BIN_EXE_echo");
const HELLO: &str = env!("CARGO_BIN_EXE_hello");
const GREETING: &str = env!("CARGO_BIN_EXE_greeting");
const CONVERSATION: &str = env!("CARGO_BIN_EXE_conversation");

/// A running `stand_in`, ended when dropped.
struct StandIn(Child);

impl StandIn {
    fn start(role: &str) -> Self {
        let mut child = Command::new(STAND_IN)
            .arg(role)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line, "listening on port 1000\n");
        Self(child)
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(program: &str, arguments: &[&str]) -> Child {
    Command::new(program)
        .args(["--protocol", "usersock"])
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn output(child: Child) -> String {
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}{complaint}");
    said
}

#[test]
fn echo_and_hello() {
    in_namespace(|| {
        let _stand_in = StandIn::start("25");
        assert_eq!(
            output(start(ECHO, &[])),
            "from port 1000: type 25, sequence 0: hello users!!!\n"
        );
        assert_eq!(output(start(HELLO, &["-S", "me"])), "S known you !\n");
        assert_eq!(output(start(HELLO, &["-G", "me"])), "I known you !\n");
    });
}

#[test]
fn echo_as_it_came() {
    in_namespace(|| {
        let _stand_in = StandIn::start("30");
        assert_eq!(
            output(start(ECHO, &["--port", "self", "a text"])),
            "from port 1000: type 0, sequence 0: a text\n"
        );
    });
}

#[test]
fn two_programs_hear_one_greeting() {
    in_namespace(|| {
        let _stand_in = StandIn::start("30");
        let two = [1, 2].map(|_| start(GREETING, &["--count", "2"]));
        for child in two {
            let line = "group 1: Greeting from kernel!\n";
            assert_eq!(output(child), line.repeat(2));
        }
    });
}

#[test]
fn conversation_is_started_by_the_other_side() {
    in_namespace(|| {
        let _stand_in = StandIn::start("30");
        let said = output(start(CONVERSATION, &[]));
        assert_eq!(
            said,
            "kernel: question 1?\n   we: answer 1\n\
             kernel: question 2?\n   we: answer 2\n\
             kernel: question 3?\n   we: answer 3\n\
             kernel: goodbye\n"
        );
    });
}

#[test]
fn nobody_there_is_said_plainly() {
    in_namespace(|| {
        let output = start(ECHO, &[]).wait_with_output().unwrap();
        assert!(!output.status.success());
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert!(complaint.contains("no socket has that port"), "{complaint}");
    });
}
